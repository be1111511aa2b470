// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/mail"
)

// mqEmails is the kind of queue whose messages are e-mails: what lies between
// "kcidb notify" and a program that sends them.
var mqEmails = mqKind{
	name: "email", one: "e-mail", many: "e-mails",
	url: "nats://mq.example.org/EMAILS", file: "emails",
	check: checkEmail,
	form: &mqForm{
		end: 0, unit: "e-mail",
		tidy:      func(text []byte) []byte { return bytes.TrimLeft(text, "\r\n") },
		published: "There is a NUL character between them, and there may be one behind the last: so\n\"kcidb notify\" writes them. Each needs a header with From, To and Subject.",
		pulled:    "A NUL character follows each of the e-mails.",
	},
}

// checkEmail says what is wrong with an e-mail. Its body is not looked at.
func checkEmail(text []byte) error {
	if bytes.IndexByte(text, 0) >= 0 {
		return errors.New("there is a NUL character in it")
	}
	m, err := mail.ReadMessage(bytes.NewReader(text))
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("there is no header")
	case err != nil:
		return fmt.Errorf("in the header: %w", err)
	}
	for _, name := range []string{"From", "To", "Subject"} {
		if _, ok := m.Header[name]; !ok {
			return fmt.Errorf("there is no %s in the header", name)
		}
	}
	return nil
}

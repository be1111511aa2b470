// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/mail"
)

// mqEmails is the kind of queue whose messages are e-mails. Such a queue
// connects "kcidb notify" with a program that sends the e-mails.
var mqEmails = mqKind{
	name: "email", one: "e-mail", many: "e-mails",
	url: "nats://mq.example.org/EMAILS", file: "emails",
	check: checkEmail,
	form: &mqForm{
		end: 0, unit: "e-mail",
		tidy:      func(text []byte) []byte { return bytes.TrimLeft(text, "\r\n") },
		published: "A NUL character separates the e-mails, and may follow the last, as in the output\nof \"kcidb notify\". Each e-mail needs a header with From, To and Subject.",
		pulled:    "A NUL character follows each e-mail.",
	},
}

// checkEmail returns an error if an e-mail is not valid. It checks only the
// header.
func checkEmail(text []byte) error {
	if bytes.IndexByte(text, 0) >= 0 {
		return errors.New("the message contains a NUL character")
	}
	m, err := mail.ReadMessage(bytes.NewReader(text))
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the message has no header")
	case err != nil:
		return fmt.Errorf("in the header: %w", err)
	}
	for _, name := range []string{"From", "To", "Subject"} {
		if _, ok := m.Header[name]; !ok {
			return fmt.Errorf("the header has no %s", name)
		}
	}
	return nil
}

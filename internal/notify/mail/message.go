// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Message is a message to be. Those who get it unseen are not part of it: they
// are only told to the server, see Sender.Send.
type Message struct {
	From      Address
	To, Cc    []Address // with both empty, To says "undisclosed-recipients:;"
	Subject   string    // cleaned by CleanSubject
	Text      string    // cleaned by CleanBody
	MessageID string    // LEFT@RIGHT, see NewMessageID
	// Thread is the MessageID of the message this one follows; "" or its own for
	// none. Programs then show them together.
	Thread string
	Date   time.Time
	// Headers are further fields. Those the message has by itself are refused,
	// and so is the same one twice.
	Headers []Header
}

// Header is a field of a message's header. The value is cleaned like a subject,
// with maxValue characters.
type Header struct{ Name, Value string }

const (
	maxValue = 512
	maxID    = 250
)

var (
	fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,62}[A-Za-z0-9]$`)
	messageID = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]+@[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]+$`)
)

// own are the fields a message has by itself, and Bcc, which it must not have.
var own = map[string]bool{
	"from": true, "to": true, "cc": true, "bcc": true, "subject": true, "date": true, "message-id": true,
	"in-reply-to": true, "references": true, "mime-version": true, "sender": true, "return-path": true, "received": true,
}

// Bytes returns the message as RFC 5322 has it: a text and the same as HTML, in
// 7-bit characters and lines that are short enough for any server. It begins with
// the Subject, and is always the same for the same message. It says that a machine wrote it
// ("Auto-Submitted: auto-generated", "Precedence: bulk"), which keeps the
// holidays of its readers to themselves; Headers may say otherwise.
//
// An error means that the caller put something into an address, an ID or the
// name of a field that has no place there; texts are cleaned instead.
func (m *Message) Bytes() ([]byte, error) {
	fields, err := m.fields()
	if err != nil {
		return nil, err
	}
	text := CleanBody(m.Text)
	sum := sha256.Sum256([]byte(m.MessageID + "\n" + text))
	msg := gomail.NewMsg(
		gomail.WithNoDefaultUserAgent(),
		gomail.WithEncoding(gomail.EncodingQP),
		// It cannot be in the text, which would have to hold its own hash.
		gomail.WithBoundary("kcidb-"+hex.EncodeToString(sum[:16])),
	)
	msg.SetDateWithValue(m.Date.UTC())
	for _, f := range fields {
		msg.SetGenHeader(gomail.Header(f.Name), f.Value)
	}
	for name, list := range map[gomail.AddrHeader][]Address{
		gomail.HeaderFrom: {m.From}, gomail.HeaderTo: m.To, gomail.HeaderCc: m.Cc,
	} {
		if len(list) == 0 {
			continue
		}
		addresses := make([]*mail.Address, len(list))
		for i, a := range list {
			if err := checkAddr(a.Addr); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			addresses[i] = a.header()
		}
		msg.SetAddrHeaderFromMailAddress(name, addresses...)
	}
	msg.SetBodyString(gomail.TypeTextPlain, text)
	msg.AddAlternativeString(gomail.TypeTextHTML, HTML(text))
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("writing a message: %w", err)
	}
	return subjectFirst(out.Bytes()), nil
}

// subjectFirst moves the Subject to the beginning of a message. The library has an
// order of its own, and scripts written for the Python system expect a mail to begin
// with its Subject.
func subjectFirst(message []byte) []byte {
	begin := bytes.Index(message, []byte("\r\nSubject:"))
	if begin < 0 {
		return message
	}
	begin += 2
	end := begin
	for { // the lines of the field: those after the first begin with white space
		end += bytes.Index(message[end:], []byte("\r\n")) + 2
		if c := message[end]; c != ' ' && c != '\t' {
			break
		}
	}
	return slices.Concat(message[begin:end], message[:begin], message[end:])
}

// fields returns the fields of the header but for the date and the addresses.
func (m *Message) fields() ([]Header, error) {
	if !validID(m.MessageID) {
		return nil, fmt.Errorf("the Message-ID %q is not LEFT@RIGHT", short(m.MessageID))
	}
	fields := []Header{
		{"Subject", undecodable(CleanSubject(m.Subject))},
		{"Message-ID", "<" + m.MessageID + ">"},
	}
	if m.Thread != "" && m.Thread != m.MessageID {
		if !validID(m.Thread) {
			return nil, fmt.Errorf("the Message-ID of the thread, %q, is not LEFT@RIGHT", short(m.Thread))
		}
		fields = append(fields, Header{"In-Reply-To", "<" + m.Thread + ">"}, Header{"References", "<" + m.Thread + ">"})
	}
	if len(m.To)+len(m.Cc) == 0 {
		fields = append(fields, Header{"To", "undisclosed-recipients:;"})
	}
	seen := map[string]bool{}
	for _, h := range m.Headers {
		name := strings.ToLower(h.Name)
		switch {
		case !fieldName.MatchString(h.Name):
			return nil, fmt.Errorf("%q is not the name of a header field", short(h.Name))
		case own[name] || strings.HasPrefix(name, "content-") || strings.HasPrefix(name, "resent-"):
			return nil, fmt.Errorf("the header field %s is not for others to set", h.Name)
		case seen[name]:
			return nil, fmt.Errorf("the header field %s is there twice", h.Name)
		}
		seen[name] = true
		fields = append(fields, Header{h.Name, undecodable(line(h.Value, maxValue))})
	}
	for _, h := range []Header{{"Auto-Submitted", "auto-generated"}, {"Precedence", "bulk"}} {
		if !seen[strings.ToLower(h.Name)] {
			fields = append(fields, h)
		}
	}
	return fields, nil
}

func validID(id string) bool { return len(id) <= maxID && messageID.MatchString(id) }

// NewMessageID returns the MessageID for what the parts identify. It is always
// the same for the same parts, so that a message sent again, because nobody knows
// whether it arrived, is known for the same by its readers' programs.
func NewMessageID(domain string, parts ...string) (string, error) {
	sum := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(sum, "%d:%s,", len(p), p)
	}
	id := hex.EncodeToString(sum.Sum(nil)[:16]) + "@" + domain
	if !validID(id) {
		return "", errors.New("the domain of Message-IDs is not one")
	}
	return id, nil
}

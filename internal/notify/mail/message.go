// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"net/mail"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
)

// Message is a message. Hidden recipients are not part of it; Sender.Send names them to
// the server only.
type Message struct {
	From    Address
	To, Cc  []Address // with both empty, To says "undisclosed-recipients:;"
	Subject string    // cleaned by CleanSubject
	Text    string    // cleaned by CleanBody
	// HTML is the same text as the elements of a page; "" to show Text preformatted. Bytes
	// cleans it like Text, but trusts its elements.
	HTML      template.HTML
	MessageID string // LEFT@RIGHT, see NewMessageID
	// Thread is the MessageID of the first message of a thread; "" or the message's own
	// ID if it begins one. Mail programs show the messages of a thread together.
	Thread string
	Date   time.Time
	// Headers are further fields. Bytes refuses duplicates, and fields that it writes
	// itself.
	Headers []Header
}

// Header is a field of the header. Bytes cleans its value like a subject, up to
// maxValue characters.
type Header struct{ Name, Value string }

const (
	maxValue = 512
	maxID    = 250
)

var (
	fieldName = lazyregexp.New(`^[A-Za-z][A-Za-z0-9-]{0,62}[A-Za-z0-9]$`)
	messageID = lazyregexp.New(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]+@[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]+$`)
)

// own are the fields that Bytes writes, and Bcc, which a message must not have.
var own = map[string]bool{
	"from": true, "to": true, "cc": true, "bcc": true, "subject": true, "date": true, "message-id": true,
	"in-reply-to": true, "references": true, "mime-version": true, "sender": true, "return-path": true, "received": true,
}

// Bytes returns the message as RFC 5322 defines it: a text and the same text as HTML,
// in 7-bit characters and in lines that are short enough for any server. It begins with
// the Subject. Equal messages return equal bytes. The message says that a machine wrote
// it ("Auto-Submitted: auto-generated", "Precedence: bulk"), so that readers on holiday
// send no automatic reply; Headers may say otherwise.
//
// An error means that an address, an ID or the name of a field is invalid. Texts are
// cleaned instead.
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
		// The boundary is a hash of the text, which the text cannot contain.
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
	msg.AddAlternativeString(gomail.TypeTextHTML, m.page(text))
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("writing a message: %w", err)
	}
	return subjectFirst(out.Bytes()), nil
}

// subjectFirst moves the Subject to the beginning of a message. The library has another
// order, and scripts for the Python system expect the Subject first.
func subjectFirst(message []byte) []byte {
	begin := bytes.Index(message, []byte("\r\nSubject:"))
	if begin < 0 {
		return message
	}
	begin += 2
	end := begin
	for { // further lines of the field begin with white space
		end += bytes.Index(message[end:], []byte("\r\n")) + 2
		if c := message[end]; c != ' ' && c != '\t' {
			break
		}
	}
	return slices.Concat(message[begin:end], message[:begin], message[end:])
}

// fields returns the fields of the header, except for the date and the addresses.
func (m *Message) fields() ([]Header, error) {
	if !validID(m.MessageID) {
		return nil, fmt.Errorf("the Message-ID %q is not LEFT@RIGHT", shortText(m.MessageID))
	}
	fields := []Header{
		{"Subject", undecodable(CleanSubject(m.Subject))},
		{"Message-ID", "<" + m.MessageID + ">"},
	}
	if m.Thread != "" && m.Thread != m.MessageID {
		if !validID(m.Thread) {
			return nil, fmt.Errorf("the Message-ID of the thread, %q, is not LEFT@RIGHT", shortText(m.Thread))
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
		case !fieldName().MatchString(h.Name):
			return nil, fmt.Errorf("%q is not the name of a header field", shortText(h.Name))
		case own[name] || strings.HasPrefix(name, "content-") || strings.HasPrefix(name, "resent-"):
			return nil, fmt.Errorf("the header field %s cannot be set", h.Name)
		case seen[name]:
			return nil, fmt.Errorf("the header field %s occurs twice", h.Name)
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

func validID(id string) bool { return len(id) <= maxID && messageID().MatchString(id) }

// NewMessageID returns the MessageID of a message that the parts identify. Equal parts
// return equal IDs, so that mail programs recognize a message that is sent again
// because its arrival is uncertain.
func NewMessageID(domain string, parts ...string) (string, error) {
	sum := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(sum, "%d:%s,", len(p), p)
	}
	id := hex.EncodeToString(sum.Sum(nil)[:16]) + "@" + domain
	if !validID(id) {
		return "", errors.New("the domain of Message-IDs is not a domain")
	}
	return id, nil
}

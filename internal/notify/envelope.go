// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/spool"
)

// Envelope has the properties that all mails share.
type Envelope struct {
	From     mail.Address
	Cc       []string // get a copy of each mail
	Override string   // gets all mails instead of their recipients; "" for none
	Budget   int      // most mails to an address in a day, others go into a digest; 0 for no limit
	// Spool distinguishes the messages of a second spool from those of the first, which has
	// "": their IDs for mail programs and webhooks begin with it.
	Spool string
}

// recipients returns the recipients of a subscription, and the route to each.
func (e *Envelope) recipients(s *subscription.Subscription) []spool.Recipient {
	var all []spool.Recipient
	for _, hook := range s.Hooks {
		all = append(all, spool.Recipient{Via: hookPrefix + hook})
	}
	if s.Feed {
		all = append(all, spool.Recipient{Via: spool.Feed})
	}
	switch {
	case !s.Mail:
	case e.Override != "":
		all = append(all, spool.Recipient{Via: spool.Mail, Address: e.Override, Header: "to"})
	default:
		for _, list := range []struct {
			header    string
			addresses []string
		}{{"to", s.To}, {"cc", s.Cc}, {"cc", e.Cc}, {"bcc", s.Bcc}} {
			for _, address := range list.addresses {
				all = append(all, spool.Recipient{
					Via: spool.Mail, Address: bareAddress(address), Header: list.header, Budget: e.Budget, SubscriptionBudget: s.Budget,
				})
			}
		}
	}
	return all
}

// hookPrefix begins the route of a webhook, before its name.
const hookPrefix = "webhook:"

// Addresses returns the addresses that a subscription sends mails to.
func Addresses(s *subscription.Subscription) []string {
	var all []string
	for _, address := range slices.Concat(s.To, s.Cc, s.Bcc) {
		all = append(all, bareAddress(address))
	}
	return all
}

// bareAddress returns an address without a name.
func bareAddress(address string) string {
	if parsed, err := mail.ParseAddress(address); err == nil {
		return parsed.Addr
	}
	return address
}

// message returns the mail of a notification. It is the same for all recipients, and
// each time.
func (e *Envelope) message(notification *spool.Notification) (*mail.Message, error) {
	domain := e.From.Addr[strings.LastIndexByte(e.From.Addr, '@')+1:]
	id, err := mail.NewMessageID(domain, e.Spool+notification.Subscription, notification.Object.String(), notification.Message)
	if err != nil {
		return nil, err
	}
	thread, err := mail.NewMessageID(domain, notification.Thread)
	if err != nil {
		return nil, err
	}
	m := &mail.Message{
		From: e.From, Subject: notification.Subject, Text: notification.Body, HTML: template.HTML(notification.HTML), Date: notification.Due, MessageID: id, Thread: thread,
		Headers: []mail.Header{
			{Name: "X-KCIDB-Notification-ID", Value: notificationID(notification.Identity)},
			{Name: "X-KCIDB-Notification-Message-ID", Value: notification.Message},
			{Name: "List-ID", Value: "<" + notification.Subscription + ".kcidb." + domain + ">"},
		},
	}
	for _, d := range notification.Deliveries {
		switch {
		case d.Via != spool.Mail:
		case d.Header == "to":
			m.To = append(m.To, mail.Address{Addr: d.Recipient})
		case d.Header == "cc":
			m.Cc = append(m.Cc, mail.Address{Addr: d.Recipient})
		}
	}
	return m, nil
}

// bytes returns the mail of a notification as text.
func (e *Envelope) bytes(notification *spool.Notification) ([]byte, error) {
	m, err := e.message(notification)
	if err != nil {
		return nil, err
	}
	return m.Bytes()
}

// notificationID returns the ID of a notification for the header of its mail: the
// subscription and the object. It is quoted as in Go unless it is printable ASCII.
func notificationID(id spool.Identity) string {
	text := id.Subscription + " " + id.Object.String()
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return strconv.QuoteToASCII(text)
	}
	return text
}

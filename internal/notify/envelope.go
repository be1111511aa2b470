// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/store/spool"
)

// Envelope is what all mails have in common.
type Envelope struct {
	From     mail.Address
	Cc       []string // get a copy of each
	Override string   // gets all mails, and nobody else any; "" for none
	Budget   int      // mails to an address in a day, the rest goes into a digest; 0 for no bound
}

// recipients are those a subscription sends to, and how.
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
					Via: spool.Mail, Address: bare(address), Header: list.header, Budget: e.Budget, SubscriptionBudget: s.Budget,
				})
			}
		}
	}
	return all
}

// hookPrefix comes before the name of a webhook.
const hookPrefix = "webhook:"

// Addresses are all those that a subscription sends mails to.
func Addresses(s *subscription.Subscription) []string {
	var all []string
	for _, address := range slices.Concat(s.To, s.Cc, s.Bcc) {
		all = append(all, bare(address))
	}
	return all
}

// bare returns an address without the name before it.
func bare(address string) string {
	if parsed, err := mail.ParseAddress(address); err == nil {
		return parsed.Addr
	}
	return address
}

// message is the mail of a notification. The same notification is the same mail,
// to all its recipients and however often it is made.
func (e *Envelope) message(one *spool.Notification) (*mail.Message, error) {
	domain := e.From.Addr[strings.LastIndexByte(e.From.Addr, '@')+1:]
	id, err := mail.NewMessageID(domain, one.Subscription, one.Object.String(), one.Message)
	if err != nil {
		return nil, err
	}
	thread, err := mail.NewMessageID(domain, one.Thread)
	if err != nil {
		return nil, err
	}
	m := &mail.Message{
		From: e.From, Subject: one.Subject, Text: one.Body, Date: one.Due, MessageID: id, Thread: thread,
		Headers: []mail.Header{
			{Name: "X-KCIDB-Notification-ID", Value: NotificationID(one.Identity)},
			{Name: "X-KCIDB-Notification-Message-ID", Value: one.Message},
			{Name: "List-ID", Value: "<" + one.Subscription + ".kcidb." + domain + ">"},
		},
	}
	for _, d := range one.Deliveries {
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

// bytes returns the text of the mail of a notification.
func (e *Envelope) bytes(one *spool.Notification) ([]byte, error) {
	m, err := e.message(one)
	if err != nil {
		return nil, err
	}
	return m.Bytes()
}

// NotificationID is the ID of a notification in its mail's headers: its
// subscription and its object, quoted as Go does where it is not all ASCII.
func NotificationID(id spool.Identity) string {
	text := id.Subscription + " " + id.Object.String()
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return strconv.QuoteToASCII(text)
	}
	return text
}

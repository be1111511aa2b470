// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/mail"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/subscription"
)

// Envelope is what all mails have in common.
type Envelope struct {
	From     string   // address
	Cc       []string // get a copy of each
	Override string   // gets all mails, and nobody else any; "" for none
	Budget   int      // mails to an address in a day, the rest goes into a digest; 0 for no bound
}

// recipients are those a subscription sends to, and how.
func (e *Envelope) recipients(sub *subscription.Subscription) []spool.Recipient {
	var all []spool.Recipient
	for _, via := range sub.Via {
		if via != spool.Mail {
			all = append(all, spool.Recipient{Via: via})
			continue
		}
		if e.Override != "" {
			all = append(all, spool.Recipient{Via: via, Address: e.Override, Header: "to"})
			continue
		}
		for _, list := range []struct {
			header    string
			addresses []string
		}{{"to", sub.To}, {"cc", sub.Cc}, {"cc", e.Cc}, {"bcc", sub.Bcc}} {
			for _, address := range list.addresses {
				all = append(all, spool.Recipient{
					Via: via, Address: address, Header: list.header, Budget: e.Budget, SubscriptionBudget: sub.Budget,
				})
			}
		}
	}
	return all
}

// message is the mail of a notification. The same notification is the same mail,
// to all its recipients and however often it is made.
func (e *Envelope) message(one *spool.Notification) *mail.Message {
	domain := e.From[strings.LastIndexByte(e.From, '@')+1:]
	m := &mail.Message{
		From: e.From, Subject: one.Subject, Text: one.Body, Date: one.Due,
		MessageID: messageID(domain, one.Subscription, one.Object.String(), one.Message),
		Thread:    messageID(domain, one.Thread),
		Headers: []mail.Header{
			{Name: "X-KCIDB-Notification-ID", Value: NotificationID(one.Identity)},
			{Name: "X-KCIDB-Notification-Message-ID", Value: one.Message},
			{Name: "List-ID", Value: "<" + one.Subscription + ".kcidb." + cmp.Or(domain, "localhost") + ">"},
			{Name: "Auto-Submitted", Value: "auto-generated"},
			{Name: "Precedence", Value: "bulk"},
		},
	}
	for _, d := range one.Deliveries {
		switch {
		case d.Via != spool.Mail:
		case d.Header == "to":
			m.To = append(m.To, d.Recipient)
		case d.Header == "cc":
			m.Cc = append(m.Cc, d.Recipient)
		}
	}
	return m
}

// NotificationID is the ID of a notification in its mail's headers: its
// subscription, object and message, in ASCII.
func NotificationID(id spool.Identity) string {
	text := strings.TrimSuffix(strconv.QuoteToASCII(id.Subscription+" "+id.Object.String()), `"`)
	return strings.TrimPrefix(text, `"`)
}

// messageID returns an ID of mails that is always the same for the same words.
func messageID(domain string, words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\n")))
	return fmt.Sprintf("%x.kcidb@%s", sum[:16], cmp.Or(domain, "localhost"))
}

// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/object"
)

// The routes of delivery that a spool treats specially: a feed has its notifications
// as soon as they are ready, and mail may be held.
const (
	Mail = "mail"
	Feed = "feed"
)

// Rendered is a rendered notification.
type Rendered struct {
	Subject, Body string
	HTML          string // Body as HTML; "" to show Body preformatted
	Thread        string // messages with the same Thread belong together
	Recipients    []Recipient
	Digested      []Notification // that a digest lists, as HeldFor returned them
}

// Recipient is one recipient of a notification.
type Recipient struct {
	Via     string // Mail, "webhook:NAME" or Feed
	Address string
	Header  string // to, cc or bcc
	// Budgets of mails to the address on a UTC day, from all subscriptions and from this
	// subscription; 0 for no bound. Mails above a budget are held, and a digest lists
	// them.
	Budget, SubscriptionBudget int
}

// A digest is a notification of its own: it lists the mails to a recipient that were
// held on a day. Its subscription is Digest, its object the recipient, by the address
// in lower case, its message the day.
const (
	Digest        = "digest"
	TypeRecipient = object.Type("recipient")
)

// A message to the contact of an origin is a notification of its own, too. Its subscription
// is OriginContact, its object the origin, its message what is wrong and since when, so that
// the contact gets one message about it.
const (
	OriginContact = "origin-contact"
	TypeOrigin    = object.Type("origin")
)

// NewDigest returns the digest of the mails to an address that are held on a day, due
// when the day is over.
func NewDigest(address string, day, now time.Time) NewNotification {
	return NewNotification{
		Identity: Identity{
			Subscription: Digest,
			Object:       object.Ref{Type: TypeRecipient, ID: object.ID{Fold(address)}},
			Message:      day.Format(time.DateOnly),
		},
		Changed: now,
		Wait:    day.Add(Day).Sub(now),
		Reason:  "mails were held",
	}
}

// Day is the time for which budgets and counters are kept.
const Day = 24 * time.Hour

// Midnight returns when the UTC day of a time began.
func Midnight(t time.Time) time.Time { return t.UTC().Truncate(Day) }

// Limits reports whether mails of the notification to the recipient are counted.
func (n *Notification) Limits(r Recipient) bool {
	return r.Via == Mail && n.Subscription != Digest && (r.Budget > 0 || r.SubscriptionBudget > 0)
}

// Distinct returns the recipients, each only once, with addresses that every driver can
// keep.
func Distinct(recipients []Recipient) []Recipient {
	type same struct{ via, address string }
	seen := map[same]bool{}
	var first []Recipient
	for _, r := range recipients {
		r.Address = Storable(r.Address)
		who := same{r.Via, Fold(r.Address)}
		if !seen[who] {
			seen[who] = true
			first = append(first, r)
		}
	}
	return first
}

// Storable returns a text as every driver can keep it: the answers of mail servers
// are not always text.
func Storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// Fold returns an address in lower case, as lower() of the databases does: it changes
// only ASCII.
func Fold(address string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, address)
}

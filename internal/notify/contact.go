// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/notify/webhook"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/object"
)

// Origins knows the contacts of origins, and how the results of origins arrive.
type Origins interface {
	// Contacts returns the contacts of all origins that have one.
	Contacts(ctx context.Context) ([]registry.Contact, error)
	// Health returns how often origins send results.
	Health(ctx context.Context, now time.Time) (*answers.Health, error)
	// Rejections returns how many objects of submitters are rejected.
	Rejections(ctx context.Context, now time.Time) ([]answers.Rejections, error)
}

// watchEvery is how often the origins are looked at.
const watchEvery = 30 * time.Minute

// The kinds of messages to contacts, which begin the ID of a message.
const (
	kindSilent   = "silent"
	kindRejected = "rejected"
)

// originHook begins the name of a webhook of a contact, before the origin. No webhook in
// webhooks.yaml has such a name.
const originHook = "origin:"

// WatchOrigins makes notifications for the contacts of origins that are silent, or of which
// more objects are rejected than usual. A contact gets one for each silence, and one for
// each day with rejected objects. WatchOrigins does nothing within watchEvery after it
// looked.
func (n *Notifier) WatchOrigins(ctx context.Context) (more bool, err error) {
	now := n.Now()
	if n.Origins == nil || now.Sub(n.watched) < watchEvery {
		return false, nil
	}
	contacts, err := n.Origins.Contacts(ctx)
	if err != nil {
		return false, err
	}
	var made []spool.NewNotification
	if len(contacts) > 0 {
		if made, err = n.toTell(ctx, contacts, now); err != nil {
			return false, err
		}
	}
	if err := n.Spool.Settle(ctx, spool.Settlement{Notifications: made}); err != nil {
		return false, err
	}
	n.watched = now
	return false, nil
}

// toTell returns the notifications for contacts whose origins are in trouble.
func (n *Notifier) toTell(ctx context.Context, contacts []registry.Contact, now time.Time) (all []spool.NewNotification, err error) {
	health, err := n.Origins.Health(ctx, now)
	if err != nil {
		return nil, err
	}
	rejections, err := n.Origins.Rejections(ctx, now)
	if err != nil {
		return nil, err
	}
	has := func(origin string) bool {
		return slices.ContainsFunc(contacts, func(c registry.Contact) bool { return c.Origin == origin })
	}
	tell := func(origin, kind string, since time.Time, reason string) {
		all = append(all, spool.NewNotification{
			Identity: spool.Identity{
				Subscription: spool.OriginContact, Object: object.Ref{Type: spool.TypeOrigin, ID: object.ID{origin}},
				Message: kind + " " + since.UTC().Format(time.RFC3339),
			},
			Changed: now, Reason: reason,
		})
	}
	for i := range health.Origins {
		if h := &health.Origins[i]; has(h.Origin) && h.Silent(now) {
			tell(h.Origin, kindSilent, h.Latest(), silenceOf(h))
		}
	}
	for i := range rejections {
		if r := &rejections[i]; has(r.Submitter) && r.Risen() {
			tell(r.Submitter, kindRejected, spool.Midnight(now), rejectionsOf(r))
		}
	}
	return all, nil
}

func silenceOf(h *answers.OriginHabit) string {
	return fmt.Sprintf("No results of %s have arrived since %s. In the last %d days they arrived every %s on average, and the longest pause was %s.",
		h.Origin, h.Latest().UTC().Format("2006-01-02 15:04 MST"), answers.HabitDays, inWords(h.Usual), inWords(h.Longest))
}

func rejectionsOf(r *answers.Rejections) string {
	return fmt.Sprintf("In the last day %d of %d objects of %s (%d%%) were rejected. In the %d days before it was %d%%.",
		r.Today.Rejected, r.Today.Objects, r.Submitter, r.Today.Share(), answers.HabitDays, r.Habit.Share())
}

// inWords returns a duration, in the greatest unit of which it has two or more.
func inWords(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "days"}, {time.Hour, "hours"}, {time.Minute, "minutes"}} {
		if d >= 2*unit.length {
			return fmt.Sprintf("%d %s", d.Round(unit.length)/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%d seconds", int(d.Seconds()))
}

// writeToContact writes a notification for the contact of an origin.
func (n *Notifier) writeToContact(ctx context.Context, notification *spool.Notification) error {
	origin := notification.Object.ID[0]
	contact, found, err := n.contactOf(ctx, origin)
	if err != nil {
		return err
	}
	if !found {
		return n.Spool.Drop(ctx, notification, "the origin has no contact any more")
	}
	kind, _, _ := strings.Cut(notification.Message, " ")
	subject, advice := origin+" is silent", "Look whether your CI system runs, and whether its submissions are accepted."
	if kind == kindRejected {
		subject = "Objects of " + origin + " are rejected"
		advice = "The answer to each submission names the faults of its objects. Rejected objects wait in the tray of the service until you send them without faults."
	}
	body := document.Document{document.Paragraph(notification.Reason), document.Paragraph(advice)}
	if page := pageurl.Of(n.Base, notification.Object); page != "" {
		body = append(body, document.Preformatted(page))
	}
	footer := document.Document{document.Signature{Text: "You get this because you are the contact of the origin " + origin + "."}}
	text, html := compose(body, footer)
	return n.Spool.MarkReady(ctx, notification, spool.Rendered{
		Subject: subject, Body: text, HTML: html, Thread: "origin " + origin, Recipients: n.Envelope.recipientsOf(contact),
	})
}

// contactOf returns the contact of an origin, if it has one.
func (n *Notifier) contactOf(ctx context.Context, origin string) (c registry.Contact, found bool, err error) {
	if n.Origins == nil {
		return c, false, nil
	}
	contacts, err := n.Origins.Contacts(ctx)
	i := slices.IndexFunc(contacts, func(c registry.Contact) bool { return c.Origin == origin })
	if err != nil || i < 0 {
		return c, false, err
	}
	return contacts[i], true, nil
}

// recipientsOf returns the recipients of a message to a contact.
func (e *Envelope) recipientsOf(c registry.Contact) (all []spool.Recipient) {
	if c.Hook != "" {
		all = append(all, spool.Recipient{Via: hookPrefix + originHook + c.Origin})
	}
	if c.Mail == "" {
		return all
	}
	to := bareAddress(c.Mail)
	if e.Override != "" {
		to = e.Override
	}
	return append(all, spool.Recipient{Via: spool.Mail, Address: to, Header: "to"})
}

// hookOfOrigin returns the webhook of an origin's contact. It signs nothing.
func (n *Notifier) hookOfOrigin(ctx context.Context, origin string) (webhook.Hook, error) {
	contact, found, err := n.contactOf(ctx, origin)
	if err != nil {
		return webhook.Hook{}, err
	}
	if !found || contact.Hook == "" {
		return webhook.Hook{}, fmt.Errorf("the origin %q has no webhook", origin)
	}
	return webhook.Hook{Name: originHook + origin, URL: contact.Hook}, nil
}

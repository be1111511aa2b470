// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/pageurl"
	"github.com/kcidb-go/kcidb/internal/store/spool"
	"github.com/kcidb-go/kcidb/object"
)

// badFileWait is how long a notification waits at a time for the file of its
// subscription to be mended.
const badFileWait = 10 * time.Minute

// writeTime is how long writing a notification may take, whatever its subscription
// has it read.
const writeTime = 30 * time.Second

// Write writes notifications that are due, of what is in the database now, and
// tells whether there may be more.
func (n *Notifier) Write(ctx context.Context) (more bool, err error) {
	folder, err := n.Folder.Current(n.Log)
	if err != nil {
		return false, err
	}
	picked, err := n.Spool.PickNotifications(ctx, atOnce, pick)
	if err != nil {
		return false, err
	}
	// What was picked together is written in the time of one pick.
	end := n.Now().Add(pick - writeTime - 15*time.Second)
	for i := range picked {
		one := &picked[i]
		var failed error
		if n.Now().After(end) {
			err = n.Spool.Retry(ctx, one, 0)
		} else if failed = guard(func() error { return n.writeOne(ctx, folder, one) }); failed == nil || errors.Is(failed, spool.ErrTaken) {
			delete(n.failing, one.Number)
		} else if ctx.Err() != nil {
			return false, failed
		} else {
			err = n.notWritten(ctx, one, failed)
		}
		if err != nil && !errors.Is(err, spool.ErrTaken) {
			return false, err
		}
	}
	return len(picked) > 0, nil
}

// notWritten has a notification that could not be written be so later. One that
// panics, or fails again and again although the database is well, is set aside: the
// others need not wait for it.
func (n *Notifier) notWritten(ctx context.Context, one *spool.Notification, failed error) error {
	s := n.Spool
	log := n.Log.With("notification", one.Number, "subscription", one.Subscription, "object", one.Object.String(), "error", failed)
	if n.failing == nil {
		n.failing = map[int64]int{}
	}
	if !passes(failed) {
		n.failing[one.Number]++
	}
	if stackOf(failed) != "" || n.failing[one.Number] >= triesFirst {
		log.Error("a notification cannot be written, and is set aside", "stack", stackOf(failed))
		delete(n.failing, one.Number)
		return s.SetAside(ctx, one, failed.Error())
	}
	log.Error("a notification cannot be written, and will be later")
	return s.Retry(ctx, one, retryFirst)
}

func (n *Notifier) writeOne(ctx context.Context, folder *subscription.Folder, one *spool.Notification) error {
	s := n.Spool
	if one.Subscription == spool.Digest {
		return n.writeDigest(ctx, one)
	}
	i := slices.IndexFunc(folder.Subscriptions, func(s *subscription.Subscription) bool { return s.Name == one.Subscription })
	if i < 0 {
		if len(folder.Problems) > 0 {
			return s.Retry(ctx, one, badFileWait) // it may be in one of the files that cannot be read
		}
		return s.Drop(ctx, one, "the subscription is not there any more")
	}
	sub := folder.Subscriptions[i]
	reading, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	g := graph.New(reading, n.Store)
	found, err := g.Find(one.Object)
	if err != nil {
		return err
	}
	o := found[0]
	if !o.Known() {
		return s.Drop(ctx, one, "the object is not in the database any more")
	}
	in, err := n.inputOf(ctx, o, one)
	if err != nil {
		return err
	}
	if one.Due.After(one.Changed) {
		// It waited, and what it was armed for may be over.
		matched, err := sub.Match(ctx, in)
		if g.Err() != nil {
			return g.Err()
		}
		if err == nil && !matched {
			return s.Drop(ctx, one, "when it was due, it did not match any more")
		}
	}
	message, err := write(ctx, sub, in, one.Reason, n.Base)
	if g.Err() != nil {
		return g.Err()
	}
	if err != nil {
		n.Log.Error("a subscription's template fails, and the standard text is sent", "subscription", sub.Name, "object", one.Object.String(), "error", err)
	}
	message.Recipients = n.Envelope.recipients(sub)
	return s.Ready(ctx, one, message)
}

// inputOf is an object as a notification tells of it: what was before its first
// change, and what is now.
func (n *Notifier) inputOf(ctx context.Context, o graph.Object, one *spool.Notification) (*subscription.Input, error) {
	in := &subscription.Input{
		Object: o, Created: one.Created, Now: o.Status,
		Was: func() (string, error) { return one.Was, nil },
	}
	switch o.(type) {
	case *graph.Issue, *graph.IssueVersion:
		// It is what its newest incident told, which is known from considering it.
		last, err := n.Spool.Statuses(ctx, []object.Ref{one.Object})
		if err != nil {
			return nil, err
		}
		if status, ok := last[one.Object]; ok {
			in.Now = func() (string, error) { return status.Status, nil }
		}
	}
	return in, nil
}

// write writes what a subscription tells of an object. Where its templates fail
// it returns the standard text, which says so, along with the error.
func write(ctx context.Context, sub *subscription.Subscription, in *subscription.Input, reason, base string) (spool.Rendered, error) {
	data, err := dataOf(sub, in, reason, base)
	if err != nil {
		return spool.Rendered{}, err
	}
	subject, body, failed := sub.Render(ctx, data)
	if failed != nil {
		if subject, err = describe.Summary(in.Object); err != nil {
			return spool.Rendered{}, err
		}
		description, err := describe.Description(in.Object, base)
		if err != nil {
			return spool.Rendered{}, err
		}
		body = fmt.Sprintf("(The template of the subscription %q fails, and this is the standard text: %v)\n\n%s", sub.Name, failed, description)
	}
	footer := data.Footer()
	// The footer stays, however long the body is.
	room := mail.MaxBody - len([]rune(footer)) - 2
	return spool.Rendered{
		Subject: mail.CleanSubject(subject),
		Body:    strings.TrimRight(mail.CutBody(body, room), "\n") + "\n\n" + footer,
		Thread:  threadOf(in.Object),
	}, failed
}

func dataOf(sub *subscription.Subscription, in *subscription.Input, reason, base string) (*describe.Data, error) {
	was, err := in.Was()
	if err != nil {
		return nil, err
	}
	now, err := in.Now()
	return &describe.Data{
		Object: in.Object, Subscription: sub.Name, About: sub.About, Reason: reason, Was: was, Now: now, Base: base,
		Stop: "change or remove " + sub.File + " in the folder of subscriptions, or ask those who run this service",
	}, err
}

// threadOf is what messages about an object belong together by: its revision,
// where it has one, its issue, or itself.
func threadOf(o graph.Object) string {
	checkout := func(c *graph.Checkout) string {
		if ref, ok := object.RevisionOf(&c.Checkout); ok {
			return ref.String()
		}
		return o.Ref().String()
	}
	switch o := o.(type) {
	case *graph.Checkout:
		return checkout(o)
	case *graph.Build:
		return checkout(o.Checkout())
	case *graph.Test:
		return checkout(o.Build().Checkout())
	case *graph.Incident:
		return o.Issue().WholeIssue().Ref().String()
	case *graph.IssueVersion:
		return o.WholeIssue().Ref().String()
	}
	return o.Ref().String()
}

// writeDigest tells somebody of the mails that were over the budget.
func (n *Notifier) writeDigest(ctx context.Context, one *spool.Notification) error {
	s := n.Spool
	held, err := s.Held(ctx, one)
	if err != nil {
		return err
	}
	if len(held) == 0 {
		return s.Drop(ctx, one, "no mail is held any more")
	}
	var told []int64
	for _, h := range held {
		told = append(told, h.Deliveries[0].Number)
	}
	return s.Ready(ctx, one, spool.Rendered{
		Subject:    fmt.Sprintf("Digest: %d more notifications of %s", len(held), one.Message),
		Body:       mail.CleanBody(digest(held, n.Base)),
		Thread:     "digest " + one.Object.ID[0],
		Recipients: []spool.Recipient{{Via: spool.Mail, Address: one.Object.ID[0], Header: "to"}},
		Digested:   told,
	})
}

// digest lists notifications by their subscriptions.
func digest(held []spool.Notification, base string) string {
	var b strings.Builder
	b.WriteString("These notifications were more than the number of mails that you get in a\nday. They are told of here, and not sent one by one.\n")
	slices.SortStableFunc(held, func(a, b spool.Notification) int { return strings.Compare(a.Subscription, b.Subscription) })
	last := ""
	for _, h := range held {
		if h.Subscription != last {
			last = h.Subscription
			fmt.Fprintf(&b, "\nBy the subscription %q:\n", last)
		}
		fmt.Fprintf(&b, "- %s\n", h.Subject)
		if link := pageurl.Of(base, h.Object); link != "" {
			fmt.Fprintf(&b, "  %s\n", link)
		}
	}
	b.WriteString("\n-- \nTo get fewer, make the subscription fit less, or set its wait. The number of\nmails in a day is its budget, or mail_budget of the service.\n")
	return b.String()
}

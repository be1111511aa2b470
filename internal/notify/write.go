// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/object"
)

// badFileWait is how long a notification waits, at a time, while the file of its
// subscription may be wrong.
const badFileWait = 10 * time.Minute

// Write writes notifications that are due, from the objects that are in the database
// now. It reports whether there may be more.
func (n *Notifier) Write(ctx context.Context) (more bool, err error) {
	folder, err := n.subscriptions()
	if err != nil {
		return false, err
	}
	picked, err := n.Spool.PickNotifications(ctx, pickSize, writePick)
	if err != nil {
		return false, err
	}
	if len(picked) == 0 {
		return false, nil
	}
	end := n.Now().Add(beginTime)
	w := n.newWriter(ctx, folder, picked)
	defer w.close()
	for i := range picked {
		notification := &picked[i]
		var failed error
		if n.Now().After(end) {
			err = n.Spool.Retry(ctx, notification, 0)
		} else if failed = w.write(ctx, notification); failed == nil || errors.Is(failed, spool.ErrTaken) {
			delete(n.failing, notification.Number)
			n.counts.written.Add(1)
		} else if ctx.Err() != nil {
			return false, failed
		} else {
			err = n.writeFailed(ctx, notification, failed)
		}
		if err != nil && !errors.Is(err, spool.ErrTaken) {
			return false, err
		}
	}
	return true, nil
}

// writeFailed records that writing a notification failed. It is tried again later. It
// is set aside after a panic, or after several failures while the database works, so
// that others need not wait.
func (n *Notifier) writeFailed(ctx context.Context, notification *spool.Notification, failed error) error {
	s := n.Spool
	log := n.Log.With("notification", notification.Number, "subscription", notification.Subscription, "object", notification.Object.String(), "error", failed)
	if n.failing == nil {
		n.failing = map[int64]int{}
	}
	if !transient(failed) {
		n.failing[notification.Number]++
	}
	if stackOf(failed) != "" || n.failing[notification.Number] >= maxFailures {
		log.Error("cannot write a notification; it is set aside", "stack", stackOf(failed))
		delete(n.failing, notification.Number)
		return s.SetAside(ctx, notification, failed.Error())
	}
	log.Error("cannot write a notification; trying again later")
	return s.Retry(ctx, notification, retryFirst)
}

// writeFrom writes a notification about an object, which a graph has read.
func (n *Notifier) writeFrom(ctx context.Context, g *graph.Graph, o graph.Object, folder *subscription.Folder, notification *spool.Notification) error {
	s := n.Spool
	i := slices.IndexFunc(folder.Subscriptions, func(s *subscription.Subscription) bool { return s.Name == notification.Subscription })
	if i < 0 {
		if len(folder.Problems) > 0 {
			return s.Retry(ctx, notification, badFileWait) // a file that is wrong may contain it
		}
		return s.Drop(ctx, notification, "the subscription is not there any more")
	}
	sub := folder.Subscriptions[i]
	if !o.Known() {
		return s.Drop(ctx, notification, "the object is not in the database any more")
	}
	in, err := n.inputOf(ctx, o, notification)
	if err != nil {
		return err
	}
	if notification.Due.After(notification.Changed) {
		// It waited, and the object may have changed.
		matched, err := sub.Match(ctx, in)
		if g.Err() != nil {
			return g.Err()
		}
		if err == nil && !matched {
			return s.Drop(ctx, notification, "when it was due, it did not match any more")
		}
	}
	message, err := write(ctx, sub, in, notification.Reason, n.Base)
	if g.Err() != nil {
		return g.Err()
	}
	if err != nil {
		n.Log.Error("the template of a subscription fails; the standard text is sent", "subscription", sub.Name, "object", notification.Object.String(), "error", err)
	}
	message.Recipients = n.Envelope.recipients(sub)
	return s.MarkReady(ctx, notification, message)
}

// inputOf returns an object as the subscription sees it when the notification is
// written: with the status before the first change, and the status now.
func (n *Notifier) inputOf(ctx context.Context, o graph.Object, notification *spool.Notification) (*subscription.Input, error) {
	in := &subscription.Input{
		Object: o, Created: notification.Created, Now: o.Status,
		Was: func() (string, error) { return notification.Was, nil },
	}
	switch o.(type) {
	case *graph.Issue, *graph.IssueVersion:
		// The status is that of the newest incident, which considering stored.
		last, err := n.Spool.Statuses(ctx, []object.Ref{notification.Object})
		if err != nil {
			return nil, err
		}
		if status, ok := last[notification.Object]; ok {
			in.Now = func() (string, error) { return status.Status, nil }
		}
	}
	return in, nil
}

// write returns the message of a subscription about an object. If a template of the
// subscription fails, it returns the standard text, which says so, and the error.
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
		why := fmt.Sprintf("(The template of the subscription %q fails, and this is the standard text: %v)\n\n", sub.Name, failed)
		body = append(document.Document{document.Preformatted(why)}, description...)
	}
	text, html := compose(body, data.Footer())
	return spool.Rendered{Subject: mail.CleanSubject(subject), Body: text, HTML: html, Thread: threadOf(in.Object)}, failed
}

// compose returns a message as plain text and as HTML, with a blank line before its
// footer. A body that is too long for a mail is cut, and the footer stays. A cut body is
// preformatted in HTML too, so that the size of the text bounds that of the HTML: escaping
// and links make it some ten times as long at most.
func compose(body, footer document.Document) (text, html string) {
	full, end := body.Text(), footer.Text()
	room := mail.MaxBody - utf8.RuneCountInString(end) - 2
	cut := strings.TrimRight(mail.CutBody(full, room), "\n")
	if utf8.RuneCountInString(full) >= room { // CutBody may add a line end
		body = document.Document{document.Preformatted(cut)}
	}
	return cut + "\n\n" + end, string(body.HTML() + footer.HTML())
}

func dataOf(sub *subscription.Subscription, in *subscription.Input, reason, base string) (*describe.Data, error) {
	was, err := in.Was()
	if err != nil {
		return nil, err
	}
	now, err := in.Now()
	return &describe.Data{
		Object: in.Object, Subscription: sub.Name, About: sub.About, Reason: reason, Was: was, Now: now, Base: base,
		First: in.Created && was == "", // considering a new object looks for a similar object
		Stop:  "change or remove " + sub.File + " in the folder of subscriptions, or ask the administrator of this service",
	}, err
}

// threadOf returns the thread of messages about an object: its revision, its issue, or
// the object itself.
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

// writeDigest writes a mail that lists the mails over a recipient's budget.
func (n *Notifier) writeDigest(ctx context.Context, notification *spool.Notification) error {
	s := n.Spool
	held, err := s.HeldFor(ctx, notification)
	if err != nil {
		return err
	}
	if len(held) == 0 {
		return s.Drop(ctx, notification, "no mail is held any more")
	}
	return s.MarkReady(ctx, notification, spool.Rendered{
		Subject:    fmt.Sprintf("Digest: %d more notifications of %s", len(held), notification.Message),
		Body:       mail.CleanBody(digest(held, n.Base)),
		Thread:     "digest " + notification.Object.ID[0],
		Recipients: []spool.Recipient{{Via: spool.Mail, Address: notification.Object.ID[0], Header: "to"}},
		Digested:   held,
	})
}

// digest lists notifications by subscription.
func digest(held []spool.Notification, base string) string {
	var b strings.Builder
	b.WriteString("These notifications exceeded the number of mails that you get in a day. They\nare listed here instead of being sent one by one.\n")
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

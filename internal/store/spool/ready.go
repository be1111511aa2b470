// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Ways of delivery that the spool knows more about: a feed has its
// notifications once they are ready, and mail may be held back.
const (
	Mail = "mail"
	Feed = "feed"
)

// Rendered is what a notification became.
type Rendered struct {
	Subject, Body string
	Thread        string // what its messages belong together by
	Recipients    []Recipient
	// Digested are the numbers of held deliveries that a digest tells of.
	Digested []int64
}

// Recipient is somebody who is to get a notification.
type Recipient struct {
	Via     string // Mail, "webhook:NAME" or Feed
	Address string
	Header  string // to, cc or bcc
	// Mails to the address on a day of UTC, from all subscriptions and from this
	// one; 0 for no bound. What is above is held and told of in a digest.
	Budget, SubscriptionBudget int
}

// Ready ends a pick of PickNotifications: the notification is ready, with a
// delivery for each recipient, of whom those of the same way and address, in
// whatever case, are one. It is done at once where nothing of it is to be sent.
//
// A mail above a budget is held, and its recipient gets a digest after the next
// midnight of UTC. Digests themselves are neither counted nor held.
//
// It returns ErrTaken where the notification changed, or the pick ran out and
// somebody else has it, or somebody else digested one of the deliveries.
func (s *Spool) Ready(ctx context.Context, n *Notification, r Rendered) error {
	return s.update(ctx, "ready", func(t *tx) error {
		err := t.mine(n, "state = 'ready', subject = ?, body = ?, thread = ?", kept(r.Subject), kept(r.Body), kept(r.Thread))
		if err != nil {
			return err
		}
		if err := t.digested(r.Digested); err != nil {
			return err
		}
		if err := t.deliver(n, r.Recipients); err != nil {
			return err
		}
		return t.finish(n.Number)
	})
}

// Drop ends a pick of PickNotifications: the notification is not to be sent,
// for the reason.
func (s *Spool) Drop(ctx context.Context, n *Notification, why string) error {
	return s.update(ctx, "drop", func(t *tx) error {
		return t.mine(n, "state = 'dropped', reason = ?, finished = ?", kept(why), t.now)
	})
}

// SetAside ends a pick of PickNotifications: writing it fails, for the reason, and
// would fail again.
func (s *Spool) SetAside(ctx context.Context, n *Notification, why string) error {
	return s.update(ctx, "set aside", func(t *tx) error {
		return t.mine(n, "state = 'aside', reason = ?, finished = ?", kept(why), t.now)
	})
}

// Retry ends a pick of PickNotifications: the notification waits and is due
// again after a while.
func (s *Spool) Retry(ctx context.Context, n *Notification, after time.Duration) error {
	return s.update(ctx, "retry", func(t *tx) error {
		return t.mine(n, "due = ?", t.now+after.Microseconds())
	})
}

// mine ends a pick of a notification, and changes it.
func (t *tx) mine(n *Notification, changes string, args ...any) error {
	err := t.one("UPDATE notifications SET picked = 0, "+changes+" WHERE number = ? AND state = 'waiting' AND picked = ?",
		append(args, n.Number, n.pick)...)
	if err != nil {
		return fmt.Errorf("notification %d: %w", n.Number, err)
	}
	return nil
}

// deliver makes a notification's deliveries, of which some may be over at once.
func (t *tx) deliver(n *Notification, recipients []Recipient) error {
	recipients = distinct(recipients)
	limited := slices.ContainsFunc(recipients, func(r Recipient) bool { return n.limits(r) })
	if limited && t.s.Numbered {
		// Those who count the same mails do it one after the other, as all who write do in SQLite.
		if _, err := t.exec("SELECT pg_advisory_xact_lock(?)", budgetLock); err != nil {
			return err
		}
	}
	for _, r := range recipients {
		state := Waiting
		if r.Via == Feed {
			state = Sent
		} else if n.limits(r) {
			over, err := t.overBudget(n, r)
			if err != nil {
				return err
			}
			if over {
				state = Held
				if err := t.armDigest(r.Address); err != nil {
					return err
				}
			}
		}
		_, err := t.exec(`INSERT INTO deliveries (notification, via, recipient, header, state, due, picked, attempts, error, at)
			VALUES (?, ?, ?, ?, ?, ?, 0, 0, '', ?)`, n.Number, r.Via, kept(r.Address), r.Header, state, t.now, t.now)
		if err != nil {
			return err
		}
	}
	return nil
}

// distinct returns the recipients with the first ones of several that are the same.
func distinct(recipients []Recipient) []Recipient {
	type same struct{ via, address string }
	seen := map[same]bool{}
	var first []Recipient
	for _, r := range recipients {
		who := same{r.Via, fold(kept(r.Address))}
		if !seen[who] {
			seen[who] = true
			first = append(first, r)
		}
	}
	return first
}

// finish makes a notification done where all its deliveries are over. Its row is
// the caller's already, so that of several who end the last ones at the same time
// the last one sees that it is.
func (t *tx) finish(number int64) error {
	_, err := t.exec(`UPDATE notifications SET state = 'done', finished = ? WHERE number = ? AND state = 'ready'
		AND NOT EXISTS (SELECT 1 FROM deliveries WHERE notification = notifications.number AND state = 'waiting')`, t.now, number)
	return err
}

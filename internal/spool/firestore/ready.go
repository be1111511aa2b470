// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// MarkReady ends a pick: the notification is ready, with a delivery for each recipient.
func (s *Spool) MarkReady(ctx context.Context, n *spool.Notification, r spool.Rendered) error {
	recipients := spool.Distinct(r.Recipients)
	if len(recipients) > mostDeliveries {
		return failure(ctx, "ready", fmt.Errorf("notification %d has %d recipients, the most is %d", n.Number, len(recipients), mostDeliveries))
	}
	id := notificationID(n.Identity)
	return again(ctx, "ready", func() error {
		w := s.newWrites()
		if err := s.addReady(ctx, w, id, n, r, recipients); err != nil {
			return err
		}
		_, err := w.commit(ctx)
		return s.takenOr(ctx, err, s.notifications.Doc(id), n.Pick)
	})
}

// takenOr returns ErrTaken if a commit failed because a picked document changed, so that
// the pick is lost, and err otherwise.
func (s *Spool) takenOr(ctx context.Context, err error, ref *firestore.DocumentRef, pick time.Time) error {
	if !errors.Is(err, errConflict) {
		return err
	}
	snapshots, failed := s.client.GetAll(ctx, []*firestore.DocumentRef{ref})
	if failed != nil {
		return failed
	}
	if !snapshots[0].Exists() || !snapshots[0].UpdateTime.Equal(pick) {
		return fmt.Errorf("%s: %w", ref.ID, spool.ErrTaken)
	}
	return err
}

// addReady adds the writes of MarkReady.
func (s *Spool) addReady(ctx context.Context, w *writes, id string, n *spool.Notification, r spool.Rendered, recipients []spool.Recipient) error {
	now := s.now()
	// The document has the time at which the notification was made.
	snapshots, err := s.get(ctx, s.notifications, []string{id})
	if err != nil {
		return err
	}
	if !snapshots[0].Exists() || !snapshots[0].UpdateTime.Equal(n.Pick) {
		return fmt.Errorf("notification %d: %w", n.Number, spool.ErrTaken)
	}
	document, err := read[notification](snapshots[0])
	if err != nil {
		return err
	}
	open := 0
	addresses := []string{}
	for i, recipient := range recipients {
		d := delivery{
			Notification: id, Subscription: document.Subscription, Made: document.Made,
			Via: recipient.Via, Recipient: recipient.Address, Header: recipient.Header, State: spool.Waiting, Due: now, At: now,
		}
		switch {
		case d.Via == spool.Feed:
			d.State = spool.Sent
		case d.Via == spool.Mail && n.Subscription != spool.Digest:
			d.Mailbox = spool.Fold(recipient.Address)
			over, err := s.overBudget(ctx, w, n, recipient)
			if err != nil {
				return err
			}
			if over {
				d.State = spool.Held
				if err := s.armDigest(ctx, w, recipient.Address, id); err != nil {
					return err
				}
			}
		}
		if d.State == spool.Waiting {
			open++
		}
		if d.Recipient != "" {
			addresses = append(addresses, spool.Fold(d.Recipient))
		}
		w.create(s.deliveries.Doc(deliveryID(id, i)), d)
	}
	if err := s.digest(ctx, w, id, r.Digested); err != nil {
		return err
	}
	text := textOf(r)
	state, finished := spool.Ready, time.Time{}
	if open == 0 {
		state, finished = spool.Done, now
	}
	slices.Sort(addresses)
	w.update(snapshots[0].Ref, n.Pick,
		field("state", state), field("finished", finished), field("picked", time.Time{}),
		field("subject", text.subject), field("body", text.body), field("html", text.html), field("thread", text.thread),
		field("recipients", slices.Compact(addresses)), field("deliveries", len(recipients)), field("open", open))
	return nil
}

// Drop ends a pick: the notification is not sent.
func (s *Spool) Drop(ctx context.Context, n *spool.Notification, why string) error {
	return s.endPick(ctx, "drop", n, field("state", spool.Dropped), field("reason", cut(why, mostReason)), field("finished", s.now()))
}

// SetAside ends a pick: writing the notification fails.
func (s *Spool) SetAside(ctx context.Context, n *spool.Notification, why string) error {
	return s.endPick(ctx, "set aside", n, field("state", spool.SetAside), field("reason", cut(why, mostReason)), field("finished", s.now()))
}

// Retry ends a pick: the notification waits.
func (s *Spool) Retry(ctx context.Context, n *spool.Notification, after time.Duration) error {
	return s.endPick(ctx, "retry", n, field("due", kept(s.now().Add(after))))
}

// endPick ends a pick of a notification, and changes the notification.
func (s *Spool) endPick(ctx context.Context, operation string, n *spool.Notification, fields ...firestore.Update) error {
	return s.changePicked(ctx, operation, s.notifications.Doc(notificationID(n.Identity)), n.Pick, fields...)
}

// changePicked ends a pick and changes the document, and nothing else.
func (s *Spool) changePicked(ctx context.Context, operation string, ref *firestore.DocumentRef, pick time.Time, fields ...firestore.Update) error {
	return again(ctx, operation, func() error {
		w := s.newWrites()
		w.update(ref, pick, append(fields, field("picked", time.Time{}))...)
		_, err := w.commit(ctx)
		return s.takenOr(ctx, err, ref, pick)
	})
}

// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"
	"fmt"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// MarkSent ends a pick: the recipient has the delivery.
func (s *Spool) MarkSent(ctx context.Context, d *spool.Picked) error {
	return s.endDelivery(ctx, "sent", d, spool.Sent, "")
}

// MarkFailed ends a pick: the delivery cannot be sent.
func (s *Spool) MarkFailed(ctx context.Context, d *spool.Picked, why string) error {
	return s.endDelivery(ctx, "failed", d, spool.Failed, why)
}

// RetryDelivery ends a pick: sending failed, and the delivery is due again after a while.
func (s *Spool) RetryDelivery(ctx context.Context, d *spool.Picked, why string, after time.Duration) error {
	return s.waitAgain(ctx, "retried", d, d.Attempts+1, why, after)
}

// PostponeDelivery is RetryDelivery without an attempt.
func (s *Spool) PostponeDelivery(ctx context.Context, d *spool.Picked, why string, after time.Duration) error {
	return s.waitAgain(ctx, "postponed", d, d.Attempts, why, after)
}

// deliveryIDOf returns the ID of the document of a delivery.
func deliveryIDOf(n *spool.Notification, d *spool.Delivery) string {
	return deliveryID(notificationID(n.Identity), int(d.Number&(1<<indexBits-1)))
}

// waitAgain ends a pick: the delivery waits.
func (s *Spool) waitAgain(ctx context.Context, operation string, d *spool.Picked, attempts int, why string, after time.Duration) error {
	now := s.now()
	return s.changePicked(ctx, operation, s.deliveries.Doc(deliveryIDOf(&d.Notification, &d.Delivery)), d.Pick,
		field("due", kept(now.Add(after))), field("attempts", attempts), field("error", cut(why, mostReason)), field("at", now))
}

// endDelivery ends a pick: the delivery is over. The notification is done if this was its
// last one.
func (s *Spool) endDelivery(ctx context.Context, operation string, d *spool.Picked, state, why string) error {
	ref := s.deliveries.Doc(deliveryIDOf(&d.Notification, &d.Delivery))
	return again(ctx, operation, func() error {
		snapshots, err := s.get(ctx, s.notifications, []string{notificationID(d.Notification.Identity)})
		if err != nil {
			return err
		}
		if !snapshots[0].Exists() {
			return fmt.Errorf("delivery %d: %w", d.Number, spool.ErrTaken)
		}
		n, err := read[notification](snapshots[0])
		if err != nil {
			return err
		}
		now := s.now()
		w := s.newWrites()
		w.update(ref, d.Pick, field("state", state), field("due", now), field("picked", time.Time{}),
			field("attempts", d.Attempts+1), field("error", cut(why, mostReason)), field("at", now))
		fields := []firestore.Update{field("open", n.Open-1)}
		if n.Open == 1 {
			fields = append(fields, field("state", spool.Done), field("finished", now))
		}
		w.update(snapshots[0].Ref, snapshots[0].UpdateTime, fields...)
		_, err = w.commit(ctx)
		return s.takenOr(ctx, err, ref, d.Pick)
	})
}

// Resend makes deliveries of a notification due now.
func (s *Spool) Resend(ctx context.Context, number int64) error {
	return again(ctx, "resend", func() error {
		snapshot, err := s.find(ctx, number)
		if err != nil {
			return err
		}
		n, err := read[notification](snapshot)
		if err != nil {
			return err
		}
		now := s.now()
		w := s.newWrites()
		if n.State == spool.SetAside {
			w.update(snapshot.Ref, snapshot.UpdateTime,
				field("state", spool.Waiting), field("due", now), field("finished", time.Time{}), field("picked", time.Time{}))
			_, err := w.commit(ctx)
			return err
		}
		deliveries, err := s.get(ctx, s.deliveries, deliveryIDs(snapshot.Ref.ID, n.Deliveries))
		if err != nil {
			return err
		}
		resent, err := resend(w, deliveries, now)
		if err != nil {
			return err
		}
		if w.n == 0 {
			return fmt.Errorf("notification %d: %w", number, spool.ErrNothing)
		}
		w.update(snapshot.Ref, snapshot.UpdateTime, field("state", spool.Ready), field("finished", time.Time{}), field("open", n.Open+resent))
		_, err = w.commit(ctx)
		return err
	})
}

// resend adds the writes that make deliveries due: those that failed or wait for the next
// attempt, or without such deliveries all deliveries that are over. It returns how many were over.
func resend(w *writes, deliveries []*firestore.DocumentSnapshot, now time.Time) (over int, err error) {
	for _, chosen := range []func(d *delivery) bool{
		func(d *delivery) bool {
			return d.State == spool.Failed || d.State == spool.Waiting && d.Error != "" && d.Picked.Before(now)
		},
		func(d *delivery) bool {
			return d.State == spool.Sent || d.State == spool.Held || d.State == spool.Digested
		},
	} {
		for _, snapshot := range deliveries {
			d, err := read[delivery](snapshot)
			if err != nil {
				return 0, err
			}
			if d.Via == spool.Feed || !chosen(&d) {
				continue
			}
			if d.State != spool.Waiting {
				over++
			}
			w.update(snapshot.Ref, snapshot.UpdateTime, field("state", spool.Waiting), field("due", now), field("picked", time.Time{}),
				field("attempts", 0), field("error", ""), field("at", now))
		}
		if w.n > 0 {
			break
		}
	}
	return over, nil
}

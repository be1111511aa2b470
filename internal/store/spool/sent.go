// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"fmt"
	"time"
)

// Sent ends a pick of PickDeliveries: it is with the recipient. Whoever was told
// to stop meanwhile should say so all the same, with a context that goes on, for
// otherwise it is sent again. It returns ErrTaken where the pick ran out and
// somebody else has the delivery, as Retried and Failed do.
func (s *Spool) Sent(ctx context.Context, sending *Sending) error {
	return s.over(ctx, "sent", sending, 1, Sent, "", 0)
}

// Retried ends a pick of PickDeliveries: it could not be sent, for the reason,
// and is due again after a while.
func (s *Spool) Retried(ctx context.Context, sending *Sending, why string, after time.Duration) error {
	return s.over(ctx, "retried", sending, 1, Waiting, why, after)
}

// Postponed is Retried for what nobody tried: it does not count as an attempt.
func (s *Spool) Postponed(ctx context.Context, sending *Sending, why string, after time.Duration) error {
	return s.over(ctx, "postponed", sending, 0, Waiting, why, after)
}

// Failed ends a pick of PickDeliveries: it cannot be sent, for the reason.
func (s *Spool) Failed(ctx context.Context, sending *Sending, why string) error {
	return s.over(ctx, "failed", sending, 1, Failed, why, 0)
}

// over ends a pick, after so many attempts, and the notification where that was
// the last of it.
func (s *Spool) over(ctx context.Context, operation string, sending *Sending, attempts int, state, why string, after time.Duration) error {
	return s.update(ctx, operation, func(t *tx) error {
		// The row of the notification is taken first: see finish.
		if _, err := t.exec("UPDATE notifications SET picked = picked WHERE number = ?", sending.Delivery.Notification); err != nil {
			return err
		}
		err := t.one(`UPDATE deliveries SET state = ?, due = ?, picked = 0, attempts = attempts + CAST(? AS bigint), error = ?, at = ?
			WHERE number = ? AND state = 'waiting' AND picked = ?`,
			state, t.now+after.Microseconds(), attempts, kept(why), t.now, sending.Number, sending.pick)
		if err != nil {
			return fmt.Errorf("delivery %d: %w", sending.Number, err)
		}
		return t.finish(sending.Delivery.Notification)
	})
}

// Resend makes the deliveries of a notification that failed, or that wait for the
// next attempt, due now and without attempts; where there are none, all that are
// over, except those of feeds. A notification that was set aside waits again, and is
// due now. It returns ErrNothing where there are none, as of one that waits or was
// dropped.
func (s *Spool) Resend(ctx context.Context, number int64) error {
	return s.update(ctx, "resend", func(t *tx) error {
		n, err := t.exec("UPDATE notifications SET state = state WHERE number = ?", number)
		if err == nil && n == 0 {
			err = fmt.Errorf("%w: %d", ErrNotFound, number)
		}
		if err != nil {
			return err
		}
		n, err = t.exec("UPDATE notifications SET state = 'waiting', due = ?, finished = 0, picked = 0 WHERE number = ? AND state = 'aside'", t.now, number)
		if err != nil || n > 0 {
			return err
		}
		for _, those := range []string{
			"state = 'failed' OR state = 'waiting' AND error != '' AND picked < ?",
			"state IN ('sent', 'held', 'digested') AND picked < ?",
		} {
			if n, err = t.exec(`UPDATE deliveries SET state = 'waiting', due = ?, picked = 0, attempts = 0, error = '', at = ?
				WHERE notification = ? AND via != 'feed' AND (`+those+")", t.now, t.now, number, t.now); err != nil {
				return err
			}
			if n > 0 {
				_, err = t.exec("UPDATE notifications SET state = 'ready', finished = 0 WHERE number = ?", number)
				return err
			}
		}
		return fmt.Errorf("notification %d: %w", number, ErrNothing)
	})
}

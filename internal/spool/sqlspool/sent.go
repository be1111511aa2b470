// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"context"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// MarkSent implements spool.Spool.
func (s *Spool) MarkSent(ctx context.Context, sending *spool.Picked) error {
	return s.endSending(ctx, "sent", sending, 1, spool.Sent, "", 0)
}

// RetryDelivery implements spool.Spool.
func (s *Spool) RetryDelivery(ctx context.Context, sending *spool.Picked, why string, after time.Duration) error {
	return s.endSending(ctx, "retried", sending, 1, spool.Waiting, why, after)
}

// PostponeDelivery implements spool.Spool.
func (s *Spool) PostponeDelivery(ctx context.Context, sending *spool.Picked, why string, after time.Duration) error {
	return s.endSending(ctx, "postponed", sending, 0, spool.Waiting, why, after)
}

// MarkFailed implements spool.Spool.
func (s *Spool) MarkFailed(ctx context.Context, sending *spool.Picked, why string) error {
	return s.endSending(ctx, "failed", sending, 1, spool.Failed, why, 0)
}

// endSending ends a pick after a number of attempts, and sets the notification to done
// if this was its last delivery.
func (s *Spool) endSending(ctx context.Context, operation string, sending *spool.Picked, attempts int, state, why string, after time.Duration) error {
	return s.update(ctx, operation, func(t *tx) error {
		// Lock the row of the notification first: see finish.
		if _, err := t.exec("UPDATE notifications SET picked = picked WHERE number = $1", sending.Delivery.Notification); err != nil {
			return err
		}
		err := t.changeOne(`UPDATE deliveries SET state = $1, due = $2, picked = 0, attempts = attempts + CAST($3 AS bigint), error = $4, at = $5
			WHERE number = $6 AND state = 'waiting' AND picked = $7`,
			state, t.now+after.Microseconds(), attempts, spool.Storable(why), t.now, sending.Number, sending.Pick.UnixMicro())
		if err != nil {
			return fmt.Errorf("delivery %d: %w", sending.Number, err)
		}
		return t.finish(sending.Delivery.Notification)
	})
}

// Resend implements spool.Spool.
func (s *Spool) Resend(ctx context.Context, number int64) error {
	return s.update(ctx, "resend", func(t *tx) error {
		n, err := t.exec("UPDATE notifications SET state = state WHERE number = $1", number)
		if err == nil && n == 0 {
			err = fmt.Errorf("%w: %d", spool.ErrNotFound, number)
		}
		if err != nil {
			return err
		}
		n, err = t.exec(`
			UPDATE notifications SET state = 'waiting', due = $1, finished = 0, picked = 0
			WHERE number = $2 AND state = 'aside'`, t.now, number)
		if err != nil || n > 0 {
			return err
		}
		for _, condition := range []string{
			"state = 'failed' OR state = 'waiting' AND error != '' AND picked < $1",
			"state IN ('sent', 'held', 'digested') AND picked < $1",
		} {
			if n, err = t.exec(`UPDATE deliveries SET state = 'waiting', due = $1, picked = 0, attempts = 0, error = '', at = $1
				WHERE notification = $2 AND via != 'feed' AND (`+condition+")", t.now, number); err != nil {
				return err
			}
			if n > 0 {
				_, err = t.exec("UPDATE notifications SET state = 'ready', finished = 0 WHERE number = $1", number)
				return err
			}
		}
		return fmt.Errorf("notification %d: %w", number, spool.ErrNothing)
	})
}

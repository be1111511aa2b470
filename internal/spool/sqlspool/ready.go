// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// MarkReady implements spool.Spool.
func (s *Spool) MarkReady(ctx context.Context, n *spool.Notification, r spool.Rendered) error {
	return s.update(ctx, "ready", func(t *tx) error {
		err := t.endPick(n, "state = 'ready', subject = $3, body = $4, html = $5, thread = $6",
			spool.Storable(r.Subject), spool.Storable(r.Body), spool.Storable(r.HTML), spool.Storable(r.Thread))
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

// Drop implements spool.Spool.
func (s *Spool) Drop(ctx context.Context, n *spool.Notification, why string) error {
	return s.update(ctx, "drop", func(t *tx) error {
		return t.endPick(n, "state = 'dropped', reason = $3, finished = $4", spool.Storable(why), t.now)
	})
}

// SetAside implements spool.Spool.
func (s *Spool) SetAside(ctx context.Context, n *spool.Notification, why string) error {
	return s.update(ctx, "set aside", func(t *tx) error {
		return t.endPick(n, "state = 'aside', reason = $3, finished = $4", spool.Storable(why), t.now)
	})
}

// Retry implements spool.Spool.
func (s *Spool) Retry(ctx context.Context, n *spool.Notification, after time.Duration) error {
	return s.update(ctx, "retry", func(t *tx) error {
		return t.endPick(n, "due = $3", t.now+after.Microseconds())
	})
}

// endPick ends a pick of a notification, and changes the notification: by assignments
// with the values as parameters from 3 on.
func (t *tx) endPick(n *spool.Notification, assignments string, values ...any) error {
	err := t.changeOne("UPDATE notifications SET picked = 0, "+assignments+" WHERE number = $1 AND state = 'waiting' AND picked = $2",
		append([]any{n.Number, n.Pick.UnixMicro()}, values...)...)
	if err != nil {
		return fmt.Errorf("notification %d: %w", n.Number, err)
	}
	return nil
}

// deliver makes the deliveries of a notification. Some of them may be over at once.
func (t *tx) deliver(n *spool.Notification, recipients []spool.Recipient) error {
	recipients = spool.Distinct(recipients)
	if slices.ContainsFunc(recipients, n.Limits) {
		// Transactions that count the same mails do so one after the other.
		if err := t.Lock(t.ctx, t.Tx, sqldb.BudgetLock, true); err != nil {
			return err
		}
	}
	for _, r := range recipients {
		state := spool.Waiting
		if r.Via == spool.Feed {
			state = spool.Sent
		} else if n.Limits(r) {
			over, err := t.overBudget(n, r)
			if err != nil {
				return err
			}
			if over {
				state = spool.Held
				if err := t.armDigest(r.Address); err != nil {
					return err
				}
			}
		}
		_, err := t.exec(`INSERT INTO deliveries (notification, via, recipient, header, state, due, picked, attempts, error, at)
			VALUES ($1, $2, $3, $4, $5, $6, 0, 0, '', $6)`, n.Number, r.Via, r.Address, r.Header, state, t.now)
		if err != nil {
			return err
		}
	}
	return nil
}

// finish sets a notification to done if all its deliveries are over. The transaction
// holds the notification's row already. So if several transactions end the last
// deliveries at the same time, the last transaction sees that all are over.
func (t *tx) finish(number int64) error {
	_, err := t.exec(`UPDATE notifications SET state = 'done', finished = $1 WHERE number = $2 AND state = 'ready'
		AND NOT EXISTS (SELECT 1 FROM deliveries WHERE notification = notifications.number AND state = 'waiting')`, t.now, number)
	return err
}

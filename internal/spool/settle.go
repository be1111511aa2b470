// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// Settle does what considering some batches led to. Where somebody else settled
// one of them it does nothing and returns ErrTaken; so every change is
// considered exactly once, by whoever settles it first.
func (s *Spool) Settle(ctx context.Context, settlement Settlement) error {
	return s.update(ctx, "settle", func(t *tx) error {
		for _, f := range []func(Settlement) error{t.forget, t.armAll, t.count, t.note} {
			if err := f(settlement); err != nil {
				return err
			}
		}
		return nil
	})
}

// forget deletes the batches, which nobody else can from then on.
func (t *tx) forget(settlement Settlement) error {
	numbers := slices.Sorted(slices.Values(settlement.Batches))
	return each(t, "DELETE FROM changes WHERE number = ?", slices.Compact(numbers), func(stmt *statement, number int64) error {
		n, err := stmt.exec(number)
		if err == nil && n == 0 {
			err = fmt.Errorf("changes %d: %w", number, ErrTaken)
		}
		return err
	})
}

// arm makes a notification, or puts off the one that waits. Somebody may be
// rendering that one from what was there before the change, and loses it.
const arm = `INSERT INTO notifications (subscription, object_type, object_id, message,
		state, first, changed, due, finished, picked, reason, subject, body, thread)
	VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?, 0, 0, ?, '', '', '')
	ON CONFLICT (object_type, object_id, subscription, message) DO UPDATE SET
		first = CASE WHEN excluded.first < notifications.first THEN excluded.first ELSE notifications.first END,
		changed = CASE WHEN excluded.changed < notifications.changed THEN notifications.changed ELSE excluded.changed END,
		due = CASE WHEN excluded.changed < notifications.changed THEN notifications.due
			WHEN excluded.due > notifications.first + CAST(? AS bigint) THEN notifications.first + CAST(? AS bigint)
			ELSE excluded.due END,
		reason = CASE WHEN excluded.changed < notifications.changed THEN notifications.reason ELSE excluded.reason END,
		picked = 0
	WHERE notifications.state = 'waiting'`

// unbounded is a time that nothing waits for, some 70,000 years.
const unbounded = int64(1) << 61

// parameters returns those of arm.
func (n New) parameters() []any {
	changed, wait, most := micros(n.Changed), n.Wait.Microseconds(), unbounded
	if n.AtMost > 0 {
		most = n.AtMost.Microseconds()
	}
	return []any{kept(n.Subscription), string(n.Object.Type), key(n.Object), kept(n.Message),
		changed, changed, changed + min(wait, most), kept(n.Reason), most, most}
}

// armAll arms the notifications, in the order of their identities; the changes of
// one of them stay in theirs.
func (t *tx) armAll(settlement Settlement) error {
	sorted := slices.SortedStableFunc(slices.Values(settlement.Notifications), func(a, b New) int {
		return cmp.Or(cmp.Compare(a.Object.Type, b.Object.Type), cmp.Compare(a.Object.ID[0], b.Object.ID[0]),
			cmp.Compare(a.Object.ID[1], b.Object.ID[1]), cmp.Compare(a.Subscription, b.Subscription), cmp.Compare(a.Message, b.Message))
	})
	return each(t, arm, sorted, func(stmt *statement, n New) error {
		if _, err := stmt.exec(n.parameters()...); err != nil {
			return fmt.Errorf("notification %s of %s %q: %w", n.Subscription, n.Object.Type, n.Object.ID, err)
		}
		return nil
	})
}

// count adds to the counters.
func (t *tx) count(settlement Settlement) error {
	sorted := slices.SortedFunc(slices.Values(settlement.Considered), func(a, b Considered) int {
		return cmp.Or(cmp.Compare(a.Subscription, b.Subscription), cmp.Compare(a.Day, b.Day))
	})
	return each(t, `INSERT INTO considered (subscription, day, objects, matched, errors, last_error)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (subscription, day) DO UPDATE SET objects = considered.objects + excluded.objects,
			matched = considered.matched + excluded.matched, errors = considered.errors + excluded.errors,
			last_error = CASE WHEN excluded.last_error = '' THEN considered.last_error ELSE excluded.last_error END`,
		sorted, func(stmt *statement, c Considered) error {
			_, err := stmt.exec(kept(c.Subscription), c.Day, c.Objects, c.Matched, c.Errors, kept(c.LastError))
			return err
		})
}

// note keeps the statuses.
func (t *tx) note(settlement Settlement) error {
	sorted := slices.SortedStableFunc(slices.Values(settlement.Statuses), func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.Object.Type, b.Object.Type), cmp.Compare(key(a.Object), key(b.Object)))
	})
	return each(t, `INSERT INTO statuses (object_type, object_id, status, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (object_type, object_id) DO UPDATE SET status = excluded.status, at = excluded.at`,
		sorted, func(stmt *statement, st Status) error {
			_, err := stmt.exec(string(st.Object.Type), key(st.Object), kept(st.Status), micros(st.At))
			return err
		})
}

// statement is a prepared one.
type statement struct {
	ctx context.Context
	*sql.Stmt
}

// exec runs it, and returns how many rows it changed.
func (s *statement) exec(args ...any) (int64, error) {
	result, err := s.ExecContext(s.ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// each prepares a statement, and runs f with it for each of the values.
func each[T any](t *tx, text string, values []T, f func(*statement, T) error) error {
	if len(values) == 0 {
		return nil
	}
	stmt, err := t.PrepareContext(t.ctx, t.s.sql(text))
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, v := range values {
		if err := f(&statement{t.ctx, stmt}, v); err != nil {
			return err
		}
	}
	return nil
}

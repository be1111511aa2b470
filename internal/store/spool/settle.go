// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/kcidb-go/kcidb/object"
)

// Settle does what considering some batches led to. Where somebody else settled
// one of them it does nothing and returns ErrTaken; so every change is
// considered exactly once, by whoever settles it first.
func (s *Spool) Settle(ctx context.Context, settlement Settlement) error {
	return s.update(ctx, "settle", func(t *tx) error {
		if err := t.forget(settlement.Batches); err != nil {
			return err
		}
		if _, err := arming.exec(t, settlement.Notifications); err != nil {
			return fmt.Errorf("notifications: %w", err)
		}
		if _, err := settingAside.exec(t, settlement.Aside); err != nil {
			return fmt.Errorf("set aside: %w", err)
		}
		if _, err := counting.exec(t, settlement.Considered); err != nil {
			return fmt.Errorf("counters: %w", err)
		}
		if _, err := noting.exec(t, settlement.Statuses); err != nil {
			return fmt.Errorf("statuses: %w", err)
		}
		return nil
	})
}

// forget deletes the batches, which nobody else can from then on.
func (t *tx) forget(batches []int64) error {
	numbers := slices.Compact(slices.Sorted(slices.Values(batches)))
	for some := range slices.Chunk(numbers, chunk) {
		// Locked in order: see update. SQLite has nothing to lock.
		if t.s.Numbered {
			if _, err := t.exec("SELECT FROM changes WHERE number IN "+places(len(some))+" ORDER BY number FOR UPDATE", list(some)...); err != nil {
				return err
			}
		}
		n, err := t.exec("DELETE FROM changes WHERE number IN "+places(len(some)), list(some)...)
		if err != nil {
			return err
		}
		if n < int64(len(some)) {
			return fmt.Errorf("changes %d to %d: %w", some[0], some[len(some)-1], ErrTaken)
		}
	}
	return nil
}

// anew begins conditions that are true of a notification that was dropped or set
// aside: it is made as if it had never been there.
const anew = "notifications.state IN ('dropped', 'aside') OR "

// arming makes notifications, or puts off those that wait. Somebody may be
// rendering one of these from what was there before the change, and loses it.
var arming = insertion[New]{
	head: `INSERT INTO notifications (subscription, object_type, object_id, message,
		state, first, changed, due, finished, picked, reason, was, created, subject, body, thread) VALUES `,
	row: "(?, ?, ?, ?, 'waiting', ?, ?, ?, 0, 0, ?, ?, CAST(? AS bigint), '', '', '')",
	tail: ` ON CONFLICT (object_type, object_id, subscription, message) DO UPDATE SET
		was = CASE WHEN ` + anew + `excluded.first < notifications.first THEN excluded.was ELSE notifications.was END,
		created = CASE WHEN ` + anew + `excluded.first < notifications.first THEN excluded.created ELSE notifications.created END,
		first = CASE WHEN ` + anew + `excluded.first < notifications.first THEN excluded.first ELSE notifications.first END,
		changed = CASE WHEN ` + anew + `excluded.changed >= notifications.changed THEN excluded.changed ELSE notifications.changed END,
		due = CASE WHEN notifications.state IN ('dropped', 'aside') THEN excluded.due
			WHEN excluded.changed < notifications.changed THEN notifications.due
			WHEN excluded.due > notifications.first + CAST(? AS bigint) THEN notifications.first + CAST(? AS bigint)
			ELSE excluded.due END,
		reason = CASE WHEN ` + anew + `excluded.changed >= notifications.changed THEN excluded.reason ELSE notifications.reason END,
		state = 'waiting', finished = 0, picked = 0
	WHERE notifications.state IN ('waiting', 'dropped', 'aside')`,
	values: func(n New) []any {
		changed := micros(n.Changed)
		return []any{kept(n.Subscription), string(n.Object.Type), key(n.Object), kept(n.Message),
			changed, changed, changed + min(n.Wait.Microseconds(), n.most()), kept(n.Reason), kept(n.Was), number(n.Created)}
	},
	// One statement has one bound.
	last:     func(n New) []any { return []any{n.most(), n.most()} },
	together: func(a, b New) bool { return a.most() == b.most() },
	compare: func(a, b New) int {
		return cmp.Or(cmp.Compare(a.most(), b.most()), compareRefs(a.Object, b.Object),
			cmp.Compare(kept(a.Subscription), kept(b.Subscription)), cmp.Compare(kept(a.Message), kept(b.Message)))
	},
}

// settingAside makes notifications that are set aside.
var settingAside = insertion[Aside]{
	head: `INSERT INTO notifications (subscription, object_type, object_id, message,
		state, first, changed, due, finished, picked, reason, was, created, subject, body, thread) VALUES `,
	row: "(?, ?, ?, ?, 'aside', ?, ?, ?, ?, 0, ?, '', 0, '', '', '')",
	tail: ` ON CONFLICT (object_type, object_id, subscription, message) DO UPDATE SET
		state = 'aside', changed = excluded.changed, finished = excluded.finished, reason = excluded.reason
	WHERE notifications.state IN ('dropped', 'aside')`,
	values: func(a Aside) []any {
		at := micros(a.At)
		return []any{kept(a.Subscription), string(a.Object.Type), key(a.Object), kept(a.Message), at, at, at, at, kept(a.Why)}
	},
	compare: func(a, b Aside) int {
		return cmp.Or(compareRefs(a.Object, b.Object), cmp.Compare(kept(a.Subscription), kept(b.Subscription)), cmp.Compare(kept(a.Message), kept(b.Message)))
	},
}

// unbounded is a time that nothing waits for, some 70,000 years.
const unbounded = int64(1) << 61

// most returns for how long after its first change a notification may be put off.
func (n New) most() int64 {
	if n.AtMost > 0 {
		return n.AtMost.Microseconds()
	}
	return unbounded
}

// counting adds to the counters.
var counting = insertion[Considered]{
	head: "INSERT INTO considered (subscription, day, objects, matched, errors, last_error) VALUES ",
	row:  "(?, ?, ?, ?, ?, ?)",
	tail: ` ON CONFLICT (subscription, day) DO UPDATE SET objects = considered.objects + excluded.objects,
		matched = considered.matched + excluded.matched, errors = considered.errors + excluded.errors,
		last_error = CASE WHEN excluded.last_error = '' THEN considered.last_error ELSE excluded.last_error END`,
	values: func(c Considered) []any {
		return []any{kept(c.Subscription), c.Day, c.Objects, c.Matched, c.Errors, kept(c.LastError)}
	},
	compare: func(a, b Considered) int {
		return cmp.Or(cmp.Compare(kept(a.Subscription), kept(b.Subscription)), cmp.Compare(a.Day, b.Day))
	},
}

// noting keeps the statuses.
var noting = insertion[Status]{
	head: "INSERT INTO statuses (object_type, object_id, status, at) VALUES ",
	row:  "(?, ?, ?, ?)",
	tail: " ON CONFLICT (object_type, object_id) DO UPDATE SET status = excluded.status, at = excluded.at",
	values: func(st Status) []any {
		return []any{string(st.Object.Type), key(st.Object), kept(st.Status), micros(st.At)}
	},
	compare: func(a, b Status) int { return compareRefs(a.Object, b.Object) },
}

func compareRefs(a, b object.Ref) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(key(a), key(b)))
}

func number(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

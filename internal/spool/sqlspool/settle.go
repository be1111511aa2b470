// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"cmp"
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
)

// Settle is one transaction, which deletes the batches. If it returns ErrTaken, it did
// nothing.
func (s *Spool) Settle(ctx context.Context, settlement spool.Settlement) error {
	return s.update(ctx, "settle", func(t *tx) error {
		if err := t.deleteBatches(settlement.Batches); err != nil {
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

// deleteBatches deletes the batches. It returns ErrTaken if one is gone already.
func (t *tx) deleteBatches(batches []string) error {
	numbers, err := numbersOf(batches)
	if err != nil || len(numbers) == 0 {
		return err
	}
	chosen := t.In("number", 1)
	if t.Concurrent() { // lock in order: see update
		if _, err := t.exec("SELECT number FROM changes WHERE "+chosen+" ORDER BY number "+t.ForUpdate(), t.Numbers(numbers)); err != nil {
			return err
		}
	}
	n, err := t.exec("DELETE FROM changes WHERE "+chosen, t.Numbers(numbers))
	if err == nil && n < int64(len(numbers)) {
		err = fmt.Errorf("changes %d to %d: %w", numbers[0], numbers[len(numbers)-1], spool.ErrTaken)
	}
	return err
}

// notificationValues are the columns of a new notification.
var notificationValues = sqldb.Columns(`subscription object_type object_id message state first# changed# due# finished# picked#
	reason was created# subject body thread`)

// restart begins conditions that hold for a notification that was dropped or set
// aside: a new change replaces all its values, as if it had not existed.
const restart = "notifications.state IN ('dropped', 'aside') OR "

// arming makes notifications, or puts off notifications that wait. A process that
// renders such a notification from its objects before the change loses its pick.
var arming = insertion[spool.NewNotification]{
	table: "notifications", columns: notificationValues,
	values: func(n spool.NewNotification) []any {
		changed := sqldb.Micros(n.Changed)
		return []any{spool.Storable(n.Subscription), string(n.Object.Type), key(n.Object), spool.Storable(n.Message), spool.Waiting,
			changed, changed, changed + min(n.Wait.Microseconds(), longestWait(n)), int64(0), int64(0),
			spool.Storable(n.Reason), spool.Storable(n.Was), number(n.Created), "", "", ""}
	},
	conflict: func(n spool.NewNotification) string {
		return fmt.Sprintf(`ON CONFLICT (object_type, object_id, subscription, message) DO UPDATE SET
			was = CASE WHEN `+restart+`excluded.first < notifications.first THEN excluded.was ELSE notifications.was END,
			created = CASE WHEN `+restart+`excluded.first < notifications.first THEN excluded.created ELSE notifications.created END,
			first = CASE WHEN `+restart+`excluded.first < notifications.first THEN excluded.first ELSE notifications.first END,
			changed = CASE WHEN `+restart+`excluded.changed >= notifications.changed THEN excluded.changed ELSE notifications.changed END,
			due = CASE WHEN notifications.state IN ('dropped', 'aside') THEN excluded.due
				WHEN excluded.changed < notifications.changed THEN notifications.due
				WHEN excluded.due > notifications.first + %[1]d THEN notifications.first + %[1]d
				ELSE excluded.due END,
			reason = CASE WHEN `+restart+`excluded.changed >= notifications.changed THEN excluded.reason ELSE notifications.reason END,
			state = 'waiting', finished = 0, picked = 0
		WHERE notifications.state IN ('waiting', 'dropped', 'aside')`, longestWait(n))
	},
	together: func(a, b spool.NewNotification) bool { return longestWait(a) == longestWait(b) },
	compare: func(a, b spool.NewNotification) int {
		return cmp.Or(cmp.Compare(longestWait(a), longestWait(b)), compareIdentities(a.Identity, b.Identity))
	},
}

// settingAside makes notifications that are set aside.
var settingAside = insertion[spool.Aside]{
	table: "notifications", columns: notificationValues,
	values: func(a spool.Aside) []any {
		at := sqldb.Micros(a.At)
		return []any{spool.Storable(a.Subscription), string(a.Object.Type), key(a.Object), spool.Storable(a.Message), spool.SetAside,
			at, at, at, at, int64(0), spool.Storable(a.Why), "", int64(0), "", "", ""}
	},
	conflict: func(spool.Aside) string {
		return `ON CONFLICT (object_type, object_id, subscription, message) DO UPDATE SET
			state = 'aside', changed = excluded.changed, finished = excluded.finished, reason = excluded.reason
		WHERE notifications.state IN ('dropped', 'aside')`
	},
	together: always[spool.Aside],
	compare:  func(a, b spool.Aside) int { return compareIdentities(a.Identity, b.Identity) },
}

// unbounded is a bound that no notification reaches, some 70,000 years.
const unbounded = int64(1) << 61

// longestWait returns for how long after its first change a notification may be put off, in
// microseconds.
func longestWait(n spool.NewNotification) int64 {
	if n.AtMost > 0 {
		return n.AtMost.Microseconds()
	}
	return unbounded
}

// counting adds to the counters.
var counting = insertion[spool.Considered]{
	table: "considered", columns: sqldb.Columns("subscription day objects# matched# errors# last_error"),
	values: func(c spool.Considered) []any {
		return []any{spool.Storable(c.Subscription), c.Day, c.Objects, c.Matched, c.Errors, spool.Storable(c.LastError)}
	},
	conflict: func(spool.Considered) string {
		return `ON CONFLICT (subscription, day) DO UPDATE SET objects = considered.objects + excluded.objects,
			matched = considered.matched + excluded.matched, errors = considered.errors + excluded.errors,
			last_error = CASE WHEN excluded.last_error = '' THEN considered.last_error ELSE excluded.last_error END`
	},
	together: always[spool.Considered],
	compare: func(a, b spool.Considered) int {
		return cmp.Or(cmp.Compare(spool.Storable(a.Subscription), spool.Storable(b.Subscription)), cmp.Compare(a.Day, b.Day))
	},
}

// noting keeps the statuses.
var noting = insertion[spool.Status]{
	table: "statuses", columns: sqldb.Columns("object_type object_id status at#"),
	values: func(st spool.Status) []any {
		return []any{string(st.Object.Type), key(st.Object), spool.Storable(st.Status), sqldb.Micros(st.At)}
	},
	conflict: func(spool.Status) string {
		return "ON CONFLICT (object_type, object_id) DO UPDATE SET status = excluded.status, at = excluded.at"
	},
	together: always[spool.Status],
	compare:  func(a, b spool.Status) int { return compareRefs(a.Object, b.Object) },
}

func always[T any](T, T) bool { return true }

// compareIdentities compares notifications by the columns that identify them.
func compareIdentities(a, b spool.Identity) int {
	return cmp.Or(compareRefs(a.Object, b.Object), cmp.Compare(spool.Storable(a.Subscription), spool.Storable(b.Subscription)),
		cmp.Compare(spool.Storable(a.Message), spool.Storable(b.Message)))
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

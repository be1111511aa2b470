// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"context"
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// List implements spool.Spool.
func (s *Spool) List(ctx context.Context, f spool.Filter) (found []spool.Notification, err error) {
	var where []string
	var args []any
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	switch f.State {
	case "":
	case spool.Failed, spool.Held:
		add("n.number IN (SELECT notification FROM deliveries WHERE state = $%d)", f.State)
	default:
		add("n.state = $%d", f.State)
	}
	if f.Subscription != "" {
		add("n.subscription = $%d", f.Subscription)
	}
	if f.Recipient != "" {
		add("n.number IN (SELECT notification FROM deliveries WHERE lower(recipient) = $%d)", spool.Fold(spool.Storable(f.Recipient)))
	}
	if f.Object.Type != "" {
		add("n.object_type = $%d", string(f.Object.Type))
		add("n.object_id = $%d", key(f.Object))
	}
	query := "FROM notifications n"
	if where != nil {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	if f.Limit <= 0 {
		f.Limit = spool.DefaultLimit
	}
	args = append(args, f.Limit)
	err = s.readCommitted(ctx, "list", func(t *tx) (err error) {
		found, err = t.list(query+fmt.Sprintf(" ORDER BY n.number DESC LIMIT $%d", len(args)), args...)
		return err
	})
	return found, err
}

// Get implements spool.Spool.
func (s *Spool) Get(ctx context.Context, number int64) (n spool.Notification, err error) {
	err = s.readCommitted(ctx, "get", func(t *tx) error {
		found, err := t.list("FROM notifications n WHERE n.number = $1", number)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("%w: %d", spool.ErrNotFound, number)
		}
		if err != nil {
			return err
		}
		n = found[0]
		_, err = t.read("SELECT coalesce(html, '') FROM notifications WHERE number = $1", []any{number}, &n.HTML)
		return err
	})
	return n, err
}

// Feed implements spool.Spool.
func (s *Spool) Feed(ctx context.Context, subscription string, limit int) (found []spool.Notification, err error) {
	err = s.readCommitted(ctx, "feed", func(t *tx) (err error) {
		// A notification that waited long is new to a feed, so the order is that of the
		// deliveries. They are chosen first, because sorting rows with texts takes long.
		found, err = t.list(`FROM (SELECT d.number AS place, n.number AS chosen
				FROM notifications n JOIN deliveries d ON d.notification = n.number
				WHERE n.subscription = $1 AND n.state IN ('ready', 'done') AND d.via = 'feed' ORDER BY d.number DESC LIMIT $2) AS feed
			JOIN notifications n ON n.number = feed.chosen ORDER BY feed.place DESC`, subscription, limit)
		return err
	})
	return found, err
}

// list returns the notifications of a query, with their deliveries.
func (t *tx) list(from string, args ...any) ([]spool.Notification, error) {
	columns := "n." + strings.ReplaceAll(notificationColumns, ", ", ", n.")
	found, err := rows(t, scanNotification, "SELECT "+columns+" "+from, args...)
	if err != nil || len(found) == 0 {
		return found, err
	}
	numbers := make([]int64, len(found))
	index := make(map[int64]int, len(found)) // of notifications by number
	for i := range found {
		numbers[i] = found[i].Number
		index[found[i].Number] = i
	}
	deliveries, err := rows(t, scanDelivery,
		"SELECT "+deliveryColumns+" FROM deliveries WHERE "+t.In("notification", 1)+" ORDER BY number", t.Numbers(numbers))
	if err != nil {
		return nil, err
	}
	for _, d := range deliveries {
		n := &found[index[d.Notification]]
		n.Deliveries = append(n.Deliveries, d)
	}
	return found, nil
}

// notificationsOf returns the notifications of deliveries by number. columns are
// expressions in the order of notificationColumns.
func (t *tx) notificationsOf(deliveries []spool.Delivery, columns string) (map[int64]spool.Notification, error) {
	byNumber := make(map[int64]spool.Notification, len(deliveries))
	if len(deliveries) == 0 {
		return byNumber, nil
	}
	numbers := make([]int64, len(deliveries))
	for i, d := range deliveries {
		numbers[i] = d.Notification
	}
	found, err := rows(t, scanNotification, "SELECT "+columns+" FROM notifications WHERE "+t.In("number", 1), t.Numbers(numbers))
	for _, n := range found {
		byNumber[n.Number] = n
	}
	return byNumber, err
}

const notificationColumns = "number, subscription, object_type, object_id, message, state, first, changed, due, finished, reason, was, created, subject, body, thread"

// scanNotification scans a row of notificationColumns.
func scanNotification(r sqldb.Rows) (n spool.Notification, err error) {
	var typ, id string
	var first, changed, due, finished, created int64
	err = r.Scan(&n.Number, &n.Subscription, &typ, &id, &n.Message, &n.State,
		&first, &changed, &due, &finished, &n.Reason, &n.Was, &created, &n.Subject, &n.Body, &n.Thread)
	n.Object, n.Created = ref(typ, id), created != 0
	n.First, n.Changed, n.Due, n.Finished = sqldb.Time(first), sqldb.Time(changed), sqldb.Time(due), sqldb.Time(finished)
	return n, err
}

const deliveryColumns = "number, notification, via, recipient, header, state, due, attempts, error, at"

// scanDelivery scans a row of deliveryColumns.
func scanDelivery(r sqldb.Rows) (d spool.Delivery, err error) {
	var due, at int64
	err = r.Scan(&d.Number, &d.Notification, &d.Via, &d.Recipient, &d.Header, &d.State, &due, &d.Attempts, &d.Error, &at)
	d.Due, d.At = sqldb.Time(due), sqldb.Time(at)
	return d, err
}

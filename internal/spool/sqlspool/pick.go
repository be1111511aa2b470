// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// pickStatement returns the statement that picks the due rows of a table, if the
// condition holds for them. Its parameters are now, latestPick, the number of rows, the
// end of this pick, and those of the condition. In PostgreSQL the statement skips rows
// that another transaction picks, and makes the choice once with any plan.
func (t *tx) pickStatement(table, condition, columns string) string {
	return `WITH choice AS MATERIALIZED (
			SELECT number FROM ` + table + ` WHERE ` + condition + ` AND due <= $1 AND ` + free + `
			ORDER BY due, number LIMIT $3 ` + t.SkipLocked() + `)
		UPDATE ` + table + ` SET picked = $4 WHERE number IN (SELECT number FROM choice)
		RETURNING ` + columns
}

// idle reports whether no notification can be picked. It does not write, because a
// process that looks again and again should not wait for loads.
func (s *Spool) idle(ctx context.Context) (idle bool, err error) {
	err = s.readCommitted(ctx, "pick notifications", func(t *tx) error {
		_, err := t.read("SELECT NOT EXISTS (SELECT 1 FROM notifications WHERE state = 'waiting' AND due <= $1 AND "+free+")",
			[]any{t.now, latestPick(t.now)}, &idle)
		return err
	})
	return idle, err
}

// PickNotifications implements spool.Spool.
func (s *Spool) PickNotifications(ctx context.Context, n int, d time.Duration) ([]spool.Notification, error) {
	if idle, err := s.idle(ctx); idle || err != nil {
		return nil, err
	}
	var picked []spool.Notification
	err := s.update(ctx, "pick notifications", func(t *tx) (err error) {
		until := pickedUntil(t.now, d)
		picked, err = rows(t, scanNotification, t.pickStatement("notifications", "state = 'waiting'", notificationColumns),
			t.now, latestPick(t.now), n, until)
		for i := range picked {
			picked[i].Pick = sqldb.Time(until)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(picked, func(a, b spool.Notification) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Number, b.Number))
	})
	return picked, nil
}

// routesSQL returns the routes with deliveries that wait. The smallest route above another is
// one step in the index.
const routesSQL = `WITH RECURSIVE routes(route) AS (
		SELECT min(via) FROM deliveries WHERE state = 'waiting'
		UNION ALL
		SELECT (SELECT min(via) FROM deliveries WHERE state = 'waiting' AND via > route) FROM routes WHERE route IS NOT NULL)
	SELECT route FROM routes WHERE route IS NOT NULL`

// RoutesWaiting implements spool.Spool.
func (s *Spool) RoutesWaiting(ctx context.Context) (routes []string, err error) {
	err = s.readCommitted(ctx, "routes", func(t *tx) (err error) {
		routes, err = rows(t, scanOne[string], routesSQL)
		return err
	})
	return routes, err
}

// Routes implements spool.Spool.
func (s *Spool) Routes(ctx context.Context) (routes []string, err error) {
	err = s.readCommitted(ctx, "routes", func(t *tx) (err error) {
		routes, err = rows(t, scanOne[string], routesSQL+`
			AND EXISTS (SELECT 1 FROM deliveries WHERE via = route AND state = 'waiting' AND due <= $1 AND `+free+`)`,
			t.now, latestPick(t.now))
		return err
	})
	return routes, err
}

// PickDeliveries implements spool.Spool.
func (s *Spool) PickDeliveries(ctx context.Context, route string, n int, d time.Duration) ([]*spool.Picked, error) {
	var picked []*spool.Picked
	err := s.update(ctx, "pick deliveries", func(t *tx) error {
		until := pickedUntil(t.now, d)
		deliveries, err := rows(t, scanDelivery, t.pickStatement("deliveries", "state = 'waiting' AND via = $5", deliveryColumns),
			t.now, latestPick(t.now), n, until, route)
		if err != nil {
			return err
		}
		notifications, err := t.notificationsOf(deliveries, notificationColumns)
		picked = make([]*spool.Picked, len(deliveries))
		for i, d := range deliveries {
			picked[i] = &spool.Picked{Delivery: d, Notification: notifications[d.Notification], Pick: sqldb.Time(until)}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(picked, func(a, b *spool.Picked) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Number, b.Number))
	})
	return picked, nil
}

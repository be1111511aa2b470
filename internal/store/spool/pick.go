// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// take is the statement that picks the rows of a table that are due, and for which
// the condition holds, which has the first parameters. In PostgreSQL those that
// somebody else is picking are passed over, and the choice is made once, however the
// rest is planned.
func take(table, condition, columns string) string {
	return `WITH choice AS MATERIALIZED (
			SELECT number FROM ` + table + ` WHERE ` + condition + ` AND due <= ? AND ` + free + `
			ORDER BY due, number LIMIT ? SKIP LOCKED)
		UPDATE ` + table + ` SET picked = ? WHERE number IN (SELECT number FROM choice)
		RETURNING ` + columns
}

// idle reports whether there is no notification to take, without writing: those who
// look again and again should not have to wait for who loads.
func (s *Spool) idle(ctx context.Context) (bool, error) {
	now := s.now()
	from, to, _ := hold(now, 0)
	var idle bool
	err := s.Read.QueryRowContext(ctx, s.sql("SELECT NOT EXISTS (SELECT 1 FROM notifications WHERE state = 'waiting' AND due <= ? AND "+free+")"),
		now, from, to).Scan(&idle)
	return idle, s.failure(ctx, "pick notifications", err)
}

// PickNotifications picks n notifications at most, for a while, of those that are
// due and that nobody has, the longest due first. They are the caller's, to end
// by Ready, Drop or Retry.
func (s *Spool) PickNotifications(ctx context.Context, n int, d time.Duration) ([]Notification, error) {
	if idle, err := s.idle(ctx); idle || err != nil {
		return nil, err
	}
	var picked []Notification
	err := s.update(ctx, "pick notifications", func(t *tx) error {
		from, to, until := hold(t.now, d)
		return s.query(ctx, t, func(scan func(...any) error) error {
			got, err := scanNotification(scan)
			got.pick = until
			picked = append(picked, got)
			return err
		}, take("notifications", "state = 'waiting'", notificationColumns), t.now, from, to, n, until)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(picked, func(a, b Notification) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Number, b.Number))
	})
	return picked, nil
}

// Sending is a delivery that somebody is at, and what is to be delivered.
type Sending struct {
	Delivery
	Notification Notification // without its Deliveries

	pick int64
}

// waysSQL are the ways with deliveries that wait. The smallest way above another is
// one step in the index.
const waysSQL = `WITH RECURSIVE ways(way) AS (
		SELECT min(via) FROM deliveries WHERE state = 'waiting'
		UNION ALL
		SELECT (SELECT min(via) FROM deliveries WHERE state = 'waiting' AND via > way) FROM ways WHERE way IS NOT NULL)
	SELECT way FROM ways WHERE way IS NOT NULL`

// WaysWaiting returns the ways with a delivery that waits, due or not, picked or not. It
// costs as much as Ways.
func (s *Spool) WaysWaiting(ctx context.Context) ([]string, error) {
	return s.ways(ctx, waysSQL)
}

// Ways returns the ways, such as Mail, with a delivery that is due and not picked. It
// writes nothing, and costs as much as there are ways, however many deliveries wait.
func (s *Spool) Ways(ctx context.Context) ([]string, error) {
	now := s.now()
	from, to, _ := hold(now, 0)
	return s.ways(ctx, waysSQL+`
			AND EXISTS (SELECT 1 FROM deliveries WHERE via = way AND state = 'waiting' AND due <= ? AND `+free+`)`, now, from, to)
}

func (s *Spool) ways(ctx context.Context, sql string, args ...any) ([]string, error) {
	var ways []string
	err := s.query(ctx, s.Read, func(scan func(...any) error) error {
		var way string
		err := scan(&way)
		ways = append(ways, way)
		return err
	}, sql, args...)
	return ways, s.failure(ctx, "ways", err)
}

// PickDeliveries picks n deliveries at most, for a while, of those by a way that are
// due and not picked, the longest due first. They are the caller's, to end by Sent,
// Retried, Postponed or Failed.
func (s *Spool) PickDeliveries(ctx context.Context, way string, n int, d time.Duration) ([]*Sending, error) {
	var picked []*Sending
	err := s.update(ctx, "pick deliveries", func(t *tx) error {
		from, to, until := hold(t.now, d)
		err := s.query(ctx, t, func(scan func(...any) error) error {
			got, err := scanDelivery(scan)
			picked = append(picked, &Sending{Delivery: got, pick: until})
			return err
		}, take("deliveries", "state = 'waiting' AND via = ?", deliveryColumns), way, t.now, from, to, n, until)
		if err != nil {
			return err
		}
		return s.attach(ctx, t, picked, notificationColumns)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(picked, func(a, b *Sending) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Number, b.Number))
	})
	return picked, nil
}

// attach reads the notifications of deliveries, by what stands for their columns.
func (s *Spool) attach(ctx context.Context, q querier, sendings []*Sending, columns string) error {
	of := map[int64]Notification{}
	for some := range slices.Chunk(sendings, chunk) {
		numbers := make([]any, len(some))
		for i, sending := range some {
			numbers[i] = sending.Delivery.Notification
		}
		err := s.query(ctx, q, func(scan func(...any) error) error {
			n, err := scanNotification(scan)
			of[n.Number] = n
			return err
		}, "SELECT "+columns+" FROM notifications WHERE number IN "+places(len(some)), numbers...)
		if err != nil {
			return err
		}
	}
	for _, sending := range sendings {
		sending.Notification = of[sending.Delivery.Notification]
	}
	return nil
}

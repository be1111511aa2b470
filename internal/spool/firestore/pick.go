// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"
	"errors"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/api/iterator"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// pageSize is how many documents each reads at a time.
const pageSize = 50

// each calls f for the documents of a query until f returns false. It reads a page at a
// time, because each document that is read costs.
func each(ctx context.Context, q firestore.Query, page int, f func(*firestore.DocumentSnapshot) (more bool, err error)) error {
	var last *firestore.DocumentSnapshot
	for {
		next := q.Limit(page)
		if last != nil {
			next = next.StartAfter(last)
		}
		n := 0
		it := next.Documents(ctx)
		for {
			snapshot, err := it.Next()
			if errors.Is(err, iterator.Done) {
				break
			}
			more := false
			if err == nil {
				more, err = f(snapshot)
			}
			if err != nil || !more {
				it.Stop()
				return err
			}
			last = snapshot
			n++
		}
		if n < page {
			return nil
		}
	}
}

// picked is a document that this process picked.
type picked[T any] struct {
	id       string
	at       time.Time // of the last change of the document: the pick
	document T
}

// pickAll picks at most n documents of a query, in its order. pickOf returns the end of
// the pick that a document has. If there is an error after some were picked, it returns
// those: no other process can have them before their picks run out.
func pickAll[T any](ctx context.Context, s *Spool, q firestore.Query, n int, d time.Duration, pickOf func(*T) time.Time) (all []picked[T], err error) {
	now := s.now()
	err = each(ctx, q, min(n, pageSize), func(snapshot *firestore.DocumentSnapshot) (bool, error) {
		document, err := read[T](snapshot)
		if err != nil || !free(pickOf(&document), now) {
			return true, err
		}
		w := s.newWrites()
		w.update(snapshot.Ref, snapshot.UpdateTime, field("picked", pickedUntil(now, d)))
		results, err := w.commit(ctx)
		if errors.Is(err, errConflict) {
			return true, nil // another process picked it
		}
		if err == nil {
			all = append(all, picked[T]{snapshot.Ref.ID, results[0].UpdateTime, document})
		}
		return len(all) < n, err
	})
	if len(all) > 0 {
		return all, nil // the next call has the error, if it stays
	}
	return nil, err
}

// PickNotifications picks notifications that are due.
func (s *Spool) PickNotifications(ctx context.Context, n int, d time.Duration) ([]spool.Notification, error) {
	q := s.notifications.Where("state", "==", spool.Waiting).Where("due", "<=", s.now()).OrderBy("due", firestore.Asc)
	all, err := pickAll(ctx, s, q, n, d, func(n *notification) time.Time { return n.Picked })
	if err != nil {
		return nil, failure(ctx, "pick notifications", err)
	}
	var notifications []spool.Notification
	for _, p := range all {
		n := p.document.export(p.id)
		n.Pick = p.at
		notifications = append(notifications, n)
	}
	return notifications, nil
}

// PickDeliveries picks deliveries by a route that are due.
func (s *Spool) PickDeliveries(ctx context.Context, route string, n int, d time.Duration) ([]*spool.Picked, error) {
	all, err := pickAll(ctx, s, s.dueBy(route), n, d, func(d *delivery) time.Time { return d.Picked })
	if err != nil || len(all) == 0 {
		return nil, failure(ctx, "pick deliveries", err)
	}
	ids := make([]string, len(all))
	for i, p := range all {
		ids[i] = p.document.Notification
	}
	snapshots, err := s.get(ctx, s.notifications, ids)
	if err != nil {
		return nil, failure(ctx, "pick deliveries", err)
	}
	var deliveries []*spool.Picked
	orphans := s.newWrites()
	for i, p := range all {
		if !snapshots[i].Exists() {
			orphans.delete(s.deliveries.Doc(p.id), p.at) // an administrator deleted the notification, and not this
			continue
		}
		n, err := read[notification](snapshots[i])
		if err != nil {
			return nil, failure(ctx, "pick deliveries", err)
		}
		deliveries = append(deliveries, &spool.Picked{Delivery: p.document.export(p.id), Notification: n.export(ids[i]), Pick: p.at})
	}
	_, err = orphans.commit(ctx)
	if len(deliveries) > 0 {
		err = nil // the next call has the error, if it stays
	}
	return deliveries, failure(ctx, "pick deliveries", err)
}

// dueBy returns the query of the deliveries by a route that are due.
func (s *Spool) dueBy(route string) firestore.Query {
	return s.deliveries.Where("state", "==", spool.Waiting).Where("via", "==", route).Where("due", "<=", s.now()).OrderBy("due", firestore.Asc)
}

// RoutesWaiting returns the routes with a delivery that waits, by one query for each.
func (s *Spool) RoutesWaiting(ctx context.Context) (routes []string, err error) {
	err = s.eachRoute(ctx, func(d *delivery) error {
		routes = append(routes, d.Via)
		return nil
	})
	return routes, failure(ctx, "routes", err)
}

// Routes returns the routes with a delivery that is due and not picked, by two queries
// for each at most, if few deliveries are picked.
func (s *Spool) Routes(ctx context.Context) (routes []string, err error) {
	now := s.now()
	err = s.eachRoute(ctx, func(first *delivery) error {
		if first.Due.After(now) {
			return nil
		}
		found := free(first.Picked, now)
		if !found {
			err := each(ctx, s.dueBy(first.Via), pageSize, func(snapshot *firestore.DocumentSnapshot) (bool, error) {
				d, err := read[delivery](snapshot)
				found = err == nil && free(d.Picked, now)
				return !found, err
			})
			if err != nil {
				return err
			}
		}
		if found {
			routes = append(routes, first.Via)
		}
		return nil
	})
	return routes, failure(ctx, "routes", err)
}

// eachRoute calls f for each route with deliveries that wait, with the delivery that
// is due first.
func (s *Spool) eachRoute(ctx context.Context, f func(first *delivery) error) error {
	for last := ""; ; {
		found, err := s.deliveries.Where("state", "==", spool.Waiting).Where("via", ">", last).
			OrderBy("via", firestore.Asc).OrderBy("due", firestore.Asc).Limit(1).Documents(ctx).GetAll()
		if err != nil || len(found) == 0 {
			return err
		}
		first, err := read[delivery](found[0])
		if err == nil {
			err = f(&first)
		}
		if err != nil {
			return err
		}
		last = first.Via
	}
}

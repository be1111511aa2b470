// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"
	"fmt"
	"slices"

	"cloud.google.com/go/firestore"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// found is a notification with the ID of its document.
type found struct {
	id string
	notification
}

// List returns notifications, those that were made last first. One condition of the
// filter chooses the index. The notifications that have it are read until enough of them
// meet the other conditions, too.
func (s *Spool) List(ctx context.Context, f spool.Filter) ([]spool.Notification, error) {
	if f.Limit <= 0 {
		f.Limit = spool.DefaultLimit
	}
	var all []found
	seen := map[string]bool{}
	add := func(snapshot *firestore.DocumentSnapshot) (more bool, err error) {
		n, err := read[notification](snapshot)
		if err == nil && !seen[snapshot.Ref.ID] && matches(f, &n) {
			seen[snapshot.Ref.ID] = true
			all = append(all, found{snapshot.Ref.ID, n})
		}
		return len(all) < f.Limit, err
	}
	var err error
	if f.State == spool.Failed || f.State == spool.Held {
		err = s.eachWith(ctx, f.State, min(f.Limit, pageSize), add)
	} else {
		err = each(ctx, s.candidates(f).OrderBy("made", firestore.Desc), min(f.Limit, pageSize), add)
	}
	if err != nil {
		return nil, failure(ctx, "list", err)
	}
	return s.withDeliveries(ctx, "list", all)
}

// candidates returns the query of the notifications that meet the condition which leaves
// the fewest.
func (s *Spool) candidates(f spool.Filter) firestore.Query {
	switch {
	case f.Object.Type != "":
		return s.notifications.Where("object", "==", objectID(f.Object))
	case f.Recipient != "":
		return s.notifications.Where("recipients", "array-contains", spool.Fold(spool.Storable(f.Recipient)))
	case f.Subscription != "":
		return s.notifications.Where("subscription", "==", f.Subscription)
	case f.State != "":
		return s.notifications.Where("state", "==", f.State)
	}
	return s.notifications.Query
}

// matches reports whether a notification meets all conditions of a filter, other than
// those on the states of deliveries.
func matches(f spool.Filter, n *notification) bool {
	return (f.State == "" || f.State == spool.Failed || f.State == spool.Held || f.State == n.State) &&
		(f.Subscription == "" || f.Subscription == n.Subscription) &&
		(f.Recipient == "" || slices.Contains(n.Recipients, spool.Fold(spool.Storable(f.Recipient)))) &&
		(f.Object.Type == "" || objectID(f.Object) == n.Object)
}

// eachWith calls f for the notifications with a delivery in a state.
func (s *Spool) eachWith(ctx context.Context, state string, page int, f func(*firestore.DocumentSnapshot) (more bool, err error)) error {
	q := s.deliveries.Where("state", "==", state).OrderBy("made", firestore.Desc)
	return each(ctx, q, page, func(snapshot *firestore.DocumentSnapshot) (bool, error) {
		d, err := read[delivery](snapshot)
		if err != nil {
			return false, err
		}
		notifications, err := s.get(ctx, s.notifications, []string{d.Notification})
		if err != nil || !notifications[0].Exists() {
			return err == nil, err // an administrator deleted it
		}
		return f(notifications[0])
	})
}

// withDeliveries returns notifications with their deliveries.
func (s *Spool) withDeliveries(ctx context.Context, operation string, all []found) ([]spool.Notification, error) {
	var ids []string
	for _, n := range all {
		ids = append(ids, deliveryIDs(n.id, n.Deliveries)...)
	}
	snapshots, err := s.get(ctx, s.deliveries, ids)
	if err != nil {
		return nil, failure(ctx, operation, err)
	}
	var exported []spool.Notification
	for _, n := range all {
		e := n.export(n.id)
		for _, snapshot := range snapshots[:n.Deliveries] {
			if !snapshot.Exists() {
				continue // wiped meanwhile
			}
			d, err := read[delivery](snapshot)
			if err != nil {
				return nil, failure(ctx, operation, err)
			}
			e.Deliveries = append(e.Deliveries, d.export(snapshot.Ref.ID))
		}
		snapshots = snapshots[n.Deliveries:]
		exported = append(exported, e)
	}
	return exported, nil
}

// find returns the notification with a number.
func (s *Spool) find(ctx context.Context, number int64) (*firestore.DocumentSnapshot, error) {
	prefix := fmt.Sprintf("%0*x", numberDigits, number)
	found, err := s.notifications.Where(firestore.DocumentID, ">=", s.notifications.Doc(prefix)).
		Where(firestore.DocumentID, "<", s.notifications.Doc(prefix+"g")).Limit(2).Documents(ctx).GetAll()
	switch {
	case err != nil:
		return nil, err
	case number < 0 || len(found) == 0:
		return nil, fmt.Errorf("%w: %d", spool.ErrNotFound, number)
	case len(found) > 1:
		return nil, fmt.Errorf("two notifications have the number %d, by accident: list them by their objects", number)
	}
	return found[0], nil
}

// Get returns the notification with the number, with its HTML and its deliveries.
func (s *Spool) Get(ctx context.Context, number int64) (spool.Notification, error) {
	snapshot, err := s.find(ctx, number)
	if err != nil {
		return spool.Notification{}, failure(ctx, "get", err)
	}
	n, err := read[notification](snapshot)
	if err != nil {
		return spool.Notification{}, failure(ctx, "get", err)
	}
	exported, err := s.withDeliveries(ctx, "get", []found{{snapshot.Ref.ID, n}})
	if err != nil {
		return spool.Notification{}, err
	}
	exported[0].HTML, err = htmlOf(n.HTML)
	return exported[0], failure(ctx, "get", err)
}

// Feed returns the notifications in the feed of a subscription, newest first. A
// notification that waited long is new to a feed, so the order is that of the deliveries.
func (s *Spool) Feed(ctx context.Context, subscription string, limit int) ([]spool.Notification, error) {
	deliveries, err := s.deliveries.Where("via", "==", spool.Feed).Where("subscription", "==", subscription).
		OrderBy("at", firestore.Desc).Limit(limit).Documents(ctx).GetAll()
	if err != nil {
		return nil, failure(ctx, "feed", err)
	}
	ids := make([]string, len(deliveries))
	for i, snapshot := range deliveries {
		d, err := read[delivery](snapshot)
		if err != nil {
			return nil, failure(ctx, "feed", err)
		}
		ids[i] = d.Notification
	}
	snapshots, err := s.get(ctx, s.notifications, ids)
	if err != nil {
		return nil, failure(ctx, "feed", err)
	}
	var all []found
	for i, snapshot := range snapshots {
		if !snapshot.Exists() {
			continue // wiped meanwhile
		}
		n, err := read[notification](snapshot)
		if err != nil {
			return nil, failure(ctx, "feed", err)
		}
		all = append(all, found{ids[i], n})
	}
	return s.withDeliveries(ctx, "feed", all)
}

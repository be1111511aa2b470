// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/object"
)

// Filter names notifications. A field that is zero lets all through.
type Filter struct {
	State        string // of the notification, or Failed or Held of one of its deliveries
	Subscription string
	Recipient    string     // of one of its deliveries, in whatever case
	Object       object.Ref // where it has a type
	Before       int64      // numbers below
	Limit        int        // at most so many; 0 for 100
}

// List returns notifications with their deliveries, newest first.
func (s *Spool) List(ctx context.Context, f Filter) ([]Notification, error) {
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	switch f.State {
	case "":
	case Failed, Held:
		add("n.number IN (SELECT notification FROM deliveries WHERE state = ?)", f.State)
	default:
		add("n.state = ?", f.State)
	}
	if f.Subscription != "" {
		add("n.subscription = ?", f.Subscription)
	}
	if f.Recipient != "" {
		add("n.number IN (SELECT notification FROM deliveries WHERE lower(recipient) = ?)", fold(kept(f.Recipient)))
	}
	if f.Object.Type != "" {
		add("n.object_type = ? AND n.object_id = ?", string(f.Object.Type), key(f.Object))
	}
	if f.Before > 0 {
		add("n.number < ?", f.Before)
	}
	query := " FROM notifications n"
	if where != nil {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	found, err := s.list(ctx, query+" ORDER BY n.number DESC LIMIT ?", append(args, f.Limit)...)
	return found, s.failure(ctx, "list", err)
}

// Get returns the notification with the number, with its deliveries.
func (s *Spool) Get(ctx context.Context, number int64) (Notification, error) {
	found, err := s.list(ctx, " FROM notifications n WHERE n.number = ?", number)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: %d", ErrNotFound, number)
	}
	if err != nil {
		return Notification{}, s.failure(ctx, "get", err)
	}
	return found[0], nil
}

// Feed returns what a subscription's feed has, the newest first.
func (s *Spool) Feed(ctx context.Context, subscription string, limit int) ([]Notification, error) {
	// What was long in waiting is new for a feed: the deliveries have its order.
	// They are chosen first, for it takes long to sort what has a text.
	found, err := s.list(ctx, ` FROM (SELECT d.number AS place, n.number AS chosen
			FROM notifications n JOIN deliveries d ON d.notification = n.number
			WHERE n.subscription = ? AND n.state IN ('ready', 'done') AND d.via = 'feed' ORDER BY d.number DESC LIMIT ?) AS feed
		JOIN notifications n ON n.number = feed.chosen ORDER BY feed.place DESC`,
		subscription, limit)
	return found, s.failure(ctx, "feed", err)
}

// list returns notifications of a query, with their deliveries.
func (s *Spool) list(ctx context.Context, query string, args ...any) ([]Notification, error) {
	var found []Notification
	at := map[int64]int{} // the places of the numbers
	columns := "n." + strings.ReplaceAll(notificationColumns, ", ", ", n.")
	err := s.query(ctx, s.Read, func(scan func(...any) error) error {
		n, err := scanNotification(scan)
		at[n.Number] = len(found)
		found = append(found, n)
		return err
	}, "SELECT "+columns+query, args...)
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(found, chunk) {
		numbers := make([]any, len(some))
		for i := range some {
			numbers[i] = some[i].Number
		}
		err := s.query(ctx, s.Read, func(scan func(...any) error) error {
			d, err := scanDelivery(scan)
			n := &found[at[d.Notification]]
			n.Deliveries = append(n.Deliveries, d)
			return err
		}, "SELECT "+deliveryColumns+" FROM deliveries WHERE notification IN "+places(len(some))+" ORDER BY number", numbers...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

const notificationColumns = "number, subscription, object_type, object_id, message, state, first, changed, due, finished, reason, was, created, subject, body, thread"

// scanNotification scans a row of notificationColumns.
func scanNotification(scan func(...any) error) (Notification, error) {
	var n Notification
	var of, id string
	var first, changed, due, finished, created int64
	err := scan(&n.Number, &n.Subscription, &of, &id, &n.Message, &n.State,
		&first, &changed, &due, &finished, &n.Reason, &n.Was, &created, &n.Subject, &n.Body, &n.Thread)
	n.Object, n.Created = ref(of, id), created != 0
	n.First, n.Changed, n.Due, n.Finished = moment(first), moment(changed), moment(due), moment(finished)
	return n, err
}

const deliveryColumns = "number, notification, via, recipient, header, state, due, attempts, error, at"

// scanDelivery scans a row of deliveryColumns.
func scanDelivery(scan func(...any) error) (Delivery, error) {
	var d Delivery
	var due, at int64
	err := scan(&d.Number, &d.Notification, &d.Via, &d.Recipient, &d.Header, &d.State, &due, &d.Attempts, &d.Error, &at)
	d.Due, d.At = moment(due), moment(at)
	return d, err
}

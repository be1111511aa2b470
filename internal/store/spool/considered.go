// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"slices"

	"github.com/kcidb-go/kcidb/object"
)

// Counters returns what subscriptions were asked from a day on, 2006-01-02, in
// the order of days and subscriptions.
func (s *Spool) Counters(ctx context.Context, since string) ([]Considered, error) {
	var counters []Considered
	err := s.query(ctx, s.Read, func(scan func(...any) error) error {
		var c Considered
		err := scan(&c.Subscription, &c.Day, &c.Objects, &c.Matched, &c.Errors, &c.LastError)
		counters = append(counters, c)
		return err
	}, `SELECT subscription, day, objects, matched, errors, last_error FROM considered
		WHERE day >= ? ORDER BY day, subscription`, since)
	return counters, s.failure(ctx, "counters", err)
}

// Statuses returns the statuses that the objects had when they were last
// considered. Those that never were are left out.
func (s *Spool) Statuses(ctx context.Context, refs []object.Ref) (map[object.Ref]Status, error) {
	keys := map[object.Type][]any{}
	for _, r := range refs {
		keys[r.Type] = append(keys[r.Type], key(r))
	}
	statuses := make(map[object.Ref]Status)
	for of, keys := range keys {
		for some := range slices.Chunk(keys, chunk) {
			err := s.query(ctx, s.Read, func(scan func(...any) error) error {
				var id, status string
				var at int64
				err := scan(&id, &status, &at)
				r := ref(string(of), id)
				statuses[r] = Status{Object: r, Status: status, At: moment(at)}
				return err
			}, "SELECT object_id, status, at FROM statuses WHERE object_type = ? AND object_id IN "+places(len(some)),
				append([]any{string(of)}, some...)...)
			if err != nil {
				return nil, s.failure(ctx, "statuses", err)
			}
		}
	}
	return statuses, nil
}

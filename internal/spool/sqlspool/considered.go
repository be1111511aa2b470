// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
)

// Counters implements spool.Spool.
func (s *Spool) Counters(ctx context.Context, since string) (counters []spool.Considered, err error) {
	err = s.readCommitted(ctx, "counters", func(t *tx) (err error) {
		counters, err = rows(t, func(r sqldb.Rows) (c spool.Considered, err error) {
			err = r.Scan(&c.Subscription, &c.Day, &c.Objects, &c.Matched, &c.Errors, &c.LastError)
			return c, err
		}, `SELECT subscription, day, objects, matched, errors, last_error FROM considered
			WHERE day >= $1 ORDER BY day, subscription`, since)
		return err
	})
	return counters, err
}

// Statuses implements spool.Spool.
func (s *Spool) Statuses(ctx context.Context, refs []object.Ref) (map[object.Ref]spool.Status, error) {
	keys := map[object.Type][]string{}
	for _, r := range refs {
		keys[r.Type] = append(keys[r.Type], key(r))
	}
	statuses := make(map[object.Ref]spool.Status)
	err := s.readCommitted(ctx, "statuses", func(t *tx) error {
		for typ, keys := range keys {
			found, err := rows(t, func(r sqldb.Rows) (st spool.Status, err error) {
				var id string
				var at int64
				err = r.Scan(&id, &st.Status, &at)
				st.Object, st.At = ref(string(typ), id), sqldb.Time(at)
				return st, err
			}, "SELECT object_id, status, at FROM statuses WHERE object_type = $1 AND "+t.InMany("object_id", 2), string(typ), t.List(keys))
			if err != nil {
				return err
			}
			for _, st := range found {
				statuses[st.Object] = st
			}
		}
		return nil
	})
	return statuses, err
}

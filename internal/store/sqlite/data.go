// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// Empty removes all objects, receipts, changes and notifications, and gives the
// file's space back. Who watches still does.
func (s *Store) Empty(ctx context.Context) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		for _, name := range slices.Concat([]string{"checkouts", "builds", "tests", "issues", "incidents", "contents", "receipts",
			"changes", "notifications", "deliveries", "considered", "statuses"}, rollup.Tables) {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+name); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		_, err = s.write.ExecContext(ctx, "VACUUM")
	}
	return s.failure(ctx, "empty", err)
}

// Time returns a time of the database. Its current time is the machine's.
func (s *Store) Time(ctx context.Context, which store.Clock) (time.Time, error) {
	t, err := s.time(ctx, which)
	return t, s.failure(ctx, "time", err)
}

func (s *Store) time(ctx context.Context, which store.Clock) (time.Time, error) {
	v, err := s.view(ctx)
	if err != nil {
		return time.Time{}, err
	}
	defer v.close()
	var extreme string
	switch which {
	case store.Current:
		return s.now().UTC().Truncate(time.Microsecond), nil
	case store.Next:
		var next time.Time
		err := v.do(ctx, func(tx *sql.Tx) (err error) {
			next, err = s.next(ctx, tx)
			return err
		})
		return next, err
	case store.FirstModified:
		extreme = "min"
	case store.LastModified:
		extreme = "max"
	default:
		return time.Time{}, fmt.Errorf("no such time: %q", which)
	}
	var each []string
	for i := range tables {
		each = append(each, fmt.Sprintf("SELECT %s(_timestamp) AS t FROM %s", extreme, tables[i].List))
	}
	var found sql.NullInt64
	err = v.do(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT "+extreme+"(t) FROM ("+strings.Join(each, " UNION ALL ")+")").Scan(&found)
	})
	if err != nil || !found.Valid {
		return time.Time{}, err
	}
	return time.UnixMicro(found.Int64).UTC(), nil
}

// next returns the time of objects that are loaded now, later than all there are.
func (s *Store) next(ctx context.Context, tx *sql.Tx) (time.Time, error) {
	now := s.now()
	var each []string
	for i := range tables {
		each = append(each, fmt.Sprintf("SELECT max(_timestamp) AS t FROM %s WHERE _timestamp <= ?1", tables[i].List))
	}
	var newest sql.NullInt64
	err := tx.QueryRowContext(ctx, "SELECT max(t) FROM ("+strings.Join(each, " UNION ALL ")+")", now.Add(arrival.MaxAhead).UnixMicro()).Scan(&newest)
	if err != nil || !newest.Valid {
		return now.UTC().Truncate(time.Microsecond), err
	}
	return arrival.After(now, time.UnixMicro(newest.Int64)), nil
}

// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/rollup"
	"github.com/kcidb-go/kcidb/internal/store"
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

// Purge removes what arrived before a time, in one transaction, and the contents
// nothing refers to any more, for which it reads all objects. The file does not
// become smaller: what is loaded later takes the room.
func (s *Store) Purge(ctx context.Context, opts store.PurgeOptions) error {
	return s.failure(ctx, "purge", s.update(ctx, func(tx *sql.Tx) error {
		if opts.Before.IsZero() {
			return nil
		}
		counts := counter{tx: tx}
		var references []string
		for i := range tables {
			t := &tables[i]
			removed, err := purge(ctx, tx, t, opts, &counts)
			if err != nil {
				return err
			}
			opts.Progress.Tell(string(t.list)+" removed", removed, 0)
			for _, c := range t.contents {
				references = append(references, fmt.Sprintf("SELECT %s FROM %s WHERE %[1]s IS NOT NULL", t.columns[c], t.list))
			}
		}
		if err := counts.apply(ctx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM contents WHERE id NOT IN ("+strings.Join(references, " UNION ALL ")+")")
		return err
	}))
}

// purgeBatch is how many rows are removed at once: what is returned of them is in
// memory.
const purgeBatch = 5000

// purge removes the old objects of a list, and returns how many.
func purge(ctx context.Context, tx *sql.Tx, t *table, opts store.PurgeOptions, counts *counter) (removed int64, err error) {
	old := "SELECT rowid FROM " + string(t.list) + " AS o WHERE _timestamp < ?"
	if opts.KeepIncidents {
		old += " AND NOT " + store.Tied(t.list)
	}
	query := fmt.Sprintf("DELETE FROM %s WHERE rowid IN (%s LIMIT %d) RETURNING %s", t.list, old, purgeBatch, strings.Join(t.columns, ", "))
	for {
		rows, err := readRows(ctx, tx, len(t.columns), query, []any{opts.Before.UnixMicro()})
		if err != nil {
			return 0, err
		}
		for _, row := range rows {
			if err := counts.changed(t, row, nil); err != nil {
				return 0, err
			}
		}
		removed += int64(len(rows))
		if len(rows) < purgeBatch {
			return removed, nil
		}
	}
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
	case store.FirstModified:
		extreme = "min"
	case store.LastModified:
		extreme = "max"
	default:
		return time.Time{}, fmt.Errorf("no such time: %q", which)
	}
	var each []string
	for i := range tables {
		each = append(each, fmt.Sprintf("SELECT %s(_timestamp) AS t FROM %s", extreme, tables[i].list))
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

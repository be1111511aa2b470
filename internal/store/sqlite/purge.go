// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// There is one writer at a time, so purging lets loads in: each batch is a
// transaction, and after each the purge rests for as long as the batch took.
// Loads have at least half of the time then.

// Purge removes what arrived before a time, in batches, and then the contents that no
// object refers to. For the latter it reads all references once or twice. The file does
// not become smaller: later loads use the free space.
func (s *Store) Purge(ctx context.Context, opts store.PurgeOptions) error {
	return s.failure(ctx, "purge", s.purge(ctx, opts))
}

func (s *Store) purge(ctx context.Context, opts store.PurgeOptions) error {
	nothing := func(*sql.Tx) error { return nil }
	if err := s.update(ctx, nothing); err != nil || opts.Before.IsZero() {
		return err
	}
	if err := s.SQL().NotePurge(ctx, opts.Before); err != nil {
		return err
	}
	for i := range tables {
		if err := s.purgeTable(ctx, &tables[i], opts); err != nil {
			return err
		}
	}
	return s.sweep(ctx, opts.Progress)
}

// batch runs f in a transaction, and then rests.
func (s *Store) batch(ctx context.Context, f func(tx *sql.Tx) error) error {
	began := time.Now()
	if err := s.update(ctx, f); err != nil {
		return err
	}
	rest := time.NewTimer(time.Since(began))
	defer rest.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-rest.C:
		return nil
	}
}

// place is a place in the order of arrival.
type place struct{ timestamp, rowid int64 }

// purgeTable removes the old objects of a list, the oldest first.
func (s *Store) purgeTable(ctx context.Context, t *table, opts store.PurgeOptions) error {
	if opts.KeepIncidents && t.List == store.Incidents {
		return nil
	}
	var total, done int64
	count := "SELECT count(*) FROM " + string(t.List) + " WHERE _timestamp < ?"
	if err := s.read.QueryRowContext(ctx, count, opts.Before.UnixMicro()).Scan(&total); err != nil {
		return err
	}
	tell := func() { opts.Progress.Report(string(t.List)+" removed", done, total) }
	tell()
	query := t.purgeSQL(opts.KeepIncidents)
	from := place{timestamp: math.MinInt64}
	for {
		removed := 0
		err := s.batch(ctx, func(tx *sql.Tx) (err error) {
			removed, from, err = purgeRows(ctx, tx, t, query, opts.Before.UnixMicro(), from)
			return err
		})
		if err != nil {
			return err
		}
		done += int64(removed)
		tell()
		if removed < store.PurgeBatch {
			return nil
		}
	}
}

// purgeSQL deletes the oldest rows that arrived before the first parameter and are
// behind the place in the next two parameters. It returns the rows with their rowids.
func (t *table) purgeSQL(keepIncidents bool) string {
	tied := ""
	if keepIncidents {
		tied = " AND NOT " + sqldb.TiedCondition(t.List)
	}
	return fmt.Sprintf(`DELETE FROM %s WHERE rowid IN (SELECT rowid FROM %[1]s AS o WHERE _timestamp < ? AND (_timestamp, rowid) > (?, ?)%s
		ORDER BY _timestamp, rowid LIMIT %d) RETURNING rowid, %s`, t.List, tied, store.PurgeBatch, strings.Join(t.Columns, ", "))
}

// purgeRows deletes a batch. It returns the number of rows and the place of the last
// row.
func purgeRows(ctx context.Context, tx *sql.Tx, t *table, query string, before int64, from place) (int, place, error) {
	rows, err := readRows(ctx, tx, 1+len(t.Columns), query, []any{before, from.timestamp, from.rowid})
	if err != nil {
		return 0, from, err
	}
	counts := counter{tx: tx}
	for _, row := range rows {
		rowid, deleted := row[0].(int64), row[1:]
		at := place{deleted[timestampColumn].(int64), rowid}
		if at.timestamp > from.timestamp || at.timestamp == from.timestamp && at.rowid > from.rowid {
			from = at
		}
		if err := counts.changed(t, deleted, nil); err != nil {
			return 0, from, err
		}
	}
	return len(rows), from, counts.apply(ctx)
}

// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Dump reads the tables, each in the order of arrival.
func (s *snapshot) Dump(ctx context.Context, opts store.DumpOptions, sets *sqldb.Sets, lost *store.Unreadable) error {
	after, until := int64(math.MinInt64), int64(math.MaxInt64)
	if !opts.After.IsZero() {
		after = opts.After.UnixMicro()
	}
	if !opts.Until.IsZero() {
		until = opts.Until.UnixMicro()
	}
	d := dump{s.pagesInto(sets), until, lost}
	for i := range tables {
		if more, err := d.table(ctx, &tables[i], [2]any{after, int64(math.MaxInt64)}); !more {
			return err
		}
	}
	return nil
}

// dump reads tables, and reads around damaged rows.
type dump struct {
	*pages
	until int64
	lost  *store.Unreadable
}

// table reads the rows of a table behind a place, in pages. If a page has a row that
// cannot be read, it reads the rows of that page one by one, and then continues in
// pages. It returns false if the caller wants no more.
func (d *dump) table(ctx context.Context, t *table, last [2]any) (bool, error) {
	for {
		d.done = func(row []any) { last = [2]any(row) }
		more, err := d.read(ctx, t, t.dumpSQL(t.columnList()), last, d.until)
		if !isDamage(err) {
			return more, err
		}
		places, placesErr := d.rows(ctx, nil, t.dumpSQL("NULL"), 3, last[0], last[1], d.until, pageSize)
		if placesErr != nil || len(places) == 0 {
			return false, err
		}
		for _, place := range places {
			last = [2]any(place)
			more, err := d.row(ctx, t, place[1])
			switch {
			case isDamage(err):
				d.lost.Add(t.List, d.name(ctx, t, place[1]), err)
			case err != nil || !more:
				return false, err
			}
		}
	}
}

// row reads the row with a rowid.
func (d *dump) row(ctx context.Context, t *table, number any) (bool, error) {
	rows, err := d.rows(ctx, t, "SELECT 0, 0, "+t.columnList()+" FROM "+string(t.List)+" o WHERE o.rowid = ?", 2+len(t.Columns), number)
	if err != nil || len(rows) == 0 {
		return true, err
	}
	return d.add(t, rows[0][2:])
}

// name returns the identity of the object in a row, or the rowid if the identity cannot
// be read.
func (d *dump) name(ctx context.Context, t *table, number any) string {
	keys := strings.Join(t.Columns[1:1+t.Keys], " || ', version ' || ")
	rows, err := d.rows(ctx, nil, "SELECT "+keys+" FROM "+string(t.List)+" WHERE rowid = ?", 1, number)
	if err != nil || len(rows) == 0 {
		return fmt.Sprint("row ", number)
	}
	return fmt.Sprint(rows[0][0])
}

// dumpSQL selects rows in the order of arrival, and in the order of loading if objects
// arrived at the same time, as all objects of a load did. These have a SELECT of their
// own, so that the index on _timestamp finds the place to continue among them.
func (t *table) dumpSQL(columns string) string {
	rows := "SELECT o._timestamp, o.rowid, " + columns + " FROM " + string(t.List) + " o WHERE "
	return rows + "o._timestamp = ?1 AND o.rowid > ?2 UNION ALL " +
		rows + "o._timestamp > ?1 AND o._timestamp <= ?3 ORDER BY 1, 2 LIMIT ?4"
}

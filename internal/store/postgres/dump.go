// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Dump reads the tables, each in the order of arrival. Objects that arrived at the same
// time, as all objects of a load did, are in the order of their IDs.
func (s *snapshot) Dump(ctx context.Context, opts store.DumpOptions, sets *sqldb.Sets, lost *store.Unreadable) error {
	// In the order of the index, a load at a time, nothing has to be sorted as a
	// whole. The first rows come at once, and no space is needed on the server.
	if err := s.exec(ctx, "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"); err != nil {
		return err
	}
	d := dump{s.pagesInto(sets), bound(opts.After), bound(opts.Until), lost}
	for i := range tables {
		if more, err := d.table(ctx, &tables[i]); !more {
			return s.broken(ctx, err)
		}
	}
	return nil
}

// dump reads tables, and reads around damaged rows.
type dump struct {
	*pages
	after, until *time.Time
	lost         *store.Unreadable
}

// place is a row in the order of a dump. The zero value is before all rows.
type place struct {
	at      *time.Time
	id      string
	version int
}

// table reads the rows of a table in pages. If a page has a row that cannot be read, it
// reads the rows of that page one by one, and then continues in pages. The server's
// error about the damaged row would end the transaction, so there is a savepoint. table
// returns false if the caller wants no more.
func (d *dump) table(ctx context.Context, t *table) (bool, error) {
	if err := d.view.exec(ctx, "SAVEPOINT rows"); err != nil {
		return false, err
	}
	var last place
	for {
		sql, args := d.selectSQL(t, t.columnList(), last)
		d.done = func(row [][]byte) { last = t.place(row) }
		more, err := d.read(ctx, t, sql, args...)
		if !isDamage(err) {
			return more, err
		}
		if err := d.view.exec(ctx, "ROLLBACK TO rows"); err != nil {
			return false, err
		}
		places, placesErr := d.nextPlaces(ctx, t, last)
		if placesErr != nil || len(places) == 0 {
			return false, err
		}
		last = places[len(places)-1]
		if more, err := d.rowByRow(ctx, t, places); err != nil || !more {
			return more, err
		}
	}
}

// selectSQL selects the rows of a table that are behind a place, in the order of a dump.
func (d *dump) selectSQL(t *table, columns string, behind place) (sql string, args []any) {
	args = []any{d.after, d.until}
	sql = "SELECT " + columns + " FROM " + t.name + ` o
		WHERE ($1::timestamptz IS NULL OR _timestamp > $1) AND ($2::timestamptz IS NULL OR _timestamp <= $2)`
	if behind.at != nil {
		args = append(args, behind.at, behind.id)
		of := "$3, $4"
		if t.Keys > 1 {
			args = append(args, behind.version)
			of += ", $5"
		}
		sql += " AND _timestamp >= $3 AND (_timestamp, " + t.keyList() + ") > (" + of + ")"
	}
	return sql + " ORDER BY _timestamp, " + t.keyList(), args
}

// rowByRow reads the rows at some places, each with a query of its own.
func (d *dump) rowByRow(ctx context.Context, t *table, places []place) (bool, error) {
	for _, at := range places {
		sql, params := "SELECT "+t.columnList()+" FROM "+t.name+" o WHERE id = $1", [][]byte{[]byte(at.id)}
		name := at.id
		if t.Keys > 1 {
			sql, params = sql+" AND version = $2", append(params, strconv.AppendInt(nil, int64(at.version), 10))
			name += ", version " + strconv.Itoa(at.version)
		}
		rows, err := d.rows(ctx, t, sql, params)
		if err == nil && len(rows) == 1 {
			var more bool
			if more, err = d.add(t, rows[0]); err == nil && !more {
				return false, nil
			}
		}
		if !isDamage(err) {
			if err != nil {
				return false, err
			}
			continue
		}
		d.lost.Add(t.List, name, d.view.store.translate(err))
		if err := d.view.exec(ctx, "ROLLBACK TO rows"); err != nil {
			return false, err
		}
	}
	return true, nil
}

// nextPlaces returns the places of the rows of the next page.
func (d *dump) nextPlaces(ctx context.Context, t *table, behind place) (all []place, err error) {
	ctx, cancel := d.view.store.statementContext(ctx)
	defer cancel()
	sql, args := d.selectSQL(t, "_timestamp, "+t.keyList(), behind)
	rows, err := d.view.tx.Query(ctx, sql+" LIMIT "+strconv.Itoa(pageSize), args...)
	if err != nil {
		return nil, err
	}
	var at time.Time
	var p place
	_, err = pgx.ForEachRow(rows, []any{&at, &p.id, &p.version}[:1+t.Keys], func() error {
		p.at = new(at)
		all = append(all, p)
		return nil
	})
	return all, err
}

// place returns the place of a row, whose first columns can be read.
func (t *table) place(row [][]byte) place {
	v := values{row: row, stored: t.storage}
	p := place{at: v.Time()}
	p.id, _ = v.Text()
	if t.Keys > 1 {
		p.version, _ = v.Int()
	}
	return p
}

// bound returns a pointer to a time, nil for the zero time.
func bound(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/report"
)

// Dump returns the objects that arrived within the bounds, each list in the order of
// arrival.
func (s Store) Dump(ctx context.Context, opts store.DumpOptions) iter.Seq2[*report.Report, error] {
	return stream(ctx, s.db, "dump", func(snapshot Snapshot, yield func(*report.Report, error) bool) error {
		if err := snapshot.Guard(ctx); err != nil {
			return err
		}
		sets := newSets(opts.PerReport, opts.Metadata, reports(yield))
		d := dump{listingReader: newListingReader(snapshot, sets), dialect: s.db}
		for _, list := range store.Lists {
			if err := d.readTable(ctx, newDumped(s.db, list, opts)); err != nil || sets.done {
				return err
			}
		}
		if sets.flush(); sets.done {
			return nil
		}
		return d.lost.Err()
	})
}

// dump reads tables, and reads around damaged rows.
type dump struct {
	*listingReader
	dialect Dialect
	lost    store.Unreadable
}

// dumped is a table to dump.
type dumped struct {
	*Listing
	name string   // of the table
	key  []string // the columns that identify an object
	at   string   // the condition that a row is at the place of the parameters
}

func newDumped(d Dialect, list store.List, opts store.DumpOptions) *dumped {
	var at []string
	key := keyOf(list)
	for i, column := range d.Place(key) {
		at = append(at, Equals("o."+column, i+1))
	}
	return &dumped{DumpListing(d, list, opts), TableOf(d, list), key, strings.Join(at, " AND ")}
}

func keyOf(list store.List) []string {
	t := columns.Of(list)
	return t.Columns[1 : 1+t.Keys]
}

// DumpListing returns the objects of a list in the order of arrival. Objects that arrived
// at the same time, as all objects of a load did, are in the order of their places.
func DumpListing(d Dialect, list store.List, opts store.DumpOptions) *Listing {
	l := &Listing{Rows: rowsOf(list), From: TableOf(d, list) + " o", Way: InOrder, Order: []Column{{"o._timestamp", TimeColumn}}}
	if !opts.After.IsZero() {
		l.After = []any{opts.After.UnixMicro()}
	}
	if !opts.Until.IsZero() {
		l.Where, l.Args = "o._timestamp <= "+d.Moment(1), []any{opts.Until.UnixMicro()}
	}
	for _, column := range d.Place(keyOf(list)) {
		l.Order = append(l.Order, Column{Name: "o." + column})
	}
	return l
}

// readTable reads the rows of a table in pages. If a page has a row that cannot be read, it
// reads the rows of that page one by one, and then continues in pages.
func (d *dump) readTable(ctx context.Context, t *dumped) error {
	for {
		err := d.readPages(ctx, t.Rows, d.snapshot.Pages(t.Listing), &t.After)
		damage, err := d.snapshot.Recover(ctx, err)
		if damage == nil {
			return err
		}
		places, err := d.nextPlaces(ctx, t)
		if err != nil || len(places) == 0 {
			return damage
		}
		for _, place := range places {
			if err := d.readRow(ctx, t, place[1:]); err != nil || d.into.done {
				return err
			}
		}
		t.After = places[len(places)-1]
	}
}

// nextPlaces returns the places of the rows of the next page.
func (d *dump) nextPlaces(ctx context.Context, t *dumped) (places [][]any, err error) {
	l := *t.Listing
	l.Rows = &Rowset{List: t.Rows.List, Columns: append([]string{"_timestamp"}, d.dialect.Place(t.key)...)}
	pages := d.snapshot.Pages(&l)
	n, err := pages.Next(ctx)
	for i := range n {
		places = append(places, pages.Place(i))
	}
	return places, err
}

// readRow reads the row at a place, or notes that it is lost.
func (d *dump) readRow(ctx context.Context, t *dumped, place []any) error {
	l := *t.Listing
	l.Where, l.Args, l.After, l.Way = t.at, place, nil, Unguided
	damage, err := d.snapshot.Recover(ctx, d.read(ctx, &l))
	if damage == nil {
		return err
	}
	name, err := d.nameAt(ctx, t, place)
	if err == nil {
		d.lost.Add(t.Rows.List, name, damage)
	}
	return err
}

// nameAt returns the identity of the object in a row, or the place of the row if the
// identity cannot be read.
func (d *dump) nameAt(ctx context.Context, t *dumped, place []any) (name string, err error) {
	query := "SELECT " + strings.Join(t.key, " || ', version ' || ") + " FROM " + t.name + " o WHERE " + t.at
	damage, err := d.snapshot.Recover(ctx, d.snapshot.View(ctx, func(ctx context.Context, tx Tx) error {
		_, err := ReadRow(ctx, tx, query, place, &name)
		return err
	}))
	if damage != nil {
		name = fmt.Sprint("row ", place)
	}
	return name, err
}

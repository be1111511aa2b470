// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/columns"
)

// Snapshot is the database as one operation reads it that may return all objects: Match,
// Query, Outcomes, Runs or Dump. Such an operation reads listings in pages, so that
// neither side keeps all rows in memory.
//
// This package writes each listing once. The drivers read listings in pages, because the
// engines differ in that. PostgreSQL has cursors, and needs hints to find a few objects by
// indexes. SQLite notes in a temporary table where the rows are, or begins each page
// behind the last, so that a database in memory, which has one connection, lends the
// connection to others between pages.
type Snapshot interface {
	Close()
	// View calls f with a transaction that sees the same objects as the pages.
	View(ctx context.Context, f func(ctx context.Context, tx Tx) error) error
	// Pages returns the pages of a listing. An operation reads one listing after the
	// other, and may count the rows of all listings before.
	Pages(l *Listing) Pages
	// Guard prepares the snapshot for Recover. It is called before anything is read.
	Guard(ctx context.Context) error
	// Recover takes an error of reading, or nil. If the error concerns damaged rows, it
	// makes the snapshot readable again and returns the error as damage. It returns any
	// other error as end: the operation cannot continue.
	Recover(ctx context.Context, err error) (damage, end error)
}

// Pages are the rows of a listing, PageSize at a time. The rows have contents in place of
// the references to them.
type Pages interface {
	// Count returns the number of rows, and stops counting at limit. It may be called
	// once, before Next.
	Count(ctx context.Context, limit int64) (int64, error)
	// Next reads the next page and returns its number of rows, 0 behind the last page.
	Next(ctx context.Context) (int, error)
	// Row returns row i of the page, which is valid until the next call of Row.
	Row(i int) columns.Row
	// Place returns the place of row i for Listing.After: the values of the order. It may
	// be called if the listing is InOrder, has no Values, and has the columns of its order
	// as its first columns.
	Place(i int) []any
}

// PageSize is the number of rows that are read at once: enough that asking for a page
// costs little in comparison, and few enough to hold them in memory with their contents.
const PageSize = 500

// Listing is a SELECT of rows in an order.
type Listing struct {
	Rows *Rowset
	// Values are the expressions of the columns. Without them, the rows are rows "o" of the
	// table of Rows.List, and have the columns of Rows.
	Values []string
	From   string
	Where  string
	Args   []any // the parameters of From and Where; nil if the listing has EachColumns
	// Order are the expressions that the rows are sorted by. No two rows have the same
	// values of all.
	Order []Column
	// After are values of the first expressions of the order, or of all. The listing has
	// only rows with greater values.
	After []any
	// Each are rows of parameters with the columns EachColumns. The listing has the rows
	// for the first row of parameters, then those for the second, and so on. The first
	// column is the number of the row of parameters. Where refers to the columns by
	// Dialect.Field.
	Each        [][]any
	EachColumns []Column
	Way         Way
}

// Way is the way to find the rows of a listing. Engines need to be told, because they
// estimate the number of rows wrongly: they would read a whole table to find a few objects.
type Way int

const (
	// Unguided: the engine decides.
	Unguided Way = iota
	// ByIndex: from a few rows, indexes lead to all others.
	ByIndex
	// InOrder: these may be all rows of a table. They are read in the order of an index,
	// so that the first rows come at once, and nothing is sorted as a whole.
	InOrder
)

// Select returns the statement that selects expressions of the rows, unsorted. The rows
// also fulfil the other conditions.
func (l *Listing) Select(expressions string, conditions ...string) string {
	if l.Where != "" {
		conditions = append([]string{"(" + l.Where + ")"}, conditions...)
	}
	query := "SELECT " + expressions + " FROM " + l.From
	if len(conditions) > 0 {
		query += " WHERE " + strings.Join(conditions, " AND ")
	}
	return query
}

// OrderNames returns the expressions of the order.
func (l *Listing) OrderNames() []string {
	var names []string
	for _, c := range l.Order {
		names = append(names, c.Name)
	}
	return names
}

// listingReader reads the listings of a snapshot into sets.
type listingReader struct {
	snapshot Snapshot
	into     *sets
	reader   columns.Reader
}

func newListingReader(snapshot Snapshot, into *sets) *listingReader {
	return &listingReader{snapshot, into, columns.Reader{Metadata: into.metadata}}
}

// read reads the rows of a listing, until the sets want no more.
func (r *listingReader) read(ctx context.Context, l *Listing) error {
	return r.readPages(ctx, l.Rows, r.snapshot.Pages(l), nil)
}

// readPages reads rows, until the sets want no more. After each page it sets place, unless
// that is nil, to the place of the last row that it could read.
func (r *listingReader) readPages(ctx context.Context, rows *Rowset, pages Pages, place *[]any) error {
	for {
		n, err := pages.Next(ctx)
		if err != nil || n == 0 {
			return err
		}
		read := 0
		for more := true; more && read < n; {
			r.reader.Row = pages.Row(read)
			if more, err = r.into.add(rows, &r.reader); err != nil {
				break
			}
			read++
		}
		if place != nil && read > 0 {
			*place = pages.Place(read - 1)
		}
		if err != nil || r.into.done {
			return err
		}
	}
}

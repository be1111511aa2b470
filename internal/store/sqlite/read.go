// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// view is the database as somebody reads it. Of a file, everything read is of
// one moment: it is one transaction, during which the write-ahead log grows
// with what others write. A database in memory has only one connection, and
// leaves it to others between the pages: it is a transaction for each.
type view struct {
	store *Store
	tx    *sql.Tx // nil for a database in memory
}

// view returns a view of the database at its newest schema, to be closed.
func (s *Store) view(ctx context.Context) (*view, error) {
	v := &view{store: s}
	if s.file != "" {
		tx, err := s.read.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		v.tx = tx
	}
	err := v.do(ctx, func(tx *sql.Tx) error { return ready(ctx, tx) })
	if err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func (v *view) close() {
	if v.tx != nil {
		v.tx.Rollback()
	}
}

// do runs f with the transaction to read with. What f writes to temporary
// tables stays until the view is closed.
func (v *view) do(ctx context.Context, f func(tx *sql.Tx) error) error {
	if v.store.closed.Load() {
		return errors.New("the database was closed")
	}
	if v.tx != nil {
		return f(v.tx)
	}
	return v.store.transact(ctx, f)
}

// pageSize is how many rows are read at once: enough that beginning anew costs
// nothing beside them, and few enough to hold in memory with their excerpts.
const pageSize = 500

// pages reads rows in pages and adds them to sets.
type pages struct {
	view     *view
	values   values
	reader   columns.Reader // of the values
	contents contentReader
	into     *sqldb.Sets
	done     func(row []any) // called after each row, if not nil
}

func newPages(v *view, into *sqldb.Sets) *pages {
	p := &pages{view: v, into: into}
	p.reader = columns.Reader{Row: &p.values, Metadata: into.Metadata}
	return p
}

// read reads the rows of a table that a query selects. The query has the
// columns of its order, two, before those of the table, and as its first
// parameters the values of these to begin behind; its last is the number of
// rows. It returns false when the reader wants no more.
func (p *pages) read(ctx context.Context, t *table, query string, from [2]any, args ...any) (bool, error) {
	for {
		rows, err := p.rows(ctx, t, query, 2+len(t.Columns), append(append([]any{from[0], from[1]}, args...), pageSize)...)
		if err != nil {
			return false, err
		}
		for _, row := range rows {
			more, err := p.add(t, row[2:])
			if err != nil || !more {
				return false, err
			}
			if p.done != nil {
				p.done(row)
			}
		}
		if len(rows) < pageSize {
			return true, nil
		}
		from = [2]any(rows[len(rows)-1])
	}
}

// rows returns the rows of a statement, so many values each. Of a table, whose
// columns come last, they have the contents in place of the references.
func (p *pages) rows(ctx context.Context, t *table, query string, values int, args ...any) (rows [][]any, err error) {
	err = p.view.do(ctx, func(tx *sql.Tx) (err error) {
		if rows, err = readRows(ctx, tx, values, query, args); err == nil && t != nil {
			err = p.contents.resolve(ctx, tx, rows, t.contents, values-len(t.Columns))
		}
		return err
	})
	return rows, err
}

// add adds the object in a row to the sets. It reports whether they want more.
func (p *pages) add(t *table, row []any) (bool, error) {
	p.values.row = row
	return p.into.Add(&t.rowset, &p.reader)
}

func readRows(ctx context.Context, q querier, columns int, query string, args []any) ([][]any, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all [][]any
	destinations := make([]any, columns)
	for rows.Next() {
		row := make([]any, columns)
		for i := range row {
			destinations[i] = &row[i]
		}
		if err := rows.Scan(destinations...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// columnList returns the columns of a table known by the alias "o".
func (t *table) columnList() string { return "o." + strings.Join(t.Columns, ", o.") }

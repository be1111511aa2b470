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

// view is the database as a reader sees it. A view of a file is one transaction, and
// sees the file at one moment; while the view is open, the write-ahead log grows with
// each write. A database in memory has only one connection, so a view of it is a
// transaction for each page, and lends the connection to others between pages.
type view struct {
	store *Store
	tx    *sql.Tx // nil for a database in memory
}

// view returns a view of the database. It returns an error unless the database has the
// newest schema. The caller closes the view.
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

// do runs f with the transaction of the view. Temporary tables that f creates exist
// until the view is closed.
func (v *view) do(ctx context.Context, f func(tx *sql.Tx) error) error {
	if v.store.closed.Load() {
		return errors.New("the database was closed")
	}
	if v.tx != nil {
		return f(v.tx)
	}
	return v.store.transact(ctx, f)
}

// pageSize is the number of rows that are read at once: enough that starting the query
// again costs little in comparison, and few enough to hold them in memory with their
// excerpts.
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

// read reads the rows of a table that a query selects. The query returns the two columns
// of its order before those of the table. Its first two parameters are the values of
// these columns to continue behind; its last parameter is the number of rows. It returns
// false if the caller wants no more.
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

// rows returns the rows of a statement, each with the given number of values. If there
// is a table, its columns are the last ones, and contents stand in place of the
// references.
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

// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
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
	err := v.withTx(ctx, func(tx *sql.Tx) error { return ready(ctx, tx) })
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

// withTx runs f with the transaction of the view. Temporary tables that f creates exist
// until the view is closed.
func (v *view) withTx(ctx context.Context, f func(tx *sql.Tx) error) error {
	if v.store.closed.Load() {
		return errors.New("the database was closed")
	}
	if v.tx != nil {
		return f(v.tx)
	}
	return v.store.transact(ctx, f)
}

// readRows returns the rows of a query, each with the given number of values.
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

// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// newSQL returns what of a store is the same for all SQL databases.
func newSQL(s *Store) sqldb.Store {
	return sqldb.NewStore(&sqldb.DB{Conn: conn{s}, Dialect: dialect{}}, func() func([]byte) string { return new(rollup.Platforms).Of })
}

// conn implements sqldb.Conn. A view may take as long as it needs, and each
// statement of it as long as any statement may. An update as a whole takes no longer
// than one statement may.
type conn struct{ store *Store }

func (c conn) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	v, err := c.store.view(ctx)
	if err != nil {
		return err
	}
	defer v.close()
	return v.broken(ctx, f(ctx, sqlTx{c.store, v.tx}))
}

func (c conn) ReadCommitted(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	asked, cancel := c.store.statementContext(ctx)
	defer cancel()
	if err := c.store.ready(asked, c.store.pool); err != nil {
		return err
	}
	return f(ctx, sqlTx{c.store, c.store.pool})
}

func (c conn) Update(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return c.store.retry(ctx, func() error {
		return c.store.update(ctx, func(ctx context.Context, t pgx.Tx) error { return f(ctx, sqlTx{c.store, t}) })
	})
}

func (c conn) Failure(ctx context.Context, operation string, err error) error {
	return c.store.failure(ctx, operation, err)
}

func (conn) Now() time.Time { return time.Now() }

// Clock returns the server's time, which all loaders have in common.
func (c conn) Clock(ctx context.Context) (time.Time, error) { return c.store.clock(ctx) }

func (c conn) Next(ctx context.Context) (time.Time, error) {
	_, next, err := c.store.next(ctx)
	return next, err
}

// runner is a transaction or a pool.
type runner interface {
	querier
	Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
}

// sqlTx implements sqldb.Tx.
type sqlTx struct {
	store *Store
	runner
}

func (t sqlTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := t.store.statementContext(ctx)
	defer cancel()
	tag, err := t.runner.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (t sqlTx) Query(ctx context.Context, query string, args ...any) (sqldb.Rows, error) {
	ctx, cancel := t.store.statementContext(ctx)
	found, err := t.runner.Query(ctx, query, args...)
	if err != nil {
		cancel()
		return nil, err
	}
	return sqlRows{found, cancel}, nil
}

// Each runs the statement once, with an array for each column.
func (t sqlTx) Each(ctx context.Context, query string, columns []sqldb.Column, rows [][]any) (int64, error) {
	return t.Exec(ctx, query, arrays(columns, rows)...)
}

// arrays returns the columns of rows, each as an array for Dialect.Source.
func arrays(columns []sqldb.Column, rows [][]any) []any {
	args := make([]any, len(columns))
	for i, c := range columns {
		switch c.Type {
		case sqldb.TextColumn:
			args[i] = column[string](rows, i)
		case sqldb.BytesColumn:
			args[i] = column[[]byte](rows, i)
		default:
			args[i] = column[int64](rows, i)
		}
	}
	return args
}

// column returns the values of a column of rows.
func column[T any](rows [][]any, i int) []T {
	all := make([]T, len(rows))
	for n, r := range rows {
		all[n] = r[i].(T)
	}
	return all
}

// sqlRows implements sqldb.Rows.
type sqlRows struct {
	pgx.Rows
	cancel context.CancelFunc
}

func (r sqlRows) Close() error {
	r.Rows.Close()
	r.cancel()
	return r.Rows.Err()
}

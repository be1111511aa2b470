// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// newSQL returns what of a store is the same for all SQL databases.
func newSQL(s *Store) sqldb.Store {
	return sqldb.NewStore(&sqldb.DB{Conn: conn{s}, Dialect: dialect{}}, func() func([]byte) string { return new(rollup.Platforms).Of })
}

// conn implements sqldb.Conn. A database in memory has one connection, which each
// transaction has for itself.
type conn struct{ store *Store }

func (c conn) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	v, err := c.store.view(ctx)
	if err != nil {
		return err
	}
	defer v.close()
	return v.withTx(ctx, func(t *sql.Tx) error { return f(ctx, sqlTx{t}) })
}

// ReadCommitted is the same as View, because a transaction costs no round trip.
func (c conn) ReadCommitted(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return c.View(ctx, f)
}

func (c conn) Update(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return c.store.update(ctx, func(t *sql.Tx) error { return f(ctx, sqlTx{t}) })
}

func (c conn) Failure(ctx context.Context, operation string, err error) error {
	return c.store.failure(ctx, operation, err)
}

func (c conn) Now() time.Time { return c.store.now() }

// Clock returns the time of the machine.
func (c conn) Clock(ctx context.Context) (now time.Time, err error) {
	err = c.View(ctx, func(context.Context, sqldb.Tx) error { return nil })
	return c.store.now().UTC().Truncate(time.Microsecond), err
}

func (c conn) Next(ctx context.Context) (next time.Time, err error) {
	v, err := c.store.view(ctx)
	if err != nil {
		return time.Time{}, err
	}
	defer v.close()
	err = v.withTx(ctx, func(t *sql.Tx) (err error) {
		next, err = c.store.next(ctx, t)
		return err
	})
	return next, err
}

// sqlTx implements sqldb.Tx.
type sqlTx struct{ *sql.Tx }

func (t sqlTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t sqlTx) Query(ctx context.Context, query string, args ...any) (sqldb.Rows, error) {
	return t.QueryContext(ctx, query, args...)
}

// Each prepares the statement and runs it for each row.
func (t sqlTx) Each(ctx context.Context, query string, _ []sqldb.Column, rows [][]any) (changed int64, err error) {
	statement, err := t.PrepareContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer statement.Close()
	for _, row := range rows {
		result, err := statement.Exec(row...) // without a context: see loader
		if err != nil {
			return changed, err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return changed, err
		}
		changed += n
	}
	return changed, nil
}

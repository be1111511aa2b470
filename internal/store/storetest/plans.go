// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// WatchPlans returns a connection to a SQLite database that calls f with each query that
// its transactions read, and with each step of the plan that SQLite has for the query.
func WatchPlans(conn sqldb.Conn, f func(query, step string)) sqldb.Conn { return plannedConn{conn, f} }

type plannedConn struct {
	sqldb.Conn
	f func(query, step string)
}

func (c plannedConn) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return c.Conn.View(ctx, c.watched(f))
}

func (c plannedConn) ReadCommitted(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return c.Conn.ReadCommitted(ctx, c.watched(f))
}

func (c plannedConn) Snapshot(ctx context.Context) (sqldb.Snapshot, error) {
	s, err := c.Conn.Snapshot(ctx)
	return plannedSnapshot{s, c}, err
}

func (c plannedConn) watched(f func(context.Context, sqldb.Tx) error) func(context.Context, sqldb.Tx) error {
	return func(ctx context.Context, tx sqldb.Tx) error { return f(ctx, plannedTx{tx, c.f}) }
}

// plannedSnapshot watches the views of a snapshot, not its pages.
type plannedSnapshot struct {
	sqldb.Snapshot
	conn plannedConn
}

func (s plannedSnapshot) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return s.Snapshot.View(ctx, s.conn.watched(f))
}

type plannedTx struct {
	sqldb.Tx
	f func(query, step string)
}

func (p plannedTx) Query(ctx context.Context, query string, args ...any) (sqldb.Rows, error) {
	var id, parent, unused int64
	var step string
	err := sqldb.Read(ctx, p.Tx, "EXPLAIN QUERY PLAN "+query, args, []any{&id, &parent, &unused, &step}, func() error {
		p.f(query, step)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p.Tx.Query(ctx, query, args...)
}

// SPDX-License-Identifier: Apache-2.0

package pagestest

import (
	"context"
	"iter"
	"sync/atomic"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// counter counts statements, and queries for objects.
type counter struct{ statements, queries atomic.Int64 }

// countingConn counts the statements of its views.
type countingConn struct {
	sqldb.Conn
	*counter
}

func (c countingConn) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return c.Conn.View(ctx, func(ctx context.Context, tx sqldb.Tx) error { return f(ctx, countingTx{tx, c.counter}) })
}

type countingTx struct {
	sqldb.Tx
	*counter
}

func (c countingTx) Query(ctx context.Context, query string, args ...any) (sqldb.Rows, error) {
	c.statements.Add(1)
	return c.Tx.Query(ctx, query, args...)
}

// countingStore counts the queries for objects.
type countingStore struct {
	store.Store
	*counter
}

func (c countingStore) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	c.queries.Add(1)
	return c.Store.Query(ctx, q)
}

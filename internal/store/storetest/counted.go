// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// cost is the number of statements, and of the rows that they return.
type cost struct{ statements, rows int }

// Counted is a connection that adds up the cost of its transactions and snapshots.
type Counted struct {
	sqldb.Conn
	cost
}

// Take returns the number of statements since the last call, and of the rows that they
// returned.
func (c *Counted) Take() (statements, rows int) {
	statements, rows = c.statements, c.rows
	c.cost = cost{}
	return statements, rows
}

func (c *cost) of(f func(context.Context, sqldb.Tx) error) func(context.Context, sqldb.Tx) error {
	return func(ctx context.Context, tx sqldb.Tx) error { return f(ctx, &countedTx{tx, c}) }
}

// View implements sqldb.Conn.
func (c *Counted) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return c.Conn.View(ctx, c.of(f))
}

// ReadCommitted implements sqldb.Conn.
func (c *Counted) ReadCommitted(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return c.Conn.ReadCommitted(ctx, c.of(f))
}

// Update implements sqldb.Conn.
func (c *Counted) Update(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return c.Conn.Update(ctx, c.of(f))
}

// Snapshot implements sqldb.Conn.
func (c *Counted) Snapshot(ctx context.Context) (sqldb.Snapshot, error) {
	s, err := c.Conn.Snapshot(ctx)
	return &countedSnapshot{s, &c.cost}, err
}

type countedSnapshot struct {
	sqldb.Snapshot
	cost *cost
}

func (s *countedSnapshot) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return s.Snapshot.View(ctx, s.cost.of(f))
}

func (s *countedSnapshot) Pages(l *sqldb.Listing) sqldb.Pages {
	return &countedPages{s.Snapshot.Pages(l), s.cost}
}

// countedPages counts each page as a statement.
type countedPages struct {
	sqldb.Pages
	cost *cost
}

func (p *countedPages) Next(ctx context.Context) (int, error) {
	n, err := p.Pages.Next(ctx)
	p.cost.statements++
	p.cost.rows += n
	return n, err
}

type countedTx struct {
	sqldb.Tx
	cost *cost
}

func (c *countedTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	c.cost.statements++
	return c.Tx.Exec(ctx, query, args...)
}

func (c *countedTx) Each(ctx context.Context, query string, columns []sqldb.Column, rows [][]any) (int64, error) {
	c.cost.statements += len(rows)
	return c.Tx.Each(ctx, query, columns, rows)
}

func (c *countedTx) Query(ctx context.Context, query string, args ...any) (sqldb.Rows, error) {
	c.cost.statements++
	rows, err := c.Tx.Query(ctx, query, args...)
	return &countedRows{rows, c.cost}, err
}

type countedRows struct {
	sqldb.Rows
	cost *cost
}

func (r *countedRows) Next() bool {
	next := r.Rows.Next()
	if next {
		r.cost.rows++
	}
	return next
}

// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kcidb-go/kcidb/internal/store"
)

// view is the database of one moment: a transaction that only reads, on a replica too.
// While a view is open, the server keeps rows that are removed meanwhile.
type view struct {
	store *Store
	conn  *pgxpool.Conn
	tx    pgx.Tx
}

// view returns a view of the database. It returns an error unless the database has the
// newest schema. The caller closes the view.
func (s *Store) view(ctx context.Context) (_ *view, err error) {
	ctx, cancel := s.statementContext(ctx)
	defer cancel()
	v := &view{store: s}
	if v.conn, err = s.pool.Acquire(ctx); err != nil {
		return nil, err
	}
	if v.tx, err = v.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}); err != nil {
		v.conn.Release()
		return nil, err
	}
	// Compiling a query would take longer than running any of ours.
	_, err = v.tx.Exec(ctx, "SET LOCAL jit = off")
	if err == nil {
		err = s.ready(ctx, v.tx)
	}
	if err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

// exec runs a statement that takes no time.
func (v *view) exec(ctx context.Context, statement string) error {
	ctx, cancel := v.store.statementContext(ctx)
	defer cancel()
	_, err := v.tx.Exec(ctx, statement)
	return err
}

// broken adds the likely reason to the error that a view ended by. A replica closes
// connections to apply a change while no query runs on them. The server's message about
// that is lost with the connection.
func (v *view) broken(ctx context.Context, err error) error {
	if !isNetwork(err) || ctx.Err() != nil || v.store.closed.Load() {
		return err
	}
	asked, cancel := v.store.statementContext(ctx)
	defer cancel()
	var replica bool
	if v.store.pool.QueryRow(asked, "SELECT pg_is_in_recovery()").Scan(&replica) == nil && replica {
		return fmt.Errorf("%w: the connection broke, as by a conflict with recovery%s", store.ErrBusy, conflict)
	}
	return err
}

func (v *view) close() {
	ctx, cancel := context.WithTimeout(context.Background(), v.store.patience)
	defer cancel()
	v.tx.Rollback(ctx)
	v.conn.Release()
}

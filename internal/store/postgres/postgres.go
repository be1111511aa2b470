// SPDX-License-Identifier: Apache-2.0

// Package postgres keeps reports in a PostgreSQL database, version 13 or newer: the
// store of many processes and of a hundred million tests.
//
// A load copies the rows of each list into a temporary table by COPY, and merges them by
// one statement for each list. All loaders go through the lists, and through each list,
// in the same order, so a loader may wait for another, but never in a circle. If the
// server or the connection interrupts a load, it is tried again for a while. A load is
// one transaction. If the answer to its commit is lost, the loader asks for the outcome
// of the transaction. At the end of the transaction, when all objects are merged and
// locked, it updates the roll-ups: see package rollup.
//
// Readers see the database of one moment, in a transaction that writes nothing at all,
// so that they may be connected to a replica.
//
// Long texts that recur in tests are kept once, by their hash. Programs that ask the
// database in SQL find the relations of the Python system. See migrations.
//
// Times are kept to the microsecond. Free objects of checkouts, builds, issues and
// incidents are kept as values: the database chooses the order of their members and the
// spaces between. An empty environment or culprit is not kept, because only its fields
// are columns.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Driver opens PostgreSQL databases.
var Driver = store.Driver{
	Name: "postgresql",
	Help: `
postgresql:NAME=VALUE ..., a database of a PostgreSQL server, of version 13 or
newer, with the names libpq knows: host, port, dbname, user, sslmode and others.
postgresql://USER@HOST:PORT/DATABASE?NAME=VALUE says the same as a URL. What is
left out comes from the environment (PGHOST, PGDATABASE, ...), the password from
the file ~/.pgpass. The database must be there; Init makes the schema in it.
Example: postgresql:host=/run/postgresql dbname=kcidb
`,
	Open: func(_ context.Context, params store.Spec) (store.Sink, error) { return openWith(params) },
}

// patience is how long one statement may take, and so how long a server that stalls is
// waited for. Loading a batch takes a second or so.
const patience = 2 * time.Minute

// Store is an opened PostgreSQL database.
type Store struct {
	sqldb.Store // what is the same for all SQL databases

	name       string     // the specification, which errors begin with
	params     store.Spec // as given
	pool       *pgxpool.Pool
	migrations []migration
	patience   time.Duration // of one statement
	retryFor   time.Duration // how long a load is tried again
	closed     atomic.Bool   // set by Close: running iterators fail
	uncounted  bool          // loads keep no roll-ups, so that a benchmark can measure what these cost
}

// Open returns the database that a connection string of libpq names. It does not connect
// yet.
func Open(params string) (*Store, error) { return openWith(store.Fixed(params)) }

// openWith opens a database whose password may be replaced.
func openWith(params store.Spec) (*Store, error) {
	first := params()
	cfg, name, err := parse(first)
	if err != nil {
		return nil, err
	}
	cfg.BeforeConnect = func(_ context.Context, conn *pgx.ConnConfig) error {
		if now := params(); now != first {
			if cfg, _, err := parse(now); err == nil {
				conn.User, conn.Password = cfg.ConnConfig.User, cfg.ConnConfig.Password
			}
		}
		return nil
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), cfg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s := &Store{
		name: name, params: params, pool: pool, migrations: migrations(), patience: patience, retryFor: retryFor,
	}
	s.Store = newSQL(s)
	return s, nil
}

// Close closes the connections. It closes a connection in use when its reader asks for
// the next page.
func (s *Store) Close() error {
	s.closed.Store(true)
	if s.pool.Stat().AcquiredConns() == 0 {
		s.pool.Close()
	} else {
		go s.pool.Close() // which waits for them
	}
	return nil
}

// querier is a connection or a transaction.
type querier interface {
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}

var errClosed = errors.New("the database was closed")

// statementContext returns a context that ends if the server takes too long over a statement.
func (s *Store) statementContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, s.patience, errSlow)
}

// update runs f in a transaction, and commits if f returns no error. It returns an error
// unless the database has the newest schema. The transaction takes no longer than one
// statement may.
func (s *Store) update(ctx context.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	ctx, cancel := s.statementContext(ctx)
	defer cancel()
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		if err := s.ready(ctx, tx); err != nil {
			return err
		}
		return f(ctx, tx)
	})
}

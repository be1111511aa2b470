// SPDX-License-Identifier: Apache-2.0

// Package sqldb asks SQL databases the questions that are the same for all engines.
//
// A driver is a connection, a dialect and a loader. The connection (Conn) runs
// transactions and gives the engine's errors the meaning of the store's contract.
// The dialect (Dialect) returns those parts of a statement that differ between
// engines. Together they are a DB, and everything that is not loading stands on it:
// this package, the roll-ups, the spool and the answers.
//
// All statements have the parameters $1, $2, ... and each may use a parameter
// several times. An engine that writes parameters differently rewrites them in its
// Tx.
package sqldb

import (
	"context"
	"time"
)

// DB is an SQL database: how to reach it, and how its SQL differs from others'.
type DB struct {
	Conn
	Dialect
}

// Conn is the connection of a store to its database. All methods may be called
// concurrently. View, ReadCommitted, Snapshot and Update return ErrNotInitialized or
// ErrOldSchema of the store's contract, and do not call f, if the database has no schema
// or an old one.
type Conn interface {
	// View calls f with a transaction that only reads, and sees the database of one
	// moment. It may be a replica.
	View(ctx context.Context, f func(ctx context.Context, tx Tx) error) error
	// ReadCommitted calls f with a Tx that only reads, and whose statements each see what
	// was committed before them. It costs fewer round trips than View.
	ReadCommitted(ctx context.Context, f func(ctx context.Context, tx Tx) error) error
	// Snapshot begins an operation that may return all objects.
	Snapshot(ctx context.Context) (Snapshot, error)
	// Update calls f with a transaction that may write, and commits it if f returns no
	// error. It may call f again with a new transaction after an error that passes,
	// such as a deadlock or a lost connection.
	Update(ctx context.Context, f func(ctx context.Context, tx Tx) error) error
	// Failure returns the store's error for an error of View, ReadCommitted or Update, with
	// the database and the operation named; nil for nil. If ctx is done it returns the
	// cause of that in place of the engine's error.
	Failure(ctx context.Context, operation string, err error) error
	// Now returns the current time of the process's clock.
	Now() time.Time
	// Clock returns the current time of the database.
	Clock(ctx context.Context) (time.Time, error)
	// Next returns the time of objects that are loaded now, as store.Next.
	Next(ctx context.Context) (time.Time, error)
}

// Tx is a transaction.
type Tx interface {
	// Exec runs a statement and returns how many rows it inserted, changed or removed.
	Exec(ctx context.Context, query string, args ...any) (int64, error)
	// Query runs a statement that returns rows. They must be closed before the next
	// statement of the transaction.
	Query(ctx context.Context, query string, args ...any) (Rows, error)
	// Each runs a statement for each of the rows, whose values have the types of the
	// columns. Dialect.Insert, Dialect.Delete or Dialect.Source made the statement for
	// the same columns. It returns how many rows the statement inserted, changed or
	// removed in all. No two rows may concern the same row of the table.
	Each(ctx context.Context, query string, columns []Column, rows [][]any) (int64, error)
}

// Rows are the rows that a query returns, as database/sql has them.
type Rows interface {
	Next() bool
	Scan(into ...any) error
	Err() error
	Close() error
}

// Read calls f for each row of a query, after scanning the row into the pointers.
func Read(ctx context.Context, tx Tx, query string, args, into []any, f func() error) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ReadRow scans the last row of a query into the pointers. It reports whether the
// query returned a row.
func ReadRow(ctx context.Context, tx Tx, query string, args []any, into ...any) (found bool, err error) {
	err = Read(ctx, tx, query, args, into, func() error { found = true; return nil })
	return found, err
}

// Time returns the time for microseconds since 1970, the zero time for 0.
func Time(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// Micros returns the microseconds since 1970 of a time, 0 for the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

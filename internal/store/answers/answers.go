// SPDX-License-Identifier: Apache-2.0

// Package answers reads from a database the answers for the API, pages, mails and
// rules, such as the newest checkouts of each tree. Each question is asked only here,
// once, in SQL for all engines.
//
// Most answers come from the tables of package rollup, which have the counts already.
// An answer reads few rows of the objects themselves, always by an index: tests hold the
// plans of the statements to that.
//
// All parts of an answer are of one moment. An error names the operation and has the
// meaning of the contract in package store.
package answers

import (
	"context"
	"maps"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// DB answers questions about a database. All methods may be called concurrently.
type DB struct{ *sqldb.DB }

// New returns the answers of a database.
func New(db *sqldb.DB) *DB { return &DB{db} }

// Of returns the answers of a store, or of the store it wraps; nil if it has no SQL
// database.
func Of(s store.Sink) *DB {
	if db := sqldb.Of(s); db != nil {
		return New(db)
	}
	return nil
}

// view calls f with a transaction that sees the database of one moment.
func (db *DB) view(ctx context.Context, operation string, f func(ctx context.Context, tx sqldb.Tx) error) error {
	return db.Failure(ctx, operation, db.View(ctx, f))
}

// read calls f for each row of a query, after scanning the row into the pointers.
func (db *DB) read(ctx context.Context, operation, query string, args, into []any, f func()) error {
	return db.view(ctx, operation, func(ctx context.Context, tx sqldb.Tx) error {
		return forEachRow(ctx, tx, query, args, into, f)
	})
}

// forEachRow calls f for each row of a query, after scanning the row into the pointers.
func forEachRow(ctx context.Context, tx sqldb.Tx, query string, args, into []any, f func()) error {
	return sqldb.Read(ctx, tx, query, args, into, func() error { f(); return nil })
}

// set is a set of texts.
type set map[string]struct{}

func (s *set) add(texts ...string) {
	if *s == nil {
		*s = make(set)
	}
	for _, text := range texts {
		(*s)[text] = struct{}{}
	}
}

func (s set) sorted() []string { return slices.Sorted(maps.Keys(s)) }

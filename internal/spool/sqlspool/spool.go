// SPDX-License-Identifier: Apache-2.0

// Package sqlspool is the spool in the database of the objects. It is a source of changes,
// too: it keeps the changes that loads note, until they are considered.
//
// Its SQL is the same for all databases, by package sqldb. The drivers' migrations make
// the tables. Times are microseconds since 1970 UTC.
package sqlspool

import (
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Spool is the spool of a database.
type Spool struct {
	Now func() time.Time // tests that move the clock have their own
	db  *sqldb.DB
}

var (
	_ spool.Spool  = (*Spool)(nil)
	_ spool.Source = (*Spool)(nil)
)

// Of returns the spool of a store, or of the store it wraps. It reports false if the
// store has none.
func Of(s store.Sink) (*Spool, bool) {
	db := sqldb.Of(s)
	if db == nil {
		return nil, false
	}
	return &Spool{db.Now, db}, true
}

// Close does nothing: the store is closed by its owner.
func (s *Spool) Close() error { return nil }

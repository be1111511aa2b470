// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Of returns the answers of a store, or of the store it wraps; nil if it has no SQL
// database.
func Of(s store.Sink) *DB {
	if db := sqldb.Of(s); db != nil {
		return New(db)
	}
	return nil
}

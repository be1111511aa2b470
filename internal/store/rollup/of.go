// SPDX-License-Identifier: Apache-2.0

package rollup

import "github.com/kcidb-go/kcidb/internal/store"

// Keeper is a store that keeps roll-ups.
type Keeper interface {
	Rollups() *DB
}

// Of returns the roll-ups of a store, or of the store it wraps; nil if it keeps none.
func Of(s store.Sink) *DB {
	if k, ok := store.As[Keeper](s); ok {
		return k.Rollups()
	}
	return nil
}

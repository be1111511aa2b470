// SPDX-License-Identifier: Apache-2.0

package spool

import "github.com/kcidb-go/kcidb/internal/store"

// Keeper is a store with a spool.
type Keeper interface {
	Spool() *Spool
}

// Of returns the spool of a store, or of the store it wraps; nil if it has none.
func Of(s store.Sink) *Spool {
	if k, ok := store.As[Keeper](s); ok {
		return k.Spool()
	}
	return nil
}

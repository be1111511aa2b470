// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/spool"
)

var _ spool.Keeper = (*Store)(nil)

// Spool returns the database's spool. A database in memory has one connection,
// which a transaction of the spool has for itself.
func (s *Store) Spool() *spool.Spool {
	return &spool.Spool{
		Write: s.write, Read: s.read, Now: s.now,
		Failure: func(operation string, err error) error { return s.failure(context.Background(), operation, err) },
	}
}

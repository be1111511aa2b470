// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/spool"
)

var _ spool.Keeper = (*Store)(nil)

// Spool returns the database's spool, which uses the same connections.
func (s *Store) Spool() *spool.Spool {
	return &spool.Spool{
		Write: s.sql, Read: s.sql, Numbered: true, Now: time.Now,
		Failure: func(operation string, err error) error { return s.failure(context.Background(), operation, err) },
	}
}

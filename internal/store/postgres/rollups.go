// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

var _ rollup.Keeper = (*Store)(nil)

// Rollups returns the database's roll-ups. They are read on a replica, too.
func (s *Store) Rollups() *rollup.DB { return rollup.New(s.SQL()) }

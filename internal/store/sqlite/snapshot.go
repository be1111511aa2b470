// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// snapshot implements sqldb.Snapshot: a view with a temporary table of the identities of
// objects.
type snapshot struct {
	*view
	wanted wantedTable
	pages  *pages
}

func (c conn) Snapshot(ctx context.Context) (sqldb.Snapshot, error) {
	v, err := c.store.view(ctx)
	if err != nil {
		return nil, err
	}
	return &snapshot{view: v, wanted: c.store.newWanted()}, nil
}

// pagesInto returns what reads pages into sets. It keeps contents from list to list.
func (s *snapshot) pagesInto(sets *sqldb.Sets) *pages {
	if s.pages == nil {
		s.pages = newPages(s.view, sets)
	}
	return s.pages
}

// Close drops the table, because the connection of a database in memory stays open.
func (s *snapshot) Close() {
	s.do(context.Background(), s.wanted.drop)
	s.close()
}

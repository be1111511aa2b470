// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// snapshot implements sqldb.Snapshot: a view that is read by cursors.
type snapshot struct {
	*view
	pages *pages
}

func (c conn) Snapshot(ctx context.Context) (sqldb.Snapshot, error) {
	v, err := c.store.view(ctx)
	if err != nil {
		return nil, err
	}
	return &snapshot{view: v}, nil
}

func (s *snapshot) Close() { s.close() }

// pagesInto returns what reads pages into sets. It keeps contents from list to list.
func (s *snapshot) pagesInto(sets *sqldb.Sets) *pages {
	if s.pages == nil {
		s.pages = newPages(s.view, sets)
	}
	return s.pages
}

// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Runs notes where the tests are, by path and row number, and then reads them in pages.
func (s *snapshot) Runs(ctx context.Context, builds []string, after store.RunKey, rows sqldb.Rowset, sets *sqldb.Sets) error {
	n := notedRuns
	n.after = after
	return s.tests(ctx, builds, n, rows, sets)
}

// runsOfSQL selects the tests of a build in the order of the index by build and path.
const runsOfSQL = `SELECT rowid FROM tests WHERE build_id = ? ORDER BY path, rowid`

// runsBehindSQL selects the tests behind a test. Each test that it leaves out costs an
// entry of the index. NULL sorts before the empty path, and a key has the path "" for
// both. If the test was purged, its place among the tests of its path is unknown: all of
// them are read, because a test twice in a list is better than a test in no list.
const runsBehindSQL = `SELECT rowid FROM tests WHERE build_id = ?1 AND (path > ?2 OR coalesce(path, '') = ?2
	AND ((path IS NOT NULL, rowid) > (SELECT path IS NOT NULL, rowid FROM tests WHERE id = ?3)
		OR NOT EXISTS (SELECT 1 FROM tests WHERE id = ?3))) ORDER BY path, rowid`

// notedRuns notes the rowids of tests, which the index alone has.
var notedRuns = noted{
	columns: "at",
	of:      runsOfSQL,
	behind:  runsBehindSQL,
	tests:   "%s CROSS JOIN tests o ON o.rowid = at",
}

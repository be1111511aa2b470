// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/object"
)

// Runs returns the tests of builds as lists show them, by path and row number.
func (s *Store) Runs(ctx context.Context, builds []string, after store.RunKey) iter.Seq2[store.Run, error] {
	return func(yield func(store.Run, error) bool) {
		var next columns.Run
		runs := table{
			Table:    columns.Table{Columns: columns.Names(&next)},
			contents: []int{7, 8, 9},
			add: func(_ *object.Set, r *columns.Reader) error {
				next = columns.Run{}
				return r.Read(&next)
			},
		}
		noted := notedRuns
		noted.after = after
		if err := s.eachTest(ctx, builds, noted, &runs, func() bool { return yield(next.Run, nil) }); err != nil {
			yield(store.Run{}, s.failure(ctx, "runs", err))
		}
	}
}

// runsOfSQL selects the tests of a build in the order of the index by build and path.
const runsOfSQL = `SELECT rowid FROM tests WHERE build_id = ? ORDER BY path, rowid`

// runsBehindSQL selects those behind a test. A test that it leaves out costs an entry
// of the index. NULL comes before ”, and both are the path "" of a key.
const runsBehindSQL = `SELECT rowid FROM tests WHERE build_id = ?1 AND (path > ?2 OR coalesce(path, '') = ?2
	AND (path IS NOT NULL, rowid) > (SELECT path IS NOT NULL, rowid FROM tests WHERE id = ?3)) ORDER BY path, rowid`

// notedRuns are where the tests are, by the index alone.
var notedRuns = noted{
	columns: "at",
	of:      runsOfSQL,
	behind:  runsBehindSQL,
	tests:   "%s CROSS JOIN tests o ON o.rowid = at",
}

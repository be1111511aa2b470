// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Runs returns the tests of builds as lists show them.
func (s *Store) Runs(ctx context.Context, builds []string) iter.Seq2[store.Run, error] {
	return func(yield func(store.Run, error) bool) {
		var next store.Run
		runs := table{
			columns: []string{"id", "build_id", "origin", "path", "status", "start_time", "duration",
				"environment_compatible", "environment_misc", "log_url", "misc"},
			contents: []int{7, 8, 9},
			add:      func(_ *object.Set, v *values) { next = v.run() },
		}
		if err := s.eachTest(ctx, builds, notedRuns, &runs, func() bool { return yield(next, nil) }); err != nil {
			yield(store.Run{}, s.failure(ctx, "runs", err))
		}
	}
}

// notedRuns are where the tests are, by the index alone.
var notedRuns = noted{
	columns: "at",
	of:      "SELECT rowid FROM tests WHERE build_id = ? ORDER BY path, rowid",
	tests:   "%s CROSS JOIN tests o ON o.rowid = at",
}

func (v *values) run() store.Run {
	text := func() string {
		if s := v.text(); s != nil {
			return *s
		}
		return ""
	}
	return store.Run{
		ID: v.required(), BuildID: v.required(), Origin: v.required(), Path: text(), Status: report.Status(text()),
		Start: v.time(), Duration: v.float(), Compatible: v.texts(), EnvironmentMisc: v.raw(), LogURL: text(), Misc: v.raw(),
	}
}

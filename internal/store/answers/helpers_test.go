// SPDX-License-Identifier: Apache-2.0

package answers_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// database returns a database in memory with the objects of a report.
func database(t testing.TB, r *report.Report) *sqlite.Store {
	t.Helper()
	s := sqlite.OpenMemory("test")
	t.Cleanup(func() { s.Close() })
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	load(t, s, r)
	return s
}

// openedWith returns the answers of a report. A statement that scans a table fails the
// test.
func openedWith(t *testing.T, r *report.Report) *answers.DB {
	t.Helper()
	db := answers.New(database(t, r).SQL())
	watchPlans(db, func(query, step string) {
		// A scan of the parameters, of the subqueries p and newest, or of tree_heads, which
		// has a row for each branch of a repository, is fine.
		table, scan := strings.CutPrefix(step, "SCAN ")
		table, _, _ = strings.Cut(table, " ")
		if scan && !slices.Contains([]string{"json_each", "p", "newest", "tree_heads"}, table) {
			t.Errorf("%s: %s", query, step)
		}
	})
	return db
}

func load(t testing.TB, s *sqlite.Store, r *report.Report) {
	t.Helper()
	if _, err := s.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
		t.Fatal(err)
	}
}

// watchPlans makes db call f with each query of its views, and with each step of the plan
// that SQLite has for the query.
func watchPlans(db *answers.DB, f func(query, step string)) {
	db.Conn = storetest.WatchPlans(db.Conn, f)
}

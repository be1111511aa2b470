// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

func TestMigrationNames(t *testing.T) {
	ups, _ := fs.Glob(migrationFiles, "migrations/*.up.sql")
	all, _ := fs.Glob(migrationFiles, "migrations/*")
	if len(all) != 2*len(ups) {
		t.Errorf("%d files of %d migrations: each goes up and down", len(all), len(ups))
	}
	for i, name := range ups {
		if want := fmt.Sprintf("migrations/%04d_", i+1); !strings.HasPrefix(name, want) {
			t.Errorf("%s does not begin with %s", name, want)
		}
	}
}

// TestMigrations goes one schema down and up again from each, with tables that
// have something in them, and all the way down and up.
func TestMigrations(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "x.sqlite"))
	fresh(t, s)
	newest := shape(t, s)
	objects := loadSample(t, s, 3)
	for n := len(migrations()); n > 0; n-- {
		for _, m := range []struct {
			what string
			run  func(context.Context, *sql.Tx, int, int) error
			from int
			to   int
		}{{"down", migrateDown, n, n - 1}, {"up", migrateUp, n - 1, n}, {"down", migrateDown, n, n - 1}} {
			if err := s.transact(t.Context(), func(tx *sql.Tx) error { return m.run(t.Context(), tx, m.from, m.to) }); err != nil {
				t.Fatalf("migration %d %s: %v", n, m.what, err)
			}
			if n > 1 && m.what == "up" && n == len(migrations()) {
				if diff := cmp.Diff(objects, dumpAll(t, s)); diff != "" {
					t.Errorf("migration %d down and up changed the objects:\n%s", n, diff)
				}
			}
		}
	}
	if left := shape(t, s); len(left) > 0 {
		t.Errorf("at the bottom there still is %v", left)
	}
	fresh(t, s)
	if diff := cmp.Diff(newest, shape(t, s)); diff != "" {
		t.Errorf("another schema the second time:\n%s", diff)
	}
}

// TestColumns finds the columns of all properties in the newest schema.
func TestColumns(t *testing.T) {
	s := OpenMemory("columns")
	defer s.Close()
	fresh(t, s)
	for i := range tables {
		var names string
		err := s.read.QueryRowContext(t.Context(), "SELECT group_concat(name, ' ') FROM pragma_table_info(?)", tables[i].List).Scan(&names)
		if err != nil {
			t.Fatal(err)
		}
		for _, column := range tables[i].Columns {
			if !slices.Contains(strings.Fields(names), column) {
				t.Errorf("VisitFields in package report has the property %s of %s, and no migration in internal/store/sqlite/migrations adds the column",
					column, tables[i].List)
			}
		}
	}
}

// fresh makes the newest schema.
func fresh(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
}

// shape returns the statements that made the schema. The engine's own table of
// the numbers it gave away stays for good.
func shape(t *testing.T, s *Store) map[string]string {
	t.Helper()
	rows, err := s.read.QueryContext(t.Context(), "SELECT name, coalesce(sql, '') FROM sqlite_schema WHERE name <> 'sqlite_sequence'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := make(map[string]string)
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		all[name] = text
	}
	return all
}

// loadSample loads n builds with tests, and a receipt, and returns what a dump
// then has.
func loadSample(t testing.TB, s *Store, n int) *report.Report {
	t.Helper()
	for i := range n {
		receipt := store.Receipt{ID: fmt.Sprint(i), Received: time.Unix(1, 0), Finished: time.Unix(2, 0)}
		if _, err := s.Load(t.Context(), samples(i), store.LoadOptions{Receipts: []store.Receipt{receipt}}); err != nil {
			t.Fatal(err)
		}
	}
	return dumpAll(t, s)
}

// samples returns the ith build with its tests.
func samples(i int) *report.Report {
	id := fmt.Sprintf("a:%d", i)
	r := &report.Report{Builds: []report.Build{{ID: id, Origin: "a", CheckoutID: "a:1", LogExcerpt: &id}}}
	for j := range 20 {
		long := strings.Repeat(fmt.Sprintf("line %d of test %d\n", j, i), 20)
		r.Tests = append(r.Tests, report.Test{ID: fmt.Sprintf("%s.%d", id, j), Origin: "a", BuildID: id, LogExcerpt: &long})
	}
	return r
}

func dumpAll(t testing.TB, s *Store) *report.Report {
	t.Helper()
	all := &report.Report{}
	for r, err := range s.Dump(t.Context(), store.DumpOptions{Metadata: true}) {
		if err != nil {
			t.Fatal(err)
		}
		all.Append(r)
	}
	return all
}

// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
)

func TestMigrationNames(t *testing.T) {
	t.Parallel()
	names := func(files fs.FS) (all []string) {
		ups, _ := fs.Glob(files, "migrations/*.up.sql")
		both, _ := fs.Glob(files, "migrations/*")
		if len(both) != 2*len(ups) {
			t.Errorf("%d files of %d migrations: each goes up and down", len(both), len(ups))
		}
		for i, name := range ups {
			if want := fmt.Sprintf("migrations/%04d_", i+1); !strings.HasPrefix(name, want) {
				t.Errorf("%s does not begin with %s", name, want)
			}
			all = append(all, path.Base(name))
		}
		return all
	}
	// A schema has the same number in all dialects.
	if diff := cmp.Diff(names(os.DirFS("../sqlite")), names(migrationFiles)); diff != "" {
		t.Errorf("SQLite's migrations and ours differ:\n%s", diff)
	}
}

func TestSplitSteps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []step
	}{
		"nothing":       {"", nil},
		"comments":      {"-- one\n\n  -- two\n", nil},
		"one":           {"-- one\nSELECT 1;\n", []step{{together, "-- one\nSELECT 1;\n"}}},
		"without end":   {"SELECT 1", []step{{together, "SELECT 1"}}},
		"another kind":  {"-- one\n-- step: alone\nSELECT 1;\n", []step{{alone, "SELECT 1;\n"}}},
		"all kinds":     {"A;\n-- step: batches\nB;\n-- step: together\nC;\nD;\n-- step: alone\nE;\n", []step{{together, "A;\n"}, {batches, "B;\n"}, {together, "C;\nD;\n"}, {alone, "E;\n"}}},
		"empty steps":   {"-- step: alone\n-- step: batches\n\nA;\n-- step: alone\n-- the end\n", []step{{batches, "\nA;\n"}}},
		"within a line": {"A; -- step: alone\nB;\n", []step{{together, "A; -- step: alone\nB;\n"}}},
		"unknown kind":  {"A;\n-- step: slowly\nB;\n", []step{{together, "A;\n-- step: slowly\nB;\n"}}},
	} {
		if diff := cmp.Diff(c.want, splitSteps(c.text), cmp.AllowUnexported(step{})); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	for _, m := range migrations() {
		for _, s := range slices.Concat(m.up, m.down) {
			if strings.Contains(s.sql, "-- step:") {
				t.Errorf("%s has a step of an unknown kind:\n%s", m.name, s.sql)
			}
			if n := strings.Count(s.sql, ";"); s.kind != together && n != 1 {
				t.Errorf("%s has %d statements in a step of one:\n%s", m.name, n, s.sql)
			}
		}
	}
}

// TestMigrations goes one schema down and up again from each, with tables that
// have something in them, and all the way down and up.
func TestMigrations(t *testing.T) {
	t.Parallel()
	s, _ := initialized(t, pgtest.Shared(t))
	newest := shape(t, s)
	objects := loadSamples(t, s, 3)
	shapes := map[int][]string{}
	for n := len(migrations()); n > 0; n-- {
		shapes[n] = shape(t, s)
		for _, down := range []bool{true, false, true} {
			err := s.migrating(t.Context(), func(m *migrator) error {
				if down {
					return m.undo(t.Context(), n, len(migrations()[n-1].up))
				}
				return m.migrate(t.Context(), n)
			})
			if err != nil {
				t.Fatalf("migration %d, down %t: %v", n, down, err)
			}
			if down {
				continue
			}
			if diff := cmp.Diff(shapes[n], shape(t, s)); diff != "" {
				t.Errorf("migration %d down and up makes another schema:\n%s", n, diff)
			}
			if n == len(migrations()) {
				if diff := cmp.Diff(objects, dumpAll(t, s)); diff != "" {
					t.Errorf("migration %d down and up changed the objects:\n%s", n, diff)
				}
			}
		}
	}
	left := slices.DeleteFunc(shape(t, s), func(what string) bool { return strings.Contains(what, "kcidb_migrations") })
	if len(left) > 0 {
		t.Errorf("at the bottom there still is %v", left)
	}
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(newest, shape(t, s)); diff != "" {
		t.Errorf("another schema the second time:\n%s", diff)
	}
}

// withMigration returns all migrations and one more, by the text of its up file.
func withMigration(t *testing.T, up string) []migration {
	t.Helper()
	files := fstest.MapFS{}
	for _, pattern := range []string{"migrations/*.up.sql", "migrations/*.down.sql"} {
		names, _ := fs.Glob(migrationFiles, pattern)
		for _, name := range names {
			text, err := fs.ReadFile(migrationFiles, name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: text}
		}
	}
	next := fmt.Sprintf("migrations/%04d_next", len(migrations())+1)
	files[next+".up.sql"] = &fstest.MapFile{Data: []byte(up)}
	files[next+".down.sql"] = &fstest.MapFile{Data: []byte(`
-- step: alone
DROP INDEX CONCURRENTLY IF EXISTS test_rows_grade;
-- step: together
DROP TABLE IF EXISTS grades, done;
ALTER TABLE test_rows DROP COLUMN IF EXISTS grade;
`)}
	return readMigrations(files)
}

func initialize(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
}

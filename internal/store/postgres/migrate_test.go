// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/report"
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
	for _, m := range migrations {
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
	for n := len(migrations); n > 0; n-- {
		shapes[n] = shape(t, s)
		for _, down := range []bool{true, false, true} {
			err := s.migrating(t.Context(), func(m *migrator) error {
				if down {
					return m.undo(t.Context(), n, len(migrations[n-1].up))
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
			if n == len(migrations) {
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
	next := fmt.Sprintf("migrations/%04d_next", len(migrations)+1)
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

// The steps of a migration that adds a column to a filled table. The table done
// counts how often each step was done.
const (
	addColumn = `
CREATE TABLE done (step text);
ALTER TABLE test_rows ADD grade integer;
INSERT INTO done VALUES ('add');
`
	fillColumn = `
-- step: batches
UPDATE test_rows SET grade = length(id) WHERE ctid = ANY (ARRAY(SELECT ctid FROM test_rows WHERE grade IS NULL LIMIT 25));
`
	indexColumn = `
-- step: alone
CREATE INDEX CONCURRENTLY IF NOT EXISTS test_rows_grade ON test_rows (grade);
`
	lastStep = `
-- step: together
CREATE TABLE grades AS SELECT DISTINCT grade FROM test_rows;
INSERT INTO done VALUES ('last');
`
)

// filled returns a database of the schema before the one that up leads to, with
// 60 tests, and the store that knows the newer one.
func filled(t *testing.T, up string) (older, newer *Store, spec string) {
	t.Helper()
	older, spec = initialized(t, pgtest.Shared(t))
	loadSamples(t, older, 3)
	newer = open(t, spec)
	newer.migrations = withMigration(t, up)
	return older, newer, spec
}

// TestSteps does a migration with steps of all kinds on a filled table, and reports
// its progress.
func TestSteps(t *testing.T) {
	t.Parallel()
	older, newer, _ := filled(t, addColumn+fillColumn+indexColumn+lastStep)
	objects := dumpAll(t, older)
	var told []string
	err := newer.Upgrade(t.Context(), store.Version{}, func(what string, done, total int64) {
		told = append(told, fmt.Sprintf("%s %d/%d", what, done, total))
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"steps done 0/4", "steps done 1/4", "rows changed 25/0", "rows changed 50/0", "rows changed 60/0", "steps done 2/4", "steps done 3/4",
		"steps done 4/4",
	}
	for i := range want {
		want[i] = fmt.Sprintf("%04d_next, %s", len(migrations)+1, want[i])
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	expectStepsDone(t, newer)
	if diff := cmp.Diff(objects, dumpAll(t, newer)); diff != "" {
		t.Errorf("the objects changed:\n%s", diff)
	}
	_, err = older.Load(t.Context(), sample(9), store.LoadOptions{})
	expectError(t, older, err, store.ErrNewSchema, "install a newer kcidb")
	// All the way down again.
	if err := newer.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := shape(t, newer); len(left) > 0 {
		t.Errorf("after Cleanup there still is %v", left)
	}
}

// expectStepsDone fails the test unless each step was done, and once.
func expectStepsDone(t *testing.T, s *Store) {
	t.Helper()
	if done := value[string](t, s.pool, "SELECT coalesce(string_agg(step, ' ' ORDER BY step), '') FROM done"); done != "add last" {
		t.Errorf("done: %s", done)
	}
	if n := value[int](t, s.pool, "SELECT count(*) FROM test_rows WHERE grade IS DISTINCT FROM length(id)"); n != 0 {
		t.Errorf("%d rows are without a grade", n)
	}
	if !value[bool](t, s.pool, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'test_rows_grade'::regclass") {
		t.Error("the index is not valid")
	}
	if _, current, err := s.Schemas(t.Context()); err != nil || current != len(s.migrations)-1 {
		t.Errorf("schema %d, %v", current, err)
	}
}

// TestInterrupted interrupts an upgrade at each step, by its context and by the
// loss of its connection. The older schema is there until it goes on, from where
// it was, or is cleaned up.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	moments := []string{"steps done 2/4", "rows changed 25/0", "steps done 0/4", "steps done 1/4", "steps done 3/4", "steps done 4/4"}
	if testing.Short() {
		moments = moments[:2]
	}
	for _, at := range moments {
		for _, how := range []string{"cancelled", "terminated"} {
			t.Run(how+" at "+strings.ReplaceAll(at, "/", " of "), func(t *testing.T) {
				t.Parallel()
				older, newer, _ := filled(t, addColumn+fillColumn+indexColumn+lastStep)
				objects := dumpAll(t, older)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				want := error(context.Canceled)
				err := newer.Upgrade(ctx, store.Version{}, func(what string, done, total int64) {
					switch {
					case !strings.HasSuffix(fmt.Sprintf("%s %d/%d", what, done, total), at):
					case how == "cancelled":
						cancel()
					default:
						want = store.ErrUnavailable
						if n := terminateMigrator(t, older); n != 1 {
							t.Errorf("%d connections migrate", n)
						}
					}
				})
				expectError(t, newer, err, want)
				// Programs that know the older schema go on.
				if diff := cmp.Diff(objects, dumpAll(t, older)); diff != "" {
					t.Errorf("the objects changed:\n%s", diff)
				}
				if _, err := older.Load(t.Context(), sample(0), store.LoadOptions{}); err != nil {
					t.Error(err)
				}
				err = firstError(newer.Dump(t.Context(), store.DumpOptions{}))
				expectError(t, newer, err, store.ErrOldSchema, "run kcidb db upgrade -d 'postgresql:host=")
				expectError(t, newer, newer.Init(t.Context(), store.Version{}), store.ErrInitialized)
				if err := newer.Upgrade(t.Context(), store.Version{}, nil); err != nil {
					t.Fatal(err)
				}
				expectStepsDone(t, newer)
			})
		}
	}
}

// terminateMigrator ends the connection that migrates, and returns how many
// there were. Its server process may take a moment to end.
func terminateMigrator(t *testing.T, s *Store) (n int) {
	t.Helper()
	const who = " FROM pg_stat_activity WHERE pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
	n = value[int](t, s.pool, "SELECT count(pg_terminate_backend(pid))"+who)
	eventually.True(t, "the end of the one who migrates", func() bool { return value[int](t, s.pool, "SELECT count(*)"+who) == 0 })
	return n
}

// TestInvalidIndex finds the index that an interrupted upgrade could not finish,
// drops it, and makes it again.
func TestInvalidIndex(t *testing.T) {
	t.Parallel()
	older, newer, _ := filled(t, addColumn+fillColumn+indexColumn+lastStep)
	// The migration waits for a transaction that has changed the table.
	tx, err := older.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var upgrading sync.WaitGroup
	upgrading.Go(func() {
		err := newer.Upgrade(ctx, store.Version{}, func(what string, done, total int64) {
			if done == 2 && total == 4 {
				if _, err := tx.Exec(t.Context(), "UPDATE test_rows SET comment = 'x' WHERE id = 'a:1.1'"); err != nil {
					t.Error(err)
				}
			}
		})
		expectError(t, newer, err, context.Canceled)
	})
	const state = "SELECT coalesce((SELECT indisvalid::text FROM pg_index WHERE indexrelid = to_regclass('test_rows_grade')), 'absent')"
	eventually.True(t, "an index that is not valid", func() bool { return value[string](t, older.pool, state) == "false" })
	cancel()
	upgrading.Wait()
	// The server hears of it a moment later.
	eventually.True(t, "the end of the one who migrated", func() bool {
		return value[int](t, older.pool, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND state = 'active' AND datname = current_database()") == 0
	})
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := value[string](t, older.pool, state); got != "false" {
		t.Fatalf("the index is %s", got)
	}
	if err := newer.Upgrade(t.Context(), store.Version{}, nil); err != nil {
		t.Fatal(err)
	}
	expectStepsDone(t, newer)
}

// TestBoth has two upgrade, and two make the schema, at the same moment.
func TestBoth(t *testing.T) {
	t.Parallel()
	both := func(one, other *Store, f func(*Store) error) (errs []error) {
		errs = make([]error, 2)
		var group sync.WaitGroup
		for i, s := range []*Store{one, other} {
			group.Go(func() { errs[i] = f(s) })
		}
		group.Wait()
		return errs
	}
	t.Run("upgrade", func(t *testing.T) {
		t.Parallel()
		_, newer, spec := filled(t, addColumn+fillColumn+indexColumn+lastStep)
		other := open(t, spec)
		other.migrations = newer.migrations
		for i, err := range both(newer, other, func(s *Store) error { return s.Upgrade(t.Context(), store.Version{}, nil) }) {
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		}
		expectStepsDone(t, newer)
	})
	t.Run("init", func(t *testing.T) {
		t.Parallel()
		spec := pgtest.Database(t)
		one := open(t, spec)
		errs := both(one, open(t, spec), func(s *Store) error { return s.Init(t.Context(), store.Version{}) })
		made := slices.Index(errs, nil)
		if made < 0 {
			t.Fatal(errs)
		}
		expectError(t, one, errs[1-made], store.ErrInitialized)
		loadSamples(t, one, 1)
	})
	t.Run("cleanup", func(t *testing.T) {
		t.Parallel()
		one, spec := initialized(t, pgtest.Shared(t))
		errs := both(one, open(t, spec), func(s *Store) error { return s.Cleanup(t.Context()) })
		gone := slices.Index(errs, nil)
		if gone < 0 {
			t.Fatal(errs)
		}
		expectError(t, one, errs[1-gone], store.ErrNotInitialized)
	})
}

// TestUpgradeBeside loads and reads by a program that knows the older schema,
// while a newer program upgrades it.
func TestUpgradeBeside(t *testing.T) {
	t.Parallel()
	older, newer, _ := filled(t, "ALTER TABLE test_rows ADD grade integer;"+fillColumn+indexColumn)
	var loading sync.WaitGroup
	var loaded, read int
	stop := make(chan struct{})
	loading.Go(func() {
		for i := 100; ; i++ {
			_, err := older.Load(t.Context(), sample(i), receipted(i))
			if err == nil {
				loaded++
				err = firstError(older.Query(t.Context(), store.Query{Builds: []string{fmt.Sprintf("a:%d", i)}, Children: true}))
			}
			switch {
			case err == nil:
				read++
			case errors.Is(err, store.ErrNewSchema):
				return
			default:
				t.Error(err)
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	steps := map[string]int{} // how much was loaded by then
	err := newer.Upgrade(t.Context(), store.Version{}, func(what string, done, total int64) {
		// At each step another process loads.
		if total > 0 && done < total {
			from := value[int](t, newer.pool, "SELECT count(*) FROM receipts")
			eventually.True(t, "a load beside the upgrade", func() bool { return value[int](t, newer.pool, "SELECT count(*) FROM receipts") > from })
			steps[fmt.Sprint(done)] = from
		}
	})
	if err != nil {
		close(stop)
		t.Fatal(err)
	}
	loading.Wait() // until it gets an error about the newer schema
	if len(steps) != 3 || loaded < 3 || read < loaded-1 {
		t.Errorf("%d loads, of which %d were read, in the steps %v", loaded, read, slices.Sorted(maps.Keys(steps)))
	}
	tests := map[string]int{}
	for _, test := range dumpAll(t, newer).Tests {
		tests[test.BuildID]++
	}
	for id, n := range tests {
		if n != samples {
			t.Errorf("%s has %d tests", id, n)
		}
	}
	if len(tests) != 3+loaded {
		t.Errorf("%d builds, want %d", len(tests), 3+loaded)
	}
}

// TestCleanupHalf cleans up, or makes, what was half upgraded, half made or half
// removed.
func TestCleanupHalf(t *testing.T) {
	t.Parallel()
	upgradeHalf := func(t *testing.T, s *Store) {
		s.migrations = withMigration(t, addColumn+fillColumn+indexColumn+lastStep)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := s.Upgrade(ctx, store.Version{}, func(what string, done, total int64) {
			if done == 2 && total == 4 {
				cancel()
			}
		})
		expectError(t, s, err, context.Canceled)
	}
	for name, c := range map[string]struct {
		before  func(t *testing.T, s *Store)
		reports error // of all methods that need a schema
	}{
		"upgraded": {func(t *testing.T, s *Store) {
			initialize(t, s)
			upgradeHalf(t, s)
		}, nil},
		"made, nothing of it": {func(t *testing.T, s *Store) {
			// The ledger is there, and what follows fails.
			broken := slices.Clone(s.migrations)
			broken[0].up = []step{{together, "SELECT 1/0"}}
			s.migrations = broken
			if err := s.Init(t.Context(), store.Version{}); err == nil || !strings.Contains(err.Error(), "init: migration 0001_objects: step 1: division by zero") {
				t.Errorf("Init: %v", err)
			}
			s.migrations = migrations
		}, store.ErrNotInitialized},
		"made, the first of it": {func(t *testing.T, s *Store) {
			broken := slices.Clone(s.migrations)
			broken[0].up = append(slices.Clip(broken[0].up), step{alone, "SELECT 1/0"})
			s.migrations = broken
			if err := s.Init(t.Context(), store.Version{}); err == nil {
				t.Error("Init came to its end")
			}
			s.migrations = migrations
		}, store.ErrNotInitialized},
		"removed, the last of it": {func(t *testing.T, s *Store) {
			initialize(t, s)
			broken := slices.Clone(s.migrations)
			reading := &broken[2] // which has steps enough
			reading.down = slices.Clone(reading.down)
			reading.down[2].sql = "SELECT 1/0"
			s.migrations = broken
			if err := s.Cleanup(t.Context()); err == nil || !strings.Contains(err.Error(), "step 3: division by zero") {
				t.Errorf("Cleanup: %v", err)
			}
			s.migrations = migrations
		}, store.ErrNotInitialized},
		"removed, but the first of it": {func(t *testing.T, s *Store) {
			initialize(t, s)
			broken := slices.Clone(s.migrations)
			broken[0].down = []step{{together, "SELECT 1/0"}}
			s.migrations = broken
			if err := s.Cleanup(t.Context()); err == nil {
				t.Error("Cleanup came to its end")
			}
			s.migrations = migrations
		}, store.ErrNotInitialized},
		"removed, but the ledger": {func(t *testing.T, s *Store) {
			initialize(t, s)
			if err := s.migrating(t.Context(), func(m *migrator) error { return m.down(t.Context()) }); err != nil {
				t.Fatal(err)
			}
		}, store.ErrNotInitialized},
	} {
		for _, then := range []string{"cleanup", "init"} {
			t.Run(name+", "+then, func(t *testing.T) {
				t.Parallel()
				spec := pgtest.Database(t)
				s := open(t, spec)
				c.before(t, s)
				if c.reports != nil {
					expectError(t, s, s.Upgrade(t.Context(), store.Version{}, nil), c.reports)
					_, err := s.Load(t.Context(), &report.Report{}, store.LoadOptions{})
					expectError(t, s, err, c.reports)
					if is, err := s.Initialized(t.Context()); is || err != nil {
						t.Errorf("Initialized: %t, %v", is, err)
					}
				}
				if then == "cleanup" || c.reports == nil {
					err := s.Cleanup(t.Context())
					if name == "removed, but the ledger" {
						expectError(t, s, err, store.ErrNotInitialized)
					} else if err != nil {
						t.Fatal(err)
					} else if left := shape(t, s); len(left) > 0 {
						t.Errorf("after Cleanup there still is %v", left)
					}
				}
				initialize(t, s)
				loadSamples(t, s, 1)
			})
		}
	}
}

func initialize(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
}

// TestMigrateWaits waits for another who migrates, until it is cancelled.
func TestMigrateWaits(t *testing.T) {
	t.Parallel()
	s, _ := initialized(t, pgtest.Shared(t))
	err := s.pool.AcquireFunc(t.Context(), func(conn *pgxpool.Conn) error {
		if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		expectError(t, s, s.Upgrade(ctx, store.Version{}, nil), context.DeadlineExceeded)
		_, err := conn.Exec(t.Context(), "SELECT pg_advisory_unlock($1)", migrationLock)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Upgrade(t.Context(), store.Version{}, nil); err != nil {
		t.Error(err)
	}
}

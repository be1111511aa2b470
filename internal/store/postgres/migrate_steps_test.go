// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

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
		want[i] = fmt.Sprintf("%04d_next, %s", len(migrations())+1, want[i])
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

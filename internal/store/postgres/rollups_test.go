// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/report"
)

// expectNoDeadlock fails the test if the server found a deadlock. Other
// connections than those of s must be closed.
func expectNoDeadlock(t *testing.T, s *Store) {
	t.Helper()
	s.pool.Reset()
	// Statistics of a connection are visible to others once the connection has ended.
	eventually.True(t, "the end of the connections", func() bool {
		return value[int](t, s.pool, "SELECT numbackends FROM pg_stat_database WHERE datname = current_database()") == 1
	})
	if n := value[int](t, s.pool, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"); n != 0 {
		t.Errorf("%d deadlocks", n)
	}
}

// loadRandom loads reports of a small world from several sides, until stop is
// closed or each has loaded so many, and returns when all have ended.
func loadRandom(t *testing.T, spec string, seed uint64, sides, loads int, stop <-chan struct{}) {
	var group sync.WaitGroup
	for side := range sides {
		s := open(t, spec)
		random := rand.New(rand.NewPCG(seed, uint64(side)))
		group.Go(func() {
			defer s.Close()
			for range loads {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := s.Load(t.Context(), storetest.Random(random, 1+random.IntN(30)), store.LoadOptions{Metadata: true}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// TestRollupsBeside loads the same objects, changed and moved, from several sides,
// and purges meanwhile. Everything is counted, without a deadlock.
func TestRollupsBeside(t *testing.T) {
	t.Parallel()
	rounds, loads := 4, 40
	if testing.Short() {
		rounds, loads = 1, 15
	}
	seed := rand.Uint64()
	t.Logf("the seed is %d", seed)
	s, spec := initialized(t, pgtest.Shared(t))
	for round := range uint64(rounds) {
		stop := make(chan struct{})
		var purging sync.WaitGroup
		purging.Go(func() {
			random := rand.New(rand.NewPCG(seed, round))
			for {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
				before := time.Date(2025, 7, 1, 12, 0, random.IntN(40), 0, time.UTC) // storetest.Random has these times
				if err := s.Purge(t.Context(), store.PurgeOptions{Before: before, KeepIncidents: random.IntN(2) == 0}); err != nil {
					t.Error(err)
				}
			}
		})
		loadRandom(t, spec, seed+round, 3, loads, nil)
		close(stop)
		purging.Wait()
		storetest.VerifyRollups(t, s)
		if t.Failed() {
			return
		}
	}
	expectNoDeadlock(t, s)
}

// TestRollupsPassing has two load at the same time what belongs together, neither of
// which sees what the other does: both wait, with all objects merged, for who
// counts alone.
func TestRollupsPassing(t *testing.T) {
	t.Parallel()
	s, spec := initialized(t, pgtest.Shared(t))
	other := open(t, spec)
	at := func(n int) *time.Time { return new(time.Date(2025, 7, 1+n, 0, 0, 0, 0, time.UTC)) }
	test := func(build string, status report.Status) *report.Report {
		return &report.Report{Tests: []report.Test{{ID: "a:t", Origin: "a", BuildID: build, Path: new("boot"), Status: &status, StartTime: at(1)}}}
	}
	later := func(r *report.Report) *report.Report {
		r.Tests[0].StartTime = new(r.Tests[0].StartTime.Add(time.Hour))
		return r
	}
	build := func(checkout string, status report.Status) *report.Report {
		return &report.Report{Builds: []report.Build{{ID: "a:b", Origin: "a", CheckoutID: checkout, Status: &status, StartTime: at(2)}}}
	}
	checkout := func(id, tree string, start *time.Time) *report.Report {
		return &report.Report{Checkouts: []report.Checkout{{ID: id, Origin: "a", TreeName: &tree, StartTime: start}}}
	}
	incident := func(issue string, of func(*report.Incident)) *report.Report {
		i := report.Incident{ID: "a:n", Origin: "a", IssueID: issue, Present: new(true)}
		of(&i)
		return &report.Report{Incidents: []report.Incident{i}}
	}
	ofTest := func(i *report.Incident) { i.TestID = new("a:t") }
	ofBuild := func(i *report.Incident) { i.BuildID = new("a:b") }
	ofBoth := func(i *report.Incident) { ofTest(i); ofBuild(i) }
	all := func(reports ...*report.Report) *report.Report {
		r := &report.Report{}
		for _, one := range reports {
			r.Append(one)
		}
		return r
	}
	for name, c := range map[string]struct{ before, one, other *report.Report }{
		"a build and its tests":                  {nil, build("a:c", "PASS"), test("a:b", "PASS")},
		"a build that moves and its tests":       {all(build("a:c", "PASS"), test("a:b", "PASS")), build("a:d", "FAIL"), test("a:b", "FAIL")},
		"a test and its incident":                {nil, test("a:b", "FAIL"), incident("a:i", ofTest)},
		"a build and its incident":               {nil, build("a:c", "FAIL"), incident("a:i", ofBuild)},
		"a test that changes and its incident":   {test("a:b", "PASS"), test("a:b", "FAIL"), incident("a:i", ofTest)},
		"a test that starts later, its incident": {later(test("a:b", "PASS")), test("a:b", "PASS"), incident("a:i", ofTest)},
		"a test that moves and its incident":     {test("a:b", "PASS"), test("a:b2", "FAIL"), incident("a:i", ofTest)},
		"a build that changes and its incident":  {build("a:c", "PASS"), build("a:c", "FAIL"), incident("a:i", ofBuild)},
		"a test and a build of an incident":      {incident("a:i", ofBoth), test("a:b2", "FAIL"), build("a:c", "FAIL")},
		"a test and an incident of another":      {all(test("a:b", "PASS"), incident("a:i", ofTest)), test("a:b", "FAIL"), incident("a:j", ofBuild)},
		"a test and a build that both change":    {all(test("a:b2", "PASS"), build("a:c", "PASS"), incident("a:i", ofBoth)), test("a:b2", "FAIL"), build("a:c", "FAIL")},
		"a test, and an incident that is moved":  {all(test("a:b", "PASS"), incident("a:i", ofTest)), test("a:b", "FAIL"), incident("a:j", ofTest)},
		"two heads of a tree":                    {nil, checkout("a:c", "x", at(1)), checkout("a:d", "x", at(2))},
		"a head that leaves its tree and a head": {checkout("a:c", "x", at(3)), checkout("a:c", "y", at(3)), checkout("a:d", "x", at(2))},
	} {
		for _, late := range []bool{false, true} {
			if err := s.Empty(t.Context()); err != nil {
				t.Fatal(err)
			}
			if c.before != nil {
				if _, err := s.Load(t.Context(), c.before, store.LoadOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			one, another := c.one, c.other
			if late {
				one, another = another, one
			}
			loadPassing(t, s, other, one, another)
			storetest.VerifyRollups(t, s)
			if t.Failed() {
				t.Fatalf("%s, in the other order: %t", name, late)
			}
		}
	}
	other.Close()
	expectNoDeadlock(t, s)
}

// loadPassing loads two reports with two stores. Both have merged their objects; the second
// begins to count when it waits behind the first.
func loadPassing(t *testing.T, s, other *Store, one, another *report.Report) {
	t.Helper()
	waiting := func() int {
		return value[int](t, s.pool, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 5 AND NOT granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	}
	var loading sync.WaitGroup
	err := s.pool.AcquireFunc(t.Context(), func(conn *pgxpool.Conn) error {
		if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_lock($1)", lockKeys+int64(sqldb.CountsLock)); err != nil {
			return err
		}
		for i, load := range []struct {
			*Store
			*report.Report
		}{{s, one}, {other, another}} {
			loading.Go(func() {
				if _, err := load.Load(t.Context(), load.Report, store.LoadOptions{}); err != nil {
					t.Error(err)
				}
			})
			eventually.True(t, "a load that waits to count", func() bool { return waiting() == i+1 })
		}
		_, err := conn.Exec(t.Context(), "SELECT pg_advisory_unlock($1)", lockKeys+int64(sqldb.CountsLock))
		return err
	})
	if err != nil {
		t.Error(err)
	}
	loading.Wait()
}

// TestRebuildBeside rebuilds the roll-ups during loads, after interruptions at
// several moments.
func TestRebuildBeside(t *testing.T) {
	t.Parallel()
	s, spec := initialized(t, pgtest.Shared(t))
	loadRandom(t, spec, 1, 2, 15, nil)
	if _, err := s.pool.Exec(t.Context(), "UPDATE rollups SET complete = 0; TRUNCATE "+strings.Join(rollup.Tables, ", ")); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var loading sync.WaitGroup
	loading.Go(func() { loadRandom(t, spec, 2, 2, 1000, stop) })
	for _, moment := range []int{1, 3, 6} {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		err := rollup.New(s.SQL()).Rebuild(ctx, func(string, int64, int64) {
			if n++; n == moment {
				cancel()
			}
		})
		cancel()
		expectError(t, s, err, context.Canceled)
		if complete, err := rollup.New(s.SQL()).Complete(t.Context()); complete || err != nil {
			t.Errorf("%t, %v", complete, err)
		}
	}
	// A lost connection is replaced.
	terminated := false
	err := rollup.New(s.SQL()).Rebuild(t.Context(), func(what string, _, _ int64) {
		if !terminated {
			terminated = true
			s.pool.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		}
	})
	close(stop)
	loading.Wait()
	if err != nil {
		t.Fatal(err)
	}
	storetest.VerifyRollups(t, s)
	if complete, err := rollup.New(s.SQL()).Complete(t.Context()); !complete || err != nil {
		t.Errorf("%t, %v", complete, err)
	}
}

// uncounting initializes a database as a program did that knew no roll-ups, and
// returns its store. The columns that this program loads exist already: later migrations
// add them IF NOT EXISTS.
func uncounting(t *testing.T, spec string) *Store {
	t.Helper()
	s := open(t, spec)
	s.migrations, s.uncounted = migrations()[:rolledUpSchema-1], true
	initialize(t, s)
	for _, m := range migrations()[rolledUpSchema-1:] {
		for _, step := range m.up {
			run(t, spec, addedColumn.FindAllString(step.sql, -1)...)
		}
	}
	return s
}

// addedColumn matches a statement that adds a column to a table of objects.
var addedColumn = regexp.MustCompile(`(?m)^ALTER TABLE (checkouts|builds|test_rows|issues|incidents) ADD COLUMN IF NOT EXISTS [^;]*;`)

// TestRollupsUpgraded counts what an older program loaded, until the upgrade and
// while it goes on.
func TestRollupsUpgraded(t *testing.T) {
	t.Parallel()
	spec := pgtest.Database(t)
	older := uncounting(t, spec)
	random := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		if _, err := older.Load(t.Context(), storetest.Random(random, 20), store.LoadOptions{Metadata: true}); err != nil {
			t.Fatal(err)
		}
	}
	var loading sync.WaitGroup
	loading.Go(func() {
		for {
			_, err := older.Load(t.Context(), storetest.Random(random, 20), store.LoadOptions{Metadata: true})
			if errors.Is(err, store.ErrNewSchema) {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	// The first is interrupted when it has the schema, and not the roll-ups.
	newer := open(t, spec)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := newer.Upgrade(ctx, store.Version{}, func(what string, _, _ int64) {
		if what == "checkouts counted" {
			cancel()
		}
	})
	expectError(t, newer, err, context.Canceled)
	loading.Wait()
	loadRandom(t, spec, 3, 1, 5, nil)
	var told []string
	err = newer.Upgrade(t.Context(), store.Version{}, func(what string, done, total int64) { told = append(told, what) })
	if err != nil || !slices.Contains(told, "builds counted") {
		t.Fatalf("%v, told of %q", err, told)
	}
	storetest.VerifyRollups(t, newer)
	told = nil
	err = newer.Upgrade(t.Context(), store.Version{}, func(what string, done, total int64) { told = append(told, what) })
	if err != nil || len(told) > 0 {
		t.Errorf("once it is done: %v, told of %q", err, told)
	}
}

// TestRollupsEnded has a caller run out of time, which is not the server's fault.
func TestRollupsEnded(t *testing.T) {
	t.Parallel()
	s, _ := initialized(t, pgtest.Shared(t))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	wait := func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, "SELECT pg_sleep(60)")
		return err
	}
	for name, err := range map[string]error{
		"view":   s.SQL().View(ctx, wait),
		"update": s.SQL().Update(ctx, wait),
		"verify": rollup.New(s.SQL()).Verify(ctx, rollup.VerifyOptions{}, func(rollup.Difference) {}),
	} {
		if err := s.SQL().Failure(ctx, name, err); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Without a deadline of the caller, the server is slow.
	err := giveUpEarly(s, 100*time.Millisecond, 0).SQL().View(t.Context(), wait)
	expectError(t, s, s.SQL().Failure(t.Context(), "view", err), store.ErrUnavailable, "does not answer")
}

// TestRollupsInterrupted interrupts the migration at each step. It then
// continues the migration, or removes the schema.
func TestRollupsInterrupted(t *testing.T) {
	t.Parallel()
	for n := range migrations()[4].up {
		for _, then := range []string{"upgrade", "cleanup"} {
			t.Run(fmt.Sprintf("%s after step %d", then, n), func(t *testing.T) {
				t.Parallel()
				spec := pgtest.Database(t)
				older, newer := uncounting(t, spec), open(t, spec)
				objects := loadSamples(t, older, 2)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				err := newer.Upgrade(ctx, store.Version{}, func(what string, done, _ int64) {
					if strings.HasPrefix(what, migrations()[4].name) && int(done) == n {
						cancel()
					}
				})
				expectError(t, newer, err, context.Canceled)
				if diff := cmp.Diff(objects, dumpAll(t, older)); diff != "" {
					t.Errorf("the objects changed:\n%s", diff)
				}
				if then == "cleanup" {
					if err := newer.Cleanup(t.Context()); err != nil {
						t.Fatal(err)
					}
					if left := shape(t, newer); len(left) > 0 {
						t.Errorf("after Cleanup there still is %v", left)
					}
					return
				}
				if err := newer.Upgrade(t.Context(), store.Version{}, nil); err != nil {
					t.Fatal(err)
				}
				storetest.VerifyRollups(t, newer)
			})
		}
	}
}

// TestRollupsAlike loads the same into a SQLite database and expects the same rows
// in all tables.
func TestRollupsAlike(t *testing.T) {
	t.Parallel()
	s, _ := initialized(t, pgtest.Shared(t))
	other := sqlite.OpenMemory("sqlite")
	defer other.Close()
	if err := other.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	loads := 200
	if testing.Short() {
		loads = 60
	}
	reports := slices.Collect(storebench.Generated(loads*5, 1))
	random := rand.New(rand.NewPCG(7, 7))
	for range loads {
		reports = append(reports, storetest.Random(random, 3))
	}
	reports = append(reports, &report.Report{Incidents: []report.Incident{{ID: "a:absent", Origin: "a", IssueID: "a:i", Present: new(false)}}})
	for i, r := range reports {
		for i := range r.Incidents {
			if n := &r.Incidents[i]; n.Timestamp == nil {
				n.Timestamp = new(time.Date(2025, 7, 2, 0, 0, 0, 0, time.UTC))
			}
		}
		for _, db := range []store.Store{s, other} {
			if _, err := db.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
				t.Fatal(err)
			}
			if i%100 == 99 {
				if err := db.Purge(t.Context(), store.PurgeOptions{Before: time.Date(2025, 7, 1, 12, 0, 20, 0, time.UTC)}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, table := range append([]string{"rollups"}, rollup.Tables...) {
		columns := value[[]string](t, s.pool, "SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND attname <> 'shard'", table)
		want, got := rowsOfRollup(t, rollup.New(other.SQL()), table, columns), rowsOfRollup(t, rollup.New(s.SQL()), table, columns)
		if len(got) == 0 {
			t.Errorf("nothing in %s", table)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, -SQLite +PostgreSQL:\n%s", table, diff)
		}
	}
}

// rowsOfRollup returns the rows of a table as texts, sorted.
func rowsOfRollup(t *testing.T, db *rollup.DB, table string, columns []string) (all []string) {
	t.Helper()
	texts, into := make([]string, len(columns)), make([]any, len(columns))
	var casts []string
	for i, c := range columns {
		casts = append(casts, "CAST("+c+" AS text)")
		into[i] = &texts[i]
	}
	if table == "object_counts" { // which has shards, in one of the databases
		casts, table = []string{"list", "CAST(sum(n) AS text)"}, table+" GROUP BY list"
	}
	err := db.View(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
		return sqldb.Read(ctx, tx, "SELECT "+strings.Join(casts, ", ")+" FROM "+table, nil, into, func() error {
			all = append(all, fmt.Sprintf("%q", texts))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/report"
)

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
			s.migrations = migrations()
		}, store.ErrNotInitialized},
		"made, the first of it": {func(t *testing.T, s *Store) {
			broken := slices.Clone(s.migrations)
			broken[0].up = append(slices.Clip(broken[0].up), step{alone, "SELECT 1/0"})
			s.migrations = broken
			if err := s.Init(t.Context(), store.Version{}); err == nil {
				t.Error("Init came to its end")
			}
			s.migrations = migrations()
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
			s.migrations = migrations()
		}, store.ErrNotInitialized},
		"removed, but the first of it": {func(t *testing.T, s *Store) {
			initialize(t, s)
			broken := slices.Clone(s.migrations)
			broken[0].down = []step{{together, "SELECT 1/0"}}
			s.migrations = broken
			if err := s.Cleanup(t.Context()); err == nil {
				t.Error("Cleanup came to its end")
			}
			s.migrations = migrations()
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

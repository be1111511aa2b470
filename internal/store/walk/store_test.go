// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"iter"
	"sync"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// TestStore asks a store that answers by this package. The objects are in a database in
// memory, which merges them, and are found in its dump.
func TestStore(t *testing.T) {
	storetest.RunQuestions(t, openToy, storetest.Capabilities{Store: true, Purges: true})
}

// TestStoreWithoutRoom is TestStore with answers that hold hardly any object, so that they
// read objects of all kinds again.
func TestStoreWithoutRoom(t *testing.T) {
	open := func(t *testing.T) store.Sink {
		s := openToy(t)
		s.(*toy).walk.room = 3
		return s
	}
	storetest.RunQuestions(t, open, storetest.Capabilities{Store: true, Purges: true})
}

// toy is a store whose questions are answered by this package.
type toy struct {
	store.Store
	walk Store

	mu     sync.Mutex
	copy   *report.Report // nil if the database changed
	change int
}

func openToy(t *testing.T) store.Sink {
	t.Helper()
	db, err := sqlite.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	full, _ := store.As[store.Store](db)
	s := &toy{Store: full}
	s.walk = New(&memory{t: t, report: s.dump, ready: s.ready}, platforms)
	return s
}

func platforms() func([]byte) string { return new(rollup.Platforms).Of }

func (s *toy) ready(ctx context.Context) error {
	_, err := s.Time(ctx, store.Current)
	return err
}

// dump returns all objects of the database.
func (s *toy) dump(ctx context.Context) (*report.Report, error) {
	s.mu.Lock()
	copy, change := s.copy, s.change
	s.mu.Unlock()
	if copy != nil {
		return copy, nil
	}
	all := &report.Report{}
	for r, err := range s.Dump(ctx, store.DumpOptions{Metadata: true}) {
		if err != nil {
			return nil, err
		}
		all.Append(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.change == change {
		s.copy = all
	}
	return all, nil
}

func (s *toy) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copy = nil
	s.change++
}

func (s *toy) Close() error                      { defer s.changed(); return s.Store.Close() }
func (s *toy) Empty(ctx context.Context) error   { defer s.changed(); return s.Store.Empty(ctx) }
func (s *toy) Cleanup(ctx context.Context) error { defer s.changed(); return s.Store.Cleanup(ctx) }
func (s *toy) Purge(ctx context.Context, opts store.PurgeOptions) error {
	defer s.changed()
	return s.Store.Purge(ctx, opts)
}
func (s *toy) Load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	defer s.changed()
	return s.Store.Load(ctx, r, opts)
}

func (s *toy) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	return s.walk.Query(ctx, q)
}
func (s *toy) Match(ctx context.Context, patterns []object.Pattern, opts store.MatchOptions) iter.Seq2[*object.Set, error] {
	return s.walk.Match(ctx, patterns, opts)
}
func (s *toy) Outcomes(ctx context.Context, builds []string) iter.Seq2[store.Outcome, error] {
	return s.walk.Outcomes(ctx, builds)
}
func (s *toy) Runs(ctx context.Context, builds []string, after store.RunKey) iter.Seq2[store.Run, error] {
	return s.walk.Runs(ctx, builds, after)
}
func (s *toy) Previous(ctx context.Context, like store.Like, n int) ([]string, error) {
	return s.walk.Previous(ctx, like, n)
}

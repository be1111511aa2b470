// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// numbered returns a build with its tests, which have an excerpt in common.
func numbered(n, tests int) *report.Report {
	id := fmt.Sprintf("a:%d", n)
	r := &report.Report{Builds: []report.Build{{ID: id, Origin: "a", CheckoutID: "a:1"}}}
	for i := range tests {
		r.Tests = append(r.Tests, report.Test{ID: fmt.Sprintf("%s.%d", id, i), Origin: "a", BuildID: id, LogExcerpt: &id})
	}
	return r
}

// concurrency loads from two goroutines and reads meanwhile: nothing is lost, and if the
// driver can do that, no reader sees a part of a load.
func (s suite) concurrency(t *testing.T) {
	db := s.ready(t)
	loads, tests := s.few(20, 3), 50
	var loading, reading sync.WaitGroup
	done := make(chan struct{})
	for side := range 2 {
		loading.Go(func() {
			for i := range loads {
				if _, err := db.Load(t.Context(), numbered(side*loads+i, tests), store.LoadOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		reading.Go(func() {
			for over := false; !over; {
				select {
				case <-done:
					over = true // and once more, with everything there
				default:
				}
				r, err := collect(db.Dump(t.Context(), store.DumpOptions{PerReport: 10}))
				if err != nil {
					t.Error(err)
					return
				}
				if s.can.Snapshots && len(r.Tests) != tests*len(r.Builds) {
					t.Errorf("%d tests with %d builds: half a load", len(r.Tests), len(r.Builds))
				}
				if over && len(r.Builds) != 2*loads {
					t.Errorf("%d builds of %d", len(r.Builds), 2*loads)
				}
			}
		})
	}
	loading.Wait()
	close(done)
	reading.Wait()
	s.loadWhileReading(t)
}

// loadWhileReading changes the database from within a dump and a query of it.
func (s suite) loadWhileReading(t *testing.T) {
	db := s.ready(t)
	mustLoad(t, db, numbered(0, 1200), store.LoadOptions{})
	for name, reports := range map[string]func(func(*report.Report, error) bool){
		"dump":  db.Dump(t.Context(), store.DumpOptions{PerReport: 100}),
		"query": db.Query(t.Context(), store.Query{Builds: []string{"a:0"}, Children: true, PerReport: 100}),
	} {
		n := 0
		for r, err := range reports {
			if err != nil {
				t.Fatal(err)
			}
			n += r.Count()
			other := numbered(0, 1)
			other.Builds[0].Comment = new(fmt.Sprint(name, n))
			mustLoad(t, db, other, store.LoadOptions{})
		}
		if n < 1201 {
			t.Errorf("%s: %d objects of %d", name, n, 1201)
		}
	}
}

// cancel ends operations by their context.
func (s suite) cancel(t *testing.T) {
	db := s.ready(t)
	mustLoad(t, db, numbered(0, 1500), store.LoadOptions{})
	for name, read := range map[string]func(context.Context) func(func(*report.Report, error) bool){
		"dump": func(ctx context.Context) func(func(*report.Report, error) bool) {
			return db.Dump(ctx, store.DumpOptions{PerReport: 10})
		},
		"query": func(ctx context.Context) func(func(*report.Report, error) bool) {
			return db.Query(ctx, store.Query{Builds: []string{"a:0"}, Children: true, PerReport: 10})
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		n := 0
		for r, err := range read(ctx) {
			if last = err; err == nil {
				n += r.Count()
			}
			cancel()
		}
		if !errors.Is(last, context.Canceled) || n >= 1500 {
			t.Errorf("%s: %d objects after it was cancelled, %v", name, n, last)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Load(ctx, numbered(1, 1), store.LoadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Load after it was cancelled: %v", err)
	}
	// The database is undamaged.
	if got := dumpAll(t, db, false); got.Count() != 1501 {
		t.Errorf("%d objects, want 1501", got.Count())
	}
}

// closed ends what is running when the store is closed.
func (s suite) closed(t *testing.T) {
	db := s.ready(t)
	mustLoad(t, db, numbered(0, 1500), store.LoadOptions{})
	var last error
	for _, err := range db.Dump(t.Context(), store.DumpOptions{PerReport: 10}) {
		if last = err; err == nil {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if last == nil {
		t.Error("a dump came to its end after the store was closed")
	}
	if _, err := db.Load(t.Context(), numbered(1, 1), store.LoadOptions{}); err == nil {
		t.Error("loaded into a closed store")
	}
	if db, ok := store.As[store.Store](db); ok {
		var last error
		for _, err := range db.Match(t.Context(), nil, store.MatchOptions{}) {
			last = err
		}
		if last == nil {
			t.Error("a closed store looks for objects")
		}
	}
}

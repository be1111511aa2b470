// SPDX-License-Identifier: Apache-2.0

package mux_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/mux"
	"github.com/kcidb-go/kcidb/internal/store/null"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// openWith opens databases with a mux over the drivers that need nothing.
func openWith(ctx context.Context, params string) (store.Sink, error) {
	drivers := []store.Driver{sqlite.Driver, null.Driver}
	return mux.Driver(func(ctx context.Context, spec store.Spec) (store.Sink, error) {
		return store.Open(ctx, drivers, spec)
	}).Open(ctx, store.Fixed(params))
}

func open(t *testing.T, params string) store.Sink {
	t.Helper()
	s, err := openWith(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStore(t *testing.T) {
	if testing.Short() {
		t.Skip("SQLite's own run of the suite, which is under it, is enough for the race detector")
	}
	storetest.Run(t, func(t *testing.T) store.Sink { return open(t, "sqlite::memory: sqlite::memory:") },
		storetest.Capabilities{Store: true, Purges: true, SQL: true, FindsLoaded: true, Several: true})
}

// TestAll loads into all databases, and answers from the first.
func TestAll(t *testing.T) {
	one, other := filepath.Join(t.TempDir(), "a b"), filepath.Join(t.TempDir(), "c")
	s := open(t, "sqlite:"+strings.ReplaceAll(one, " ", `\ `)+" sqlite:"+other+" null")
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	if err := open(t, "sqlite:"+other).Init(t.Context(), store.Version{}); !errors.Is(err, store.ErrInitialized) {
		t.Errorf("the second database was not initialized: %v", err)
	}
	r := &report.Report{Checkouts: []report.Checkout{{ID: "a:1", Origin: "a"}}}
	changes, err := s.Load(t.Context(), r, store.LoadOptions{Receipts: []store.Receipt{{ID: "x"}}})
	if err != nil || len(changes.Objects) != 1 {
		t.Fatalf("%v, %v", changes, err)
	}
	for _, params := range []string{"sqlite:" + other, "sqlite:" + other + " null"} {
		s, ok := store.As[store.Store](open(t, params))
		if !ok {
			t.Fatalf("%s: no store", params)
		}
		n := 0
		for r, err := range s.Dump(t.Context(), store.DumpOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			n += r.Count()
		}
		if _, err := s.Receipt(t.Context(), "x"); err != nil || n != 1 {
			t.Errorf("%s: %d objects, receipt: %v", params, n, err)
		}
	}
	if _, ok := store.As[store.Store](open(t, "null sqlite:"+other)); ok {
		t.Error("is a store although the first database is none")
	}
}

// TestNotes notes changes in the first database only, because a notifier considers
// the changes of no other.
func TestNotes(t *testing.T) {
	first, other := "sqlite:"+filepath.Join(t.TempDir(), "a"), "sqlite:"+filepath.Join(t.TempDir(), "b")
	s := open(t, first+" "+other)
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	for _, params := range []string{first, other} {
		changes, _ := sqlspool.Of(open(t, params))
		if err := changes.Watch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r := &report.Report{Checkouts: []report.Checkout{{ID: "a:1", Origin: "a"}}}
	if _, err := s.Load(t.Context(), r, store.LoadOptions{Note: true}); err != nil {
		t.Fatal(err)
	}
	for params, want := range map[string]int64{first: 1, other: 0} {
		changes, _ := sqlspool.Of(open(t, params))
		backlog, err := changes.Backlog(t.Context())
		if err != nil || backlog.Batches != want {
			t.Errorf("%s: %d batches, %v, want %d", params, backlog.Batches, err, want)
		}
	}
}

// TestOneFails names the database that failed.
func TestOneFails(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	s := open(t, "null sqlite:"+absent)
	_, err := s.Load(t.Context(), &report.Report{}, store.LoadOptions{})
	if !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), "database 2: sqlite:"+absent) {
		t.Errorf("Load: %v", err)
	}
	if _, err := openWith(t.Context(), "null nonsense:1"); err == nil || !strings.Contains(err.Error(), "database 2") {
		t.Errorf("Open: %v", err)
	}
}

// TestArrival gives all databases the same time of loading, which follows the times
// of all of them.
func TestArrival(t *testing.T) {
	first, other := "sqlite:"+filepath.Join(t.TempDir(), "a"), "sqlite:"+filepath.Join(t.TempDir(), "b")
	s := open(t, first+" "+other)
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	ahead := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	r := &report.Report{Checkouts: []report.Checkout{{ID: "a:1", Origin: "a", Timestamp: &ahead}}}
	if _, err := open(t, other).Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
		t.Fatal(err)
	}
	r = &report.Report{Checkouts: []report.Checkout{{ID: "a:2", Origin: "a"}}}
	if _, err := s.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, params := range []string{first, other} {
		at, err := open(t, params).Time(t.Context(), store.LastModified)
		if want := ahead.Add(time.Microsecond); err != nil || !at.Equal(want) {
			t.Errorf("%s: the newest time is %v, %v, want %v", params, at, err, want)
		}
	}
}

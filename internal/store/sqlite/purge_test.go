// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// sharing returns a test that shares a few texts with other tests.
func sharing(r *rand.Rand, at time.Time) *report.Report {
	id := fmt.Sprint("a:", r.IntN(40))
	text := func() *string { return new(fmt.Sprint("text ", r.IntN(20))) }
	return &report.Report{Tests: []report.Test{{
		ID: id, Origin: "a", BuildID: "a:1", LogURL: text(), LogExcerpt: text(), Timestamp: &at,
		Environment: &report.Environment{Compatible: []string{*text()}},
	}}}
}

// TestSweep loads objects with contents that a purge is about to remove, at each
// point of it, and interrupts it at any. Each object keeps its contents, and after
// a purge that came to its end no other content is left.
func TestSweep(t *testing.T) {
	if testing.Short() {
		t.Skip("it has one goroutine, so that the race detector finds nothing, and takes long under it")
	}
	for seed := range uint64(4) {
		s := open(t, filepath.Join(t.TempDir(), "x.sqlite"))
		fresh(t, s)
		r := rand.New(rand.NewPCG(seed, 1))
		began := time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC)
		load := func(from, to int) {
			t.Helper()
			for range 3 {
				at := began.Add(time.Duration(from+r.IntN(to-from)) * time.Second)
				if _, err := s.Load(t.Context(), sharing(r, at), store.LoadOptions{Metadata: true}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for second := range 12 {
			load(second, second+1)
			ctx, cancel := context.WithCancel(t.Context())
			err := s.Purge(ctx, store.PurgeOptions{Before: began.Add(time.Duration(second) * time.Second), Progress: func(string, int64, int64) {
				load(second+1, second+2)
				if r.IntN(10) == 0 {
					cancel()
				}
			}})
			interrupted := ctx.Err() != nil
			cancel()
			if err != nil && !interrupted {
				t.Fatal(err)
			}
			dumpAll(t, s) // which fails if a content is missing
		}
		storetest.VerifyRollups(t, s)
		if err := s.Purge(t.Context(), store.PurgeOptions{Before: began}); err != nil {
			t.Fatal(err)
		}
		expectContents(t, s)
	}
}

// expectContents fails the test unless an object has each content,
// and can be found.
func expectContents(t *testing.T, s *Store) {
	t.Helper()
	var extra, retired int
	if err := s.read.QueryRow(`SELECT count(*) FROM contents WHERE id NOT IN (SELECT log_url FROM tests WHERE log_url IS NOT NULL
		UNION ALL SELECT log_excerpt FROM tests WHERE log_excerpt IS NOT NULL
		UNION ALL SELECT environment_compatible FROM tests WHERE environment_compatible IS NOT NULL)`).Scan(&extra); err != nil {
		t.Fatal(err)
	}
	// A content that is there twice is retired once.
	if err := s.read.QueryRow(`SELECT count(*) FROM contents WHERE length(hash) > 16
		AND substr(hash, 1, 16) NOT IN (SELECT hash FROM contents)`).Scan(&retired); err != nil {
		t.Fatal(err)
	}
	if extra+retired > 0 {
		t.Errorf("%d contents that no object has, and %d that no load finds", extra, retired)
	}
}

// TestSweepOfTwo purges from two sides while both load.
func TestSweepOfTwo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.sqlite")
	fresh(t, open(t, file))
	done := make(chan error)
	for side := range uint64(2) {
		s := open(t, file)
		r := rand.New(rand.NewPCG(side, 2))
		go func() {
			var err error
			for i := 0; i < 8 && err == nil; i++ {
				at := time.Unix(1e9+int64(i), 0)
				if _, err = s.Load(t.Context(), sharing(r, at), store.LoadOptions{Metadata: true}); err == nil {
					err = s.Purge(t.Context(), store.PurgeOptions{Before: at})
				}
			}
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	s := open(t, file)
	dumpAll(t, s)
	if err := s.Purge(t.Context(), store.PurgeOptions{Before: time.Unix(1, 0)}); err != nil {
		t.Fatal(err)
	}
	expectContents(t, s)
}

// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// backup copies a database while loads go on, and restores it: the copy has whole loads, and
// every object that was loaded before.
func (s suite) backup(t *testing.T) {
	db := s.ready(t)
	const before = 20
	for i := range before {
		mustLoad(t, db, timed(i), store.LoadOptions{Metadata: true})
	}
	if full, ok := store.As[store.Store](db); ok {
		if err := full.SaveReceipts(t.Context(), []store.Receipt{{ID: "x", Failure: "no report"}}); err != nil {
			t.Fatal(err)
		}
	}
	stop := make(chan struct{})
	var loads sync.WaitGroup
	loads.Go(func() {
		for i := before; ; i++ {
			select {
			case <-stop:
				return
			default:
				if _, err := db.Load(t.Context(), timed(i), store.LoadOptions{Metadata: true}); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	copied := filepath.Join(t.TempDir(), "a ?b%41#c")
	counts, err := db.(store.Backuper).Backup(t.Context(), copied, nil)
	close(stop)
	loads.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.(store.Backuper).Backup(t.Context(), copied, nil); err == nil {
		t.Error("a backup overwrites another")
	}
	if _, err := db.(store.Backuper).Restore(t.Context(), copied, nil); !errors.Is(err, store.ErrInitialized) {
		t.Errorf("restoring into a database with objects: %v", err)
	}

	other := s.open(t)
	restored, err := other.(store.Backuper).Restore(t.Context(), copied, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := dumpAll(t, other, true)
	for list, keys := range keys(got) {
		if n := int64(len(keys)); n < before || restored[list] != n || counts[list] != n {
			t.Errorf("%d %s are restored, %d and %d were counted, at least %d were there", n, list, restored[list], counts[list], before)
		}
	}
	if len(got.Checkouts) != len(got.Tests) {
		t.Errorf("%d checkouts and %d tests: a part of a load is in the copy", len(got.Checkouts), len(got.Tests))
	}
	want := &report.Report{}
	for i := range len(got.Checkouts) {
		want.Append(timed(i))
	}
	s.expect(t, got, want)
	VerifyRollups(t, other)
	if full, ok := store.As[store.Store](other); ok {
		if r, err := full.Receipt(t.Context(), "x"); err != nil || r.Failure != "no report" {
			t.Errorf("the receipt is restored as %v, %v", r, err)
		}
	}
	mustLoad(t, other, timed(0), store.LoadOptions{})
}

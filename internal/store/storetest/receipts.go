// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// receipts keeps the first receipt of success of each submission, and the last
// one of failure until then.
func (s suite) receipts(t *testing.T) {
	db := s.store(t)
	ctx := t.Context()
	receipt := func(id string, finished int, failure string) store.Receipt {
		r := store.Receipt{ID: id, Origin: "a", Received: moment(0), Finished: moment(finished), Bytes: 1 << 40, Objects: 5, Failure: failure}
		if sqldb.Of(db) != nil { // BigQuery does not keep tokens and digests
			r.Token, r.Digest = "token of "+id, "digest of "+id
		}
		return r
	}
	expect := func(id string, want *store.Receipt) {
		t.Helper()
		got, err := db.Receipt(ctx, id)
		switch {
		case want == nil && !errors.Is(err, store.ErrNoReceipt):
			t.Errorf("%s: got %v, %v, want no receipt", id, got, err)
		case want != nil && err != nil:
			t.Errorf("%s: %v", id, err)
		case want != nil && !cmp.Equal(got, *want):
			t.Errorf("%s: got %v, want %v", id, got, *want)
		}
	}
	loaded, failed, mended := receipt("loaded", 1, ""), receipt("failed", 2, "it is \"not\" a report"), receipt("mended", 9, "")
	expect("loaded", nil)
	mustLoad(t, db, fullReport(), store.LoadOptions{Receipts: []store.Receipt{loaded}})
	if err := db.SaveReceipts(ctx, []store.Receipt{failed, receipt("mended", 3, "broken"), receipt("loaded", 9, "again")}); err != nil {
		t.Fatal(err)
	}
	if err := db.SaveReceipts(ctx, nil); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, db, fullReport(), store.LoadOptions{Receipts: []store.Receipt{mended}})
	expect("loaded", &loaded)
	expect("failed", &failed)
	expect("mended", &mended)
	// A submission is loaded once. A load with a submission that was loaded loads nothing.
	again := &report.Report{Checkouts: []report.Checkout{{ID: "a:again", Origin: "a"}}}
	_, err := db.Load(ctx, again, store.LoadOptions{Receipts: []store.Receipt{receipt("new", 9, ""), receipt("loaded", 9, "")}})
	if !errors.Is(err, store.ErrLoaded) {
		t.Errorf("loading a submission again: %v", err)
	}
	expect("new", nil)
	if n := len(dumpAll(t, db, false).Checkouts); n != 1 {
		t.Errorf("%d checkouts, want that of the first load", n)
	}
	if err := db.PurgeReceipts(ctx, moment(2)); err != nil {
		t.Fatal(err)
	}
	expect("loaded", nil)
	expect("failed", &failed)
	if err := db.Empty(ctx); err != nil {
		t.Fatal(err)
	}
	expect("failed", nil)
}

// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/ledger"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// ledger has a row for each submission that was loaded or given up, once.
func (s suite) ledger(t *testing.T) {
	db := s.store(t)
	receipt := func(id, failure string) store.Receipt {
		return store.Receipt{ID: id, Origin: "ci", Token: "token", Received: moment(1), Finished: moment(2), Digest: "digest of " + id, Failure: failure}
	}
	mustLoad(t, db, fullReport(), store.LoadOptions{Receipts: []store.Receipt{receipt("b", ""), receipt("a", "")}})
	mustLoad(t, db, fullReport(), store.LoadOptions{}) // by hand
	for range 2 {
		if err := db.SaveReceipts(t.Context(), []store.Receipt{receipt("bad", "no report"), receipt("a", "again")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Load(t.Context(), fullReport(), store.LoadOptions{Receipts: []store.Receipt{receipt("a", ""), receipt("c", "")}}); err == nil {
		t.Error("a submission was loaded twice")
	}
	mustLoad(t, db, fullReport(), store.LoadOptions{Receipts: []store.Receipt{receipt("bad", "")}}) // put back
	row := func(kind ledger.Kind, id string) ledger.Entry {
		return ledger.Entry{At: moment(1), Kind: kind, Subject: id, Origin: "ci", Token: "token", Digest: "digest of " + id}
	}
	want := []ledger.Entry{
		row(ledger.Submission, "b"), row(ledger.Submission, "a"), row(ledger.Refused, "bad"), row(ledger.Refused, "bad"), row(ledger.Submission, "bad"),
	}
	var head ledger.Chain
	for i := range want {
		head.Add(&want[i])
	}
	if diff := cmp.Diff(want, entries(t, sqldb.Of(db))); diff != "" {
		t.Error(diff)
	}
}

// entries returns all rows of the ledger, read by small pages.
func entries(t *testing.T, db *sqldb.DB) (all []ledger.Entry) {
	t.Helper()
	for after := int64(0); ; after = all[len(all)-1].Number {
		page, err := db.Ledger(t.Context(), after, 3)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, page...); len(page) == 0 {
			return all
		}
	}
}

// ledgerConcurrency checks that loads at the same time append to one chain.
func (s suite) ledgerConcurrency(t *testing.T) {
	db := s.store(t)
	const loaders, loads = 4, 8
	group, ctx := errgroup.WithContext(t.Context())
	for i := range loaders {
		group.Go(func() error {
			for j := range loads {
				r := &report.Report{Checkouts: []report.Checkout{{ID: fmt.Sprintf("ci:%d-%d", i, j), Origin: "ci"}, {ID: "ci:shared", Origin: "ci"}}}
				receipts := []store.Receipt{{ID: fmt.Sprintf("%d-%d", i, j), Finished: moment(j)}, {ID: fmt.Sprintf("%d-%d-2", i, j), Finished: moment(j)}}
				if _, err := db.Load(ctx, r, store.LoadOptions{Receipts: receipts, Note: true}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	var chain ledger.Chain
	var subjects []string
	for _, e := range entries(t, sqldb.Of(db)) {
		if err := chain.Check(&e); err != nil {
			t.Error(err)
		}
		subjects = append(subjects, e.Subject)
	}
	slices.Sort(subjects)
	if n := len(slices.Compact(subjects)); n != 2*loaders*loads || chain.Number != int64(n) {
		t.Errorf("%d submissions in %d rows", n, chain.Number)
	}
}

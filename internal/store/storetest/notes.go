// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// notes checks that loads note their changes if a notifier watches.
func (s suite) notes(t *testing.T) {
	db := s.ready(t)
	sp, _ := sqlspool.Of(db)
	ctx := t.Context()
	noted := func() (all []store.Change, batches []spool.Batch) {
		t.Helper()
		batches, err := sp.Changes(ctx, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batches {
			changes, err := store.DecodeChanges(b.Data)
			if err != nil || len(changes) != b.Objects {
				t.Errorf("%d objects noted as %d: %v", len(changes), b.Objects, err)
			}
			all = append(all, changes...)
		}
		return all, batches
	}
	load := func(status report.Status, note bool) []store.Change {
		t.Helper()
		r := minimalReport()
		r.Tests[0].Status = &status
		return mustLoad(t, db, r, store.LoadOptions{Note: note}).Objects
	}
	load(report.StatusPass, true)
	if all, _ := noted(); len(all) > 0 {
		t.Errorf("noted %v, although no notifier watches", all)
	}
	if err := sp.Watch(ctx); err != nil {
		t.Fatal(err)
	}
	before := time.Now().Truncate(time.Microsecond)
	load(report.StatusPass, true) // nothing new
	load(report.StatusSkip, false)
	want := load(report.StatusFail, true)
	want = append(want, load(report.StatusPass, true)...)
	want = append(want, mustLoad(t, db, fullReport(), store.LoadOptions{Note: true, Metadata: true}).Objects...)
	all, batches := noted()
	if diff := cmp.Diff(want, all); diff != "" || len(batches) != 3 {
		t.Errorf("noted in %d batches (-want +got):\n%s", len(batches), diff)
	}
	if want[0].Was != report.StatusSkip || want[0].Now != report.StatusFail || want[1].Was != report.StatusFail {
		t.Errorf("the changes have the wrong status: %v", want[:2])
	}
	for _, b := range batches {
		if b.At.Before(before) || b.At.After(time.Now()) {
			t.Errorf("noted at %v, not now", b.At)
		}
	}
	// A load that fails notes nothing.
	receipt := store.LoadOptions{Note: true, Receipts: []store.Receipt{{ID: "once"}}}
	mustLoad(t, db, numbered(1, 1), receipt)
	if _, err := db.Load(ctx, numbered(2, 1), receipt); err == nil {
		t.Error("a submission was loaded twice")
	}
	if _, batches := noted(); len(batches) != 4 {
		t.Errorf("%d batches, want 4: the second load is not noted", len(batches))
	}
	if err := db.Empty(ctx); err != nil {
		t.Fatal(err)
	}
	if all, _ := noted(); len(all) > 0 {
		t.Errorf("still noted in an empty database: %v", all)
	}
	if watched, err := sp.IsWatched(ctx); err != nil || !watched {
		t.Errorf("Empty ended the watch: %v", err)
	}
	t.Run("order", s.notesOrder)
}

// notesOrder has the changes of an object in the order they were made in, from
// two sides.
func (s suite) notesOrder(t *testing.T) {
	db := s.ready(t)
	sp, _ := sqlspool.Of(db)
	if err := sp.Watch(t.Context()); err != nil {
		t.Fatal(err)
	}
	var sides sync.WaitGroup
	for side := range 2 {
		sides.Go(func() {
			for i := range 20 {
				r := minimalReport()
				r.Tests[0].Status = &statuses[(2*i+3*side)%len(statuses)]
				r.Append(numbered(100*side+i, 3))
				if _, err := db.Load(t.Context(), r, store.LoadOptions{Note: true}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sides.Wait()
	batches, err := sp.Changes(t.Context(), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	var status report.Status
	for _, b := range batches {
		changes, err := store.DecodeChanges(b.Data)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(changes, func(c store.Change) bool { return c.List == store.Tests && c.Key.ID == "a:1" })
		if at < 0 {
			continue
		}
		if changes[at].Was != status {
			t.Errorf("batch %s has %v, where it was %q", b.ID, changes[at], status)
		}
		status = changes[at].Now
	}
	for _, o := range dumpAll(t, db, false).Tests {
		if o.ID == "a:1" && *o.Status != status {
			t.Errorf("it is %s, and was noted to become %s", *o.Status, status)
		}
	}
}

var statuses = []report.Status{
	report.StatusFail, report.StatusError, report.StatusMiss, report.StatusPass, report.StatusDone, report.StatusSkip,
}

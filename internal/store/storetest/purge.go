// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// purge removes what arrived before a time, and nothing else.
func (s suite) purge(t *testing.T) {
	db := s.ready(t)
	all := &report.Report{}
	for i := range 4 {
		all.Append(timed(i))
	}
	shared := timed(2) // has what an older one has, too
	shared.Builds[0].LogExcerpt = timed(0).Builds[0].LogExcerpt
	shared.Tests[0].LogURL = timed(0).Tests[0].LogURL
	all.Append(shared)
	mustLoad(t, db, all, store.LoadOptions{Metadata: true})
	kept := dumpAll(t, db, true)
	for _, c := range []struct {
		before time.Time
		gone   int
	}{
		{time.Time{}, 0}, {moment(0), 0}, {moment(0).Add(time.Microsecond), 1}, {moment(2), 2}, {moment(9), 4},
	} {
		if s.can.Slow && c.gone%2 == 0 && c.gone < 4 {
			continue
		}
		if err := db.Purge(t.Context(), store.PurgeOptions{Before: c.before}); err != nil {
			t.Fatal(err)
		}
		want := &report.Report{
			Checkouts: kept.Checkouts[c.gone:], Builds: kept.Builds[c.gone:], Tests: kept.Tests[c.gone:],
			Issues: kept.Issues[c.gone:], Incidents: kept.Incidents[c.gone:],
		}
		if c.gone == 4 {
			want = &report.Report{}
		}
		s.expect(t, dumpAll(t, db, true), want)
	}
	mustLoad(t, db, all, store.LoadOptions{Metadata: true})
	s.expect(t, dumpAll(t, db, true), kept)
}

// purgeKeeping keeps what is tied to an issue, and what that stems from.
func (s suite) purgeKeeping(t *testing.T) {
	db := s.ready(t)
	at := new(moment(0))
	build := func(id, checkout string) report.Build {
		return report.Build{ID: id, Origin: "a", CheckoutID: checkout, Timestamp: at}
	}
	test := func(id, build string) report.Test {
		return report.Test{ID: id, Origin: "a", BuildID: build, LogExcerpt: &id, Timestamp: at}
	}
	incident := func(id, issue string, build, test *string) report.Incident {
		return report.Incident{ID: id, Origin: "a", IssueID: issue, IssueVersion: 1, BuildID: build, TestID: test, Timestamp: at}
	}
	checkout := func(id string) report.Checkout { return report.Checkout{ID: id, Origin: "a", Timestamp: at} }
	issue := func(id string, version int) report.Issue {
		return report.Issue{ID: id, Version: version, Origin: "a", Timestamp: at}
	}
	kept := &report.Report{
		Checkouts: []report.Checkout{checkout("a:by-build"), checkout("a:by-test")},
		Builds:    []report.Build{build("a:tied", "a:by-build"), build("a:with-test", "a:by-test")},
		Tests:     []report.Test{test("a:tied", "a:with-test")},
		Issues:    []report.Issue{issue("a:tied", 1)},
		Incidents: []report.Incident{incident("a:1", "a:tied", new("a:tied"), nil), incident("a:2", "a:tied", nil, new("a:tied"))},
	}
	all := &report.Report{
		Checkouts: []report.Checkout{checkout("a:idle")},
		Builds:    []report.Build{build("a:idle", "a:by-build")},
		Tests:     []report.Test{test("a:idle", "a:with-test"), test("a:other", "a:tied")},
		Issues:    []report.Issue{issue("a:tied", 2), issue("a:idle", 1)},
	}
	all.Append(kept)
	mustLoad(t, db, all, store.LoadOptions{Metadata: true})
	reported := false
	opts := store.PurgeOptions{Before: moment(1), KeepIncidents: true, Progress: func(string, int64, int64) { reported = true }}
	for range 2 {
		if err := db.Purge(t.Context(), opts); err != nil {
			t.Fatal(err)
		}
		s.expect(t, dumpAll(t, db, true), kept)
	}
	if !reported {
		t.Error("Progress was not called")
	}
	opts.KeepIncidents = false
	if err := db.Purge(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	s.expect(t, dumpAll(t, db, true), &report.Report{})
}

// purgeBatches removes no more than a batch in a transaction, and lets a load in
// after each. It can be interrupted after each, and goes on when it is repeated.
func (s suite) purgeBatches(t *testing.T) {
	db := s.ready(t)
	old := &report.Report{}
	for i := range 3*store.PurgeBatch + 10 {
		old.Issues = append(old.Issues, report.Issue{ID: fmt.Sprint("a:", i), Origin: "a", Timestamp: new(moment(0))})
	}
	mustLoad(t, db, old, store.LoadOptions{Metadata: true})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // where a load would wait for the purge
	defer cancel()
	interrupted, interrupt := context.WithCancel(ctx)
	defer interrupt()
	err := db.Purge(interrupted, store.PurgeOptions{Before: moment(1), Progress: func(_ string, done, _ int64) {
		if done > 0 {
			interrupt()
		}
	}})
	all := len(dumpAll(t, db, false).Issues) // that are left
	if err == nil || all != len(old.Issues)-store.PurgeBatch {
		t.Fatalf("an interrupted purge: %v, with %d issues left", err, all)
	}
	left, loaded, reported := all, &report.Report{}, int64(0)
	progress := func(work string, done, total int64) {
		if work != "issues removed" {
			return
		}
		reported = done
		if total < int64(all) { // mux purges others, too
			t.Errorf("%d issues in all, want %d at least", total, all)
		}
		now := len(dumpAll(t, db, false).Issues)
		if left-now > store.PurgeBatch {
			t.Errorf("%d issues removed at once, want %d at most", left-now, store.PurgeBatch)
		}
		left = now
		between := &report.Report{Incidents: []report.Incident{{ID: fmt.Sprint("a:", len(loaded.Incidents)), Origin: "a", IssueID: "a:1"}}}
		if _, err := db.Load(ctx, between, store.LoadOptions{}); err != nil {
			t.Fatalf("a load between two batches: %v", err)
		}
		loaded.Append(between)
	}
	if err := db.Purge(ctx, store.PurgeOptions{Before: moment(1), Progress: progress}); err != nil {
		t.Fatal(err)
	}
	if reported < int64(all) || len(loaded.Incidents) < 3 {
		t.Errorf("notified about %d issues, and loaded %d times", reported, len(loaded.Incidents))
	}
	s.expect(t, dumpAll(t, db, false), loaded)
}

// noPurge checks that Purge returns ErrUnsupported for every time.
func (s suite) noPurge(t *testing.T) {
	db := s.ready(t)
	for _, before := range []time.Time{{}, moment(0)} {
		if err := db.Purge(t.Context(), store.PurgeOptions{Before: before}); !errors.Is(err, store.ErrUnsupported) {
			t.Errorf("Purge(%v): %v", before, err)
		}
	}
}

// time tells when things changed, and what time it is.
func (s suite) time(t *testing.T) {
	db := s.ready(t)
	clock := func(which store.Clock, want time.Time) {
		t.Helper()
		if got, err := db.Time(t.Context(), which); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", which, got, err, want)
		}
	}
	clock(store.FirstModified, time.Time{})
	clock(store.LastModified, time.Time{})
	now, err := db.Time(t.Context(), store.Current)
	if err != nil || time.Since(now).Abs() > time.Hour {
		t.Errorf("the current time is %v, %v", now, err)
	}
	if _, err := db.Time(t.Context(), "lunch"); err == nil {
		t.Error("there is a time for lunch")
	}
	if !s.can.Store {
		return
	}
	r := timed(5)
	r.Checkouts, r.Builds = nil, nil
	r.Tests[0].Timestamp, r.Incidents[0].Timestamp = new(moment(2)), new(moment(7))
	mustLoad(t, db, r, store.LoadOptions{Metadata: true})
	clock(store.FirstModified, moment(2))
	clock(store.LastModified, moment(7))
}

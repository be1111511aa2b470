// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/report"
)

// dump returns reports of the right sizes with the lists one after the other,
// within bounds.
func (s suite) dump(t *testing.T) {
	db := s.ready(t)
	want := conformance.Dataset(t)
	mustLoad(t, db, want, store.LoadOptions{})
	for i, each := range []int{0, 1, 7, want.Count() - 1, want.Count(), want.Count() + 1, 1 << 40} {
		if i%s.few(1, 3) != 0 {
			continue
		}
		t.Run(fmt.Sprintf("%d in a report", each), func(t *testing.T) {
			all := sizes(t, db.Dump(t.Context(), store.DumpOptions{PerReport: each}), each)
			s.expect(t, all, want)
		})
	}
	t.Run("again", func(t *testing.T) {
		one, err := collect(db.Dump(t.Context(), store.DumpOptions{}))
		if err != nil {
			t.Fatal(err)
		}
		other, err := collect(db.Dump(t.Context(), store.DumpOptions{PerReport: 3}))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(one, other); diff != "" {
			t.Errorf("another order the second time:\n%s", diff)
		}
	})
	t.Run("some of it", func(t *testing.T) {
		for r, err := range db.Dump(t.Context(), store.DumpOptions{PerReport: 2}) {
			if err != nil || r.Count() != 2 {
				t.Errorf("%d objects, %v", r.Count(), err)
			}
			break
		}
	})
	t.Run("bounds", s.dumpBounds)
	t.Run("many at the same time", s.dumpMany)
}

// sizes puts reports together, having looked that all are full but the last,
// and the lists in order.
func sizes(t *testing.T, reports func(func(*report.Report, error) bool), each int) *report.Report {
	t.Helper()
	all := &report.Report{}
	list, last := 0, each
	for r, err := range reports {
		if err != nil {
			t.Fatal(err)
		}
		if r.Count() == 0 || each > 0 && (last != each || r.Count() > each) {
			t.Errorf("%d objects after a report of %d", r.Count(), last)
		}
		last = r.Count()
		for at, name := range store.Lists {
			if len(keys(r)[name]) > 0 {
				if at < list {
					t.Errorf("%s after %s", name, store.Lists[list])
				}
				list = at
			}
		}
		all.Append(r)
	}
	return all
}

func (s suite) dumpBounds(t *testing.T) {
	db := s.ready(t)
	all := &report.Report{}
	for i := range 5 {
		all.Append(timed(i))
	}
	mustLoad(t, db, all, store.LoadOptions{Metadata: true})
	for i, c := range []struct {
		after, until time.Time
		want         []int
	}{
		{time.Time{}, time.Time{}, []int{0, 1, 2, 3, 4}},
		{moment(1), time.Time{}, []int{2, 3, 4}},
		{time.Time{}, moment(1), []int{0, 1}},
		{moment(1), moment(3), []int{2, 3}},
		{moment(1).Add(-time.Microsecond), moment(3).Add(-time.Microsecond), []int{1, 2}},
		{moment(2), moment(2), nil},
		{moment(3), moment(1), nil},
		{moment(4), time.Time{}, nil},
		{time.Time{}, moment(-1), nil},
	} {
		if i%s.few(1, 3) != 0 {
			continue
		}
		got, err := collect(db.Dump(t.Context(), store.DumpOptions{After: c.after, Until: c.until, Metadata: true}))
		if err != nil {
			t.Fatal(err)
		}
		want := &report.Report{}
		for _, i := range c.want {
			want.Append(timed(i))
		}
		s.expect(t, got, want)
	}
}

// timed returns an object of each type that arrived at the moment i.
func timed(i int) *report.Report {
	id, at := fmt.Sprintf("a:%d", i), new(moment(i))
	return &report.Report{
		Checkouts: []report.Checkout{{ID: id, Origin: "a", LogExcerpt: &id, Timestamp: at}},
		Builds:    []report.Build{{ID: id, Origin: "a", CheckoutID: id, LogExcerpt: &id, Timestamp: at}},
		Tests:     []report.Test{{ID: id, Origin: "a", BuildID: id, LogExcerpt: &id, LogURL: new("https://example.org/" + id), Timestamp: at}},
		Issues:    []report.Issue{{ID: id, Version: i, Origin: "a", Timestamp: at}},
		Incidents: []report.Incident{{ID: id, Origin: "a", IssueID: id, IssueVersion: i, BuildID: &id, Timestamp: at}},
	}
}

// dumpMany dumps more objects of one time than fit any page, loaded in two halves. The
// later half is older.
func (s suite) dumpMany(t *testing.T) {
	db := s.ready(t)
	const half = 1100
	all := &report.Report{}
	for _, at := range []int{2, 1} {
		r := &report.Report{}
		for i := range half {
			id := fmt.Sprintf("a:%d.%d", at, i)
			r.Tests = append(r.Tests, report.Test{ID: id, Origin: "a", BuildID: "a:1", Timestamp: new(moment(at))})
		}
		mustLoad(t, db, r, store.LoadOptions{Metadata: true})
		all.Append(r)
	}
	s.expect(t, sizes(t, db.Dump(t.Context(), store.DumpOptions{Metadata: true, PerReport: 999}), 999), all)
	until, err := collect(db.Dump(t.Context(), store.DumpOptions{Until: moment(1)}))
	if err != nil || len(until.Tests) != half {
		t.Errorf("%d tests arrived until then, %v, want %d", len(until.Tests), err, half)
	}
}

// roundTrip dumps a database into another one, which then gives the same.
func (s suite) roundTrip(t *testing.T) {
	one, other := s.ready(t), s.ready(t)
	mustLoad(t, one, conformance.Dataset(t), store.LoadOptions{})
	mustLoad(t, one, fullReport(), store.LoadOptions{Metadata: true})
	var reports []*report.Report
	for r, err := range one.Dump(t.Context(), store.DumpOptions{Metadata: true, PerReport: s.few(10, 200)}) {
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, r)
		mustLoad(t, other, r, store.LoadOptions{Metadata: true})
	}
	s.expect(t, dumpAll(t, other, true), dumpAll(t, one, true))

	// In any order, and more than once.
	for _, r := range slices.Backward(reports) {
		if changes := mustLoad(t, other, r, store.LoadOptions{Metadata: true}); len(changes.Objects) > 0 && !s.can.Blind {
			t.Errorf("the same again changed %v", changes.Objects)
		}
	}
	s.expect(t, dumpAll(t, other, true), dumpAll(t, one, true))
}

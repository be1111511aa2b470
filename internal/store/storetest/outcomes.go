// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// outcomes sums tests up, and reads what is needed to sum them up.
func (s suite) outcomes(t *testing.T) {
	db := s.store(t)
	test := func(id, build, path string, status report.Status, misc string) report.Test {
		o := report.Test{ID: id, Origin: "o", BuildID: build, StartTime: new(moment(1))}
		if path != "" {
			o.Path = &path
		}
		if status != "" {
			o.Status = &status
		}
		if misc != "" {
			o.Environment = &report.Environment{Misc: json.RawMessage(misc)}
		}
		return o
	}
	r := &report.Report{Tests: []report.Test{
		test("a:5", "a:1", "b.a", report.StatusPass, `{"platform": "x", "platforms": {"platform": "y"}}`),
		test("a:4", "a:1", "b.a", report.StatusFail, `{"platform": ["x"]}`),
		test("a:3", "a:1", "b", report.StatusPass, `{"platform": "é\n\"😀"}`),
		test("a:2", "a:1", "", "", `{}`),
		test("a:1", "a:1", "B", report.StatusPass, `{"platform": null}`),
		test("a:0", "a:2", "z", report.StatusSkip, `{"a": {"platform": "x"}}`),
		test("a:7", "a:2", "é", report.StatusSkip, ""),
		test("a:6", "a:3", "a", report.StatusSkip, ""),
	}}
	r.Tests[6].StartTime = nil
	mustLoad(t, db, r, store.LoadOptions{})
	ask := []string{"a:2", "a:none", "a:1", "a:2", "'"}

	s.expectTally(t, db, ask, map[string]map[report.Status]int64{
		"a:1": {report.StatusPass: 3, report.StatusFail: 1, "": 1},
		"a:2": {report.StatusSkip: 2},
	})
	s.expectTally(t, db, nil, nil)

	outcome := func(n int, path string, platform string) store.Outcome {
		o := store.Outcome{ID: r.Tests[n].ID, BuildID: r.Tests[n].BuildID, Origin: "o", Path: path, Platform: platform}
		if r.Tests[n].Status != nil {
			o.Status = *r.Tests[n].Status
		}
		if r.Tests[n].StartTime != nil {
			o.Start = *r.Tests[n].StartTime
		}
		return o
	}
	expect := func(builds []string, want ...store.Outcome) {
		t.Helper()
		var got []store.Outcome
		for o, err := range db.Outcomes(t.Context(), builds) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, o)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("outcomes of %q differ (-want +got):\n%s", builds, diff)
		}
	}
	expect(ask, outcome(5, "z", ""), outcome(6, "é", ""), outcome(3, "", ""), outcome(4, "B", ""), outcome(2, "b", "é\n\"😀"),
		outcome(1, "b.a", ""), outcome(0, "b.a", "x"))
	expect(nil)
	expect([]string{"a:none"})
	t.Run("many", s.outcomesMany)
}

// expectTally checks the numbers of the outcomes of builds, if the database counts them.
func (s suite) expectTally(t *testing.T, db store.Store, builds []string, want map[string]map[report.Status]int64) {
	t.Helper()
	if !s.can.SQL {
		return
	}
	tally, err := answers.Of(db).Tally(t.Context(), builds)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, tally, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("numbers of %q differ (-want +got):\n%s", builds, diff)
	}
}

// outcomesMany reads more than a page, and stops in the middle.
func (s suite) outcomesMany(t *testing.T) {
	db := s.store(t)
	var builds []string
	for n := range 3 {
		r := numbered(2-n, 700)
		for i := range r.Tests {
			r.Tests[i].Path = new(fmt.Sprintf("p.%04d", (i*37)%700))
		}
		mustLoad(t, db, r, store.LoadOptions{})
		builds = append(builds, r.Builds[0].ID)
	}
	n := 0
	var last store.Outcome
	for o, err := range db.Outcomes(t.Context(), builds) {
		if err != nil {
			t.Fatal(err)
		}
		if o.BuildID != builds[n/700] || n%700 > 0 && o.Path <= last.Path {
			t.Fatalf("%v behind %v", o, last)
		}
		last = o
		n++
	}
	if n != 3*700 {
		t.Errorf("%d outcomes", n)
	}
	for range db.Outcomes(t.Context(), builds) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n = 0
	var err error
	for _, err = range db.Outcomes(ctx, builds) {
		cancel()
		n++
	}
	if !errors.Is(err, context.Canceled) || n > 700 {
		t.Errorf("%d outcomes after it was cancelled, %v", n, err)
	}
}

// previous finds builds like one.
func (s suite) previous(t *testing.T) {
	db := s.store(t)
	r := &report.Report{}
	add := func(id string, start int, change func(*report.Checkout, *report.Build)) {
		c := report.Checkout{ID: id, Origin: "a", GitRepositoryURL: new("https://example.org/a"), GitRepositoryBranch: new("main"), StartTime: new(moment(start))}
		b := report.Build{ID: id, Origin: "a", CheckoutID: id, Architecture: new("arm"), ConfigName: new("def"), StartTime: new(moment(start))}
		if change != nil {
			change(&c, &b)
		}
		r.Checkouts = append(r.Checkouts, c)
		r.Builds = append(r.Builds, b)
	}
	for i := range 5 {
		add(fmt.Sprintf("a:%d", i), 10*i, nil)
	}
	add("a:other origin", 25, func(c *report.Checkout, _ *report.Build) { c.Origin = "b" })
	add("a:other build's origin", 25, func(_ *report.Checkout, b *report.Build) { b.Origin = "b" })
	add("a:other URL", 25, func(c *report.Checkout, _ *report.Build) { c.GitRepositoryURL = new("https://example.org/b") })
	add("a:other branch", 25, func(c *report.Checkout, _ *report.Build) { c.GitRepositoryBranch = new("next") })
	add("a:no branch", 25, func(c *report.Checkout, _ *report.Build) { c.GitRepositoryBranch = nil })
	add("a:other architecture", 25, func(_ *report.Checkout, b *report.Build) { b.Architecture = new("x86") })
	add("a:no configuration", 25, func(_ *report.Checkout, b *report.Build) { b.ConfigName = nil })
	add("a:empty configuration", 25, func(_ *report.Checkout, b *report.Build) { b.ConfigName = new("") })
	add("a:no start", 25, func(c *report.Checkout, _ *report.Build) { c.StartTime = nil })
	add("a:again", 20, func(_ *report.Checkout, b *report.Build) { b.CheckoutID = "a:2"; b.StartTime = new(moment(29)) })
	add("a:nothing", 25, func(c *report.Checkout, b *report.Build) {
		c.GitRepositoryURL, c.GitRepositoryBranch, b.Architecture, b.ConfigName, b.StartTime = nil, nil, nil, nil, nil
	})
	// A time that a number with 53 bits does not hold in microseconds: the nearest is later.
	far := time.Date(9999, 1, 1, 0, 0, 0, 20_000, time.UTC)
	add("a:far", 0, func(c *report.Checkout, _ *report.Build) { c.GitRepositoryBranch, c.StartTime = new("far"), &far })
	mustLoad(t, db, r, store.LoadOptions{})
	like := store.Like{Origin: "a", RepositoryURL: "https://example.org/a", Branch: "main", Architecture: "arm", ConfigName: "def", Before: moment(30)}
	changed := func(change func(*store.Like)) store.Like {
		l := like
		change(&l)
		return l
	}
	for _, c := range []struct {
		like store.Like
		n    int
		want []string
	}{
		{like, 10, []string{"a:again", "a:2", "a:1", "a:0"}},
		{like, 3, []string{"a:again", "a:2", "a:1"}},
		{like, 0, nil},
		{changed(func(l *store.Like) { l.Before = moment(0) }), 10, nil},
		{changed(func(l *store.Like) { l.Before = time.Time{} }), 10, nil},
		{changed(func(l *store.Like) { l.ConfigName = "" }), 10, []string{"a:no configuration"}},
		{changed(func(l *store.Like) { l.Branch = "" }), 10, []string{"a:no branch"}},
		{changed(func(l *store.Like) { l.Branch, l.Before = "far", far }), 10, nil},
		{changed(func(l *store.Like) { l.Branch, l.Before = "far", far.Add(time.Microsecond) }), 10, []string{"a:far"}},
		{store.Like{Origin: "a", Before: moment(30)}, 10, []string{"a:nothing"}},
		{store.Like{}, 10, nil},
	} {
		got, err := db.Previous(t.Context(), c.like, c.n)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v: got %q, %v, want %q", c.like, got, err, c.want)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

func TestOverview(t *testing.T) {
	s := OpenMemory("test")
	defer s.Close()
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	load := func(r *report.Report) {
		t.Helper()
		if _, err := s.Load(t.Context(), r, store.LoadOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	overview := func(latest int) store.Overview {
		t.Helper()
		o, err := s.Overview(t.Context(), latest)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := overview(5); len(o.Latest) != 0 || o.Objects[store.Tests] != 0 {
		t.Errorf("of nothing: %+v", o)
	}

	// Five checkouts a minute apart, each with one build more and three tests
	// to a build; the tests come first.
	start := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	for c := range 5 {
		id := fmt.Sprintf("ci:%d", c)
		r := &report.Report{Checkouts: []report.Checkout{{ID: id, Origin: "ci"}}}
		tests := &report.Report{}
		for b := range c {
			build := fmt.Sprintf("%s-%d", id, b)
			r.Builds = append(r.Builds, report.Build{ID: build, Origin: "ci", CheckoutID: id, Status: new(report.StatusPass)})
			for i, status := range []*report.Status{new(report.StatusFail), new(report.StatusPass), nil} {
				tests.Tests = append(tests.Tests, report.Test{ID: fmt.Sprintf("%s-%d", build, i), Origin: "other", BuildID: build, Status: status})
			}
		}
		load(tests)
		r.Checkouts[0].StartTime = new(start.Add(time.Duration(c) * time.Minute))
		if c == 4 {
			r.Checkouts[0].TreeName, r.Checkouts[0].GitRepositoryBranch = new("mainline"), new("master")
			r.Checkouts[0].GitCommitHash, r.Checkouts[0].GitCommitName = new("abc"), new("v6.19")
		}
		load(r)
	}
	got := overview(2)
	want := store.Overview{
		Objects: map[store.List]int64{store.Checkouts: 5, store.Builds: 10, store.Tests: 30, store.Issues: 0, store.Incidents: 0},
		Latest: []store.CheckoutResults{
			{
				ID: "ci:4", Origin: "ci", TreeName: "mainline", Branch: "master", CommitHash: "abc", CommitName: "v6.19",
				Start: start.Add(4 * time.Minute), Builds: store.Results{report.StatusPass: 4},
				Tests: store.Results{report.StatusFail: 4, report.StatusPass: 4, "": 4},
			},
			{
				ID: "ci:3", Origin: "ci", Start: start.Add(3 * time.Minute), Builds: store.Results{report.StatusPass: 3},
				Tests: store.Results{report.StatusFail: 3, report.StatusPass: 3, "": 3},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if o := overview(0); len(o.Latest) != 0 || o.Objects[store.Checkouts] != 5 {
		t.Errorf("of no checkout: %+v", o)
	}
}

// SPDX-License-Identifier: Apache-2.0

package answers_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

func TestOverview(t *testing.T) {
	s := database(t, &report.Report{})
	load := func(r *report.Report) {
		t.Helper()
		if _, err := s.Load(t.Context(), r, store.LoadOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	overview := func(latest int) answers.Overview {
		t.Helper()
		o, err := answers.New(s.SQL()).Overview(t.Context(), latest)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := overview(5); len(o.Latest) != 0 || o.Objects[store.Tests] != 0 {
		t.Errorf("of an empty database: %+v", o)
	}

	// Five checkouts a minute apart. Each has one more build than the one before, and
	// three tests for each build. The tests arrive first.
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
	want := answers.Overview{
		Objects: map[store.List]int64{store.Checkouts: 5, store.Builds: 10, store.Tests: 30, store.Issues: 0, store.Incidents: 0},
		Latest: []answers.CheckoutResults{
			{
				ID: "ci:4", Origin: "ci", TreeName: "mainline", Branch: "master", CommitHash: "abc", CommitName: "v6.19",
				Start: start.Add(4 * time.Minute), Builds: by{report.StatusPass: 4},
				Tests: by{report.StatusFail: 4, report.StatusPass: 4, "": 4},
			},
			{
				ID: "ci:3", Origin: "ci", Start: start.Add(3 * time.Minute), Builds: by{report.StatusPass: 3},
				Tests: by{report.StatusFail: 3, report.StatusPass: 3, "": 3},
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

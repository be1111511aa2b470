// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"testing"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// history is a number of checkouts, an hour apart, each with one build. Tests ask about
// the last build.
func history(n int) *report.Report {
	r := &report.Report{}
	for i := range n {
		c := fmt.Sprintf("ci:c%d", i)
		r.Checkouts = append(r.Checkouts, report.Checkout{
			ID: c, Origin: "ci", GitRepositoryURL: new("https://example.org/linux.git"), GitRepositoryBranch: new("main"), StartTime: hoursLater(i),
		})
		r.Builds = append(r.Builds, report.Build{
			ID: fmt.Sprintf("ci:b%d", i), Origin: "ci", CheckoutID: c, Architecture: new("arm64"), ConfigName: new("defconfig"),
		})
	}
	return r
}

// addRun adds a run of a test to a build.
func addRun(r *report.Report, build int, path, platform string, status report.Status, hour int) {
	one := testOf(fmt.Sprintf("ci:b%d", build), fmt.Sprintf("ci:t%d", len(r.Tests)), path, status)
	one.StartTime = hoursLater(hour)
	one.Environment = &report.Environment{Misc: json.RawMessage(fmt.Sprintf(`{"platform": %q}`, platform))}
	r.Tests = append(r.Tests, one)
}

func TestBefore(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(r *report.Report)
		want report.Status
	}{
		{"the build before", func(r *report.Report) { addRun(r, 4, "boot", "rpi4", report.StatusPass, 4) }, report.StatusPass},
		{"the newest build that has it", func(r *report.Report) {
			addRun(r, 2, "boot", "rpi4", report.StatusPass, 2)
			addRun(r, 3, "boot", "rpi4", report.StatusFail, 3)
			addRun(r, 4, "boot", "qemu", report.StatusPass, 4)
		}, report.StatusFail},
		{"the last run of a build", func(r *report.Report) {
			addRun(r, 4, "boot", "rpi4", report.StatusPass, 6)
			addRun(r, 4, "boot", "rpi4", report.StatusFail, 5)
		}, report.StatusPass},
		{"a lost run of the same build, later", func(r *report.Report) {
			addRun(r, 4, "boot", "rpi4", report.StatusPass, 4)
			addRun(r, 4, "boot", "rpi4", report.StatusMiss, 5)
		}, report.StatusPass},
		{"the newest of lost runs only", func(r *report.Report) {
			addRun(r, 3, "boot", "rpi4", report.StatusMiss, 3)
			addRun(r, 4, "boot", "rpi4", report.StatusSkip, 4)
		}, report.StatusSkip},
		{"another test", func(r *report.Report) { addRun(r, 4, "boot.nfs", "rpi4", report.StatusPass, 4) }, ""},
		{"another run in the same build", func(r *report.Report) { addRun(r, 5, "boot", "rpi4", report.StatusPass, 4) }, ""},
		{"one that is not over", func(r *report.Report) { addRun(r, 4, "boot", "rpi4", "", 4) }, ""},
		{"another configuration", func(r *report.Report) {
			addRun(r, 4, "boot", "rpi4", report.StatusPass, 4)
			r.Builds[4].ConfigName = new("allmodconfig")
		}, ""},
		{"another architecture", func(r *report.Report) {
			addRun(r, 4, "boot", "rpi4", report.StatusPass, 4)
			r.Builds[4].Architecture = new("arm")
		}, ""},
		{"another branch", func(r *report.Report) {
			addRun(r, 4, "boot", "rpi4", report.StatusPass, 4)
			r.Checkouts[4].GitRepositoryBranch = new("next")
		}, ""},
		{"another origin", func(r *report.Report) {
			addRun(r, 4, "boot", "rpi4", report.StatusPass, 4)
			r.Builds[4].Origin = "lab"
		}, ""},
		{"a later checkout", func(r *report.Report) {
			addRun(r, 4, "boot", "rpi4", report.StatusPass, 4)
			r.Checkouts[4].StartTime = hoursLater(9)
		}, ""},
		{"nobody knows when it was checked out", func(r *report.Report) {
			addRun(r, 4, "boot", "rpi4", report.StatusPass, 4)
			r.Checkouts[5].StartTime = nil
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := history(6)
			addRun(r, 5, "boot", "rpi4", report.StatusFail, 5)
			c.make(r)
			found := must[[]graph.Object](t)(graph.New(t.Context(), open(t, r)).Find(object.TestRef("ci:t0")))
			if got := must[report.Status](t)(found[0].(*graph.Test).Before()); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestBeforeReadsOnce: the results of earlier builds are read once for all tests of
// similar builds.
func TestBeforeReadsOnce(t *testing.T) {
	r := history(6)
	for i := range 20 {
		addRun(r, 5, fmt.Sprintf("ltp.%d", i), "rpi4", report.StatusFail, 5)
		addRun(r, 4, fmt.Sprintf("ltp.%d", i), "rpi4", report.StatusPass, 4)
	}
	s := open(t, r)
	g := graph.New(t.Context(), s)
	for i := range 20 {
		found := must[[]graph.Object](t)(g.Find(object.TestRef(fmt.Sprintf("ci:t%d", 2*i))))
		s.asked = s.asked[:len(s.asked)-1] // the query
		if got := must[report.Status](t)(found[0].(*graph.Test).Before()); got != report.StatusPass {
			t.Errorf("test %d was %q", i, got)
		}
	}
	s.checkQueries(t, "20 tests", "previous", "outcomes ci:b4")
}

// TestBeforeLostRuns: inconclusive runs do not hide a conclusive run in the last ten
// builds.
func TestBeforeLostRuns(t *testing.T) {
	for _, lost := range []report.Status{report.StatusMiss, report.StatusSkip, report.StatusError, report.StatusDone, ""} {
		for _, c := range []struct {
			build int // that passed
			want  report.Status
		}{{11, report.StatusPass}, {10, report.StatusPass}, {2, report.StatusPass}, {1, lost}} {
			r := history(13)
			addRun(r, 12, "boot", "rpi4", report.StatusFail, 12)
			addRun(r, c.build, "boot", "rpi4", report.StatusPass, c.build)
			r.Builds[c.build].Status = new(report.StatusPass)
			for i := c.build + 1; i < 12; i++ {
				addRun(r, i, "boot", "rpi4", lost, i)
				if lost != "" {
					r.Builds[i].Status = &lost
				}
			}
			found := must[[]graph.Object](t)(graph.New(t.Context(), open(t, r)).Find(object.TestRef("ci:t0"), object.BuildRef("ci:b12")))
			if got := must[report.Status](t)(found[0].(*graph.Test).Before()); got != c.want {
				t.Errorf("%q after build %d: the test was %q, want %q", lost, c.build, got, c.want)
			}
			if got := must[report.Status](t)(found[1].(*graph.Build).Before()); got != c.want {
				t.Errorf("%q after build %d: the build was %q, want %q", lost, c.build, got, c.want)
			}
		}
	}
}

// TestBeforeReadsAsFarAsNeeded: an older build is read, once, if the newer builds have
// no conclusive run of the test.
func TestBeforeReadsAsFarAsNeeded(t *testing.T) {
	r := history(6)
	addRun(r, 5, "boot", "rpi4", report.StatusFail, 5)
	addRun(r, 5, "new", "rpi4", report.StatusFail, 5)
	addRun(r, 5, "other", "rpi4", report.StatusFail, 5)
	addRun(r, 4, "boot", "rpi4", report.StatusMiss, 4)
	addRun(r, 3, "boot", "rpi4", report.StatusPass, 3)
	s := open(t, r)
	found := must[[]graph.Object](t)(graph.New(t.Context(), s).Find(object.TestRef("ci:t0"), object.TestRef("ci:t1"), object.TestRef("ci:t2")))
	for i, want := range []string{
		`["previous" "outcomes ci:b4" "outcomes ci:b3"]`, `["outcomes ci:b2" "outcomes ci:b1" "outcomes ci:b0"]`, `[]`,
	} {
		s.asked = nil
		must[report.Status](t)(found[i].(*graph.Test).Before())
		if got := fmt.Sprintf("%q", s.asked); got != want {
			t.Errorf("test %d: the database was asked %s, want %s", i, got, want)
		}
	}
}

// endless is a database with builds that have any number of tests.
type endless struct{ *watched }

func (s endless) Outcomes(_ context.Context, builds []string) iter.Seq2[store.Outcome, error] {
	s.record("outcomes " + builds[0])
	return func(yield func(store.Outcome, error) bool) {
		for range 60_000 {
			if !yield(store.Outcome{BuildID: builds[0], Path: "other", Status: report.StatusPass}, nil) {
				return
			}
		}
	}
}

// TestBeforeIsBounded: not all large builds are read for a test that did not run in the
// newer builds.
func TestBeforeIsBounded(t *testing.T) {
	r := history(13)
	addRun(r, 12, "boot", "rpi4", report.StatusFail, 12)
	s := endless{open(t, r)}
	found := must[[]graph.Object](t)(graph.New(t.Context(), s).Find(object.TestRef("ci:t0")))
	s.asked = nil
	must[report.Status](t)(found[0].(*graph.Test).Before())
	s.checkQueries(t, "a test that never ran", "previous", "outcomes ci:b11", "outcomes ci:b10")
}

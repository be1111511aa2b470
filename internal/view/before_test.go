// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/kcidb-go/kcidb/internal/view"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// history is six checkouts, one an hour, each with a build; the last is the one
// that is asked about.
func history() *report.Report {
	r := &report.Report{}
	for i := range 6 {
		c := fmt.Sprintf("ci:c%d", i)
		r.Checkouts = append(r.Checkouts, report.Checkout{
			ID: c, Origin: "ci", GitRepositoryURL: new("https://example.org/linux.git"), GitRepositoryBranch: new("main"), StartTime: at(i),
		})
		r.Builds = append(r.Builds, report.Build{
			ID: fmt.Sprintf("ci:b%d", i), Origin: "ci", CheckoutID: c, Architecture: new("arm64"), ConfigName: new("defconfig"),
		})
	}
	return r
}

// ran adds a test that ran in a build.
func ran(r *report.Report, build int, path, platform string, status report.Status, hour int) {
	one := testOf(fmt.Sprintf("ci:b%d", build), fmt.Sprintf("ci:t%d", len(r.Tests)), path, status)
	one.StartTime = at(hour)
	one.Environment = &report.Environment{Misc: json.RawMessage(fmt.Sprintf(`{"platform": %q}`, platform))}
	r.Tests = append(r.Tests, one)
}

func TestBefore(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(r *report.Report)
		want report.Status
	}{
		{"the build before", func(r *report.Report) { ran(r, 4, "boot", "rpi4", report.StatusPass, 4) }, report.StatusPass},
		{"the newest build that has it", func(r *report.Report) {
			ran(r, 2, "boot", "rpi4", report.StatusPass, 2)
			ran(r, 3, "boot", "rpi4", report.StatusFail, 3)
			ran(r, 4, "boot", "qemu", report.StatusPass, 4)
		}, report.StatusFail},
		{"the last run of a build", func(r *report.Report) {
			ran(r, 4, "boot", "rpi4", report.StatusPass, 6)
			ran(r, 4, "boot", "rpi4", report.StatusFail, 5)
		}, report.StatusPass},
		{"not further back than three builds", func(r *report.Report) { ran(r, 1, "boot", "rpi4", report.StatusPass, 1) }, ""},
		{"three builds back", func(r *report.Report) { ran(r, 2, "boot", "rpi4", report.StatusPass, 1) }, report.StatusPass},
		{"another test", func(r *report.Report) { ran(r, 4, "boot.nfs", "rpi4", report.StatusPass, 4) }, ""},
		{"another run in the same build", func(r *report.Report) { ran(r, 5, "boot", "rpi4", report.StatusPass, 4) }, ""},
		{"one that is not over", func(r *report.Report) { ran(r, 4, "boot", "rpi4", "", 4) }, ""},
		{"another configuration", func(r *report.Report) {
			ran(r, 4, "boot", "rpi4", report.StatusPass, 4)
			r.Builds[4].ConfigName = new("allmodconfig")
		}, ""},
		{"another architecture", func(r *report.Report) {
			ran(r, 4, "boot", "rpi4", report.StatusPass, 4)
			r.Builds[4].Architecture = new("arm")
		}, ""},
		{"another branch", func(r *report.Report) {
			ran(r, 4, "boot", "rpi4", report.StatusPass, 4)
			r.Checkouts[4].GitRepositoryBranch = new("next")
		}, ""},
		{"another origin", func(r *report.Report) {
			ran(r, 4, "boot", "rpi4", report.StatusPass, 4)
			r.Builds[4].Origin = "lab"
		}, ""},
		{"a later checkout", func(r *report.Report) {
			ran(r, 4, "boot", "rpi4", report.StatusPass, 4)
			r.Checkouts[4].StartTime = at(9)
		}, ""},
		{"nobody knows when it was checked out", func(r *report.Report) {
			ran(r, 4, "boot", "rpi4", report.StatusPass, 4)
			r.Checkouts[5].StartTime = nil
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := history()
			ran(r, 5, "boot", "rpi4", report.StatusFail, 5)
			c.make(r)
			found := must[[]view.Object](t)(view.New(t.Context(), open(t, r)).Find(object.TestRef("ci:t0")))
			if got := must[report.Status](t)(found[0].(*view.Test).Before()); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestBeforeReadsOnce: all tests of builds alike share what is read.
func TestBeforeReadsOnce(t *testing.T) {
	r := history()
	for i := range 20 {
		ran(r, 5, fmt.Sprintf("ltp.%d", i), "rpi4", report.StatusFail, 5)
		ran(r, 4, fmt.Sprintf("ltp.%d", i), "rpi4", report.StatusPass, 4)
	}
	s := open(t, r)
	w := view.New(t.Context(), s)
	for i := range 20 {
		found := must[[]view.Object](t)(w.Find(object.TestRef(fmt.Sprintf("ci:t%d", 2*i))))
		s.asked = s.asked[:len(s.asked)-1] // the query
		if got := must[report.Status](t)(found[0].(*view.Test).Before()); got != report.StatusPass {
			t.Errorf("test %d was %q", i, got)
		}
	}
	s.took(t, "20 tests", "previous", "outcomes ci:b4", "outcomes ci:b3", "outcomes ci:b2")
}

// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/report"
)

// untested moves the tests of the last build, which has no status, to another build,
// and lets another build of its checkout pass.
func untested(r *report.Report) {
	r.Tests[2].BuildID, r.Tests[3].BuildID = r.Builds[0].ID, r.Builds[0].ID
	r.Builds[1].CheckoutID, r.Builds[1].Status = r.Builds[2].CheckoutID, new(report.StatusPass)
}

func TestDone(t *testing.T) {
	for _, c := range []struct {
		name          string
		make          func(r *report.Report)
		builds, tests bool
	}{
		{"a build and a test are open", func(r *report.Report) { untested(r); r.Tests[3].Status = nil }, false, false},
		{"a build is open", untested, false, true},
		{"it was tested", func(r *report.Report) {}, true, true},
		{"it took its time", func(r *report.Report) { untested(r); r.Builds[2].Duration = new(1.5) }, true, true},
		{"its checkout is not valid", func(r *report.Report) { untested(r); r.Checkouts[1].Valid = new(false) }, true, true},
		{"all have a status", func(r *report.Report) { untested(r); r.Builds[2].Status = new(report.StatusDone) }, true, true},
		{"the origin has all builds done", func(r *report.Report) { untested(r); r.Checkouts[1].OriginBuildsFinishTime = hoursLater(1) }, true, true},
		{"only the other origin has", func(r *report.Report) { untested(r); r.Checkouts[0].OriginBuildsFinishTime = hoursLater(1) }, false, true},
		{"one of the origins has all tests done", func(r *report.Report) {
			untested(r)
			r.Tests[3].Status = nil
			r.Checkouts[0].OriginTestsFinishTime = hoursLater(1)
		}, false, false},
		{"both origins have", func(r *report.Report) {
			untested(r)
			r.Tests[3].Status = nil
			r.Checkouts[0].OriginTestsFinishTime, r.Checkouts[1].OriginTestsFinishTime = hoursLater(1), hoursLater(2)
		}, false, true},
		{"a checkout has no builds", func(r *report.Report) { r.Builds, r.Tests = r.Builds[:2], r.Tests[:2] }, false, true},
		{"its origin says that it will have none", func(r *report.Report) {
			r.Builds, r.Tests = r.Builds[:2], r.Tests[:2]
			r.Checkouts[1].OriginBuildsFinishTime = hoursLater(1)
		}, true, true},
		{"there are no tests", func(r *report.Report) { r.Tests = nil }, true, false},
		{"its origin tells no passes", func(r *report.Report) { untested(r); r.Builds[1].Status = new(report.StatusFail) }, true, true},
		{"there is nothing", func(r *report.Report) { r.Builds, r.Tests = nil, nil }, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := family()
			c.make(r)
			revision := graph.New(t.Context(), open(t, r)).Revision(commit, "")
			builds := must[*graph.Builds](t)(revision.Builds())
			if got := must[bool](t)(builds.Done()); got != c.builds {
				t.Errorf("builds are done: %v", got)
			}
			if got := must[bool](t)(builds.Tests().Done()); got != c.tests {
				t.Errorf("tests are done: %v", got)
			}
		})
	}
}

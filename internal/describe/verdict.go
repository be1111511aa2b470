// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/report"
)

// Verdict says how it went: the status, and what that means here.
func (d *Data) Verdict() (string, error) {
	var said string
	var err error
	switch o := d.Object.(type) {
	case *graph.Issue:
		newest, err := o.Newest()
		if err != nil {
			return "", err
		}
		return sightings(newest)
	case *graph.IssueVersion:
		return sightings(o)
	case *graph.Incident:
		where, _ := d.whereSeen(o)
		switch {
		case o.BuildID == nil && o.TestID == nil:
			return "UNKNOWN: no build and no test is named", nil
		case o.Seen():
			return "SEEN in " + where, nil
		}
		return "NOT SEEN in " + where, nil
	case *graph.Build:
		said, err = d.ofBuild(o)
	case *graph.Test:
		said, err = d.Change()
		said = own[o.Outcome()].test + said
	default:
		said, err = d.Sums()
	}
	if err != nil {
		return "", err
	}
	status, err := d.Status()
	return status + ": " + said, err
}

// Status is the object's, and what stands for none.
func (d *Data) Status() (string, error) {
	status, err := d.Object.Status()
	return cmp.Or(status, "NO RESULT"), err
}

// Bad tells whether it did not go well.
func (d *Data) Bad() (bool, error) {
	status, err := d.Object.Status()
	return graph.Bad(summary.Counts{report.Status(status): 1}) > 0, err
}

// ofBuild says how a build went, and its tests.
func (d *Data) ofBuild(b *graph.Build) (string, error) {
	change, err := d.Change()
	if err != nil {
		return "", err
	}
	said := own[b.Outcome()].build + change
	tests, err := b.Tests().Counts()
	if tests.Total() > 0 {
		said += "; " + sum(tests, "test")
	}
	return said, err
}

// Change says how it was before, behind how it is: ", was PASS before", ", as
// before". It is "" where that is not known.
func (d *Data) Change() (string, error) {
	before, err := d.Before()
	if err != nil || before == "" {
		return "", err
	}
	now, err := d.Object.Status()
	if before == now {
		return ", as before", err
	}
	return ", was " + line(before) + " before", err
}

// Before is the status before: the one that is given, or else how the last test
// or build like it ended.
func (d *Data) Before() (string, error) {
	if d.Was != "" {
		return d.Was, nil
	}
	if o, ok := d.Object.(interface {
		Before() (report.Status, error)
	}); ok {
		status, err := o.Before()
		return string(status), err
	}
	return "", nil
}

// own is what a status of a single object means.
var own = map[report.Status]struct{ build, test string }{
	report.StatusFail:  {"the build fails", "the test fails"},
	report.StatusError: {"the build aborted", "the test aborted"},
	report.StatusMiss:  {"the build gave no result", "the test gave no result"},
	report.StatusPass:  {"it builds", "the test passes"},
	report.StatusDone:  {"the build is done", "the test is done"},
	report.StatusSkip:  {"the build was skipped", "the test was skipped"},
	"":                 {"it is not known how the build went", "it is not known how the test went"},
}

// sightings says where a version of an issue was seen.
func sightings(v *graph.IssueVersion) (string, error) {
	seen, err := v.Seen()
	switch {
	case err != nil:
		return "", err
	case seen.Present > 0:
		return "SEEN in " + seenIn(seen.Builds, seen.Tests), nil
	case seen.Absent > 0:
		return "NOT SEEN, looked for " + plural(seen.Absent, "time"), nil
	}
	return "NOT SEEN so far", nil
}

func seenIn(builds, tests int64) string {
	var in []string
	if tests > 0 {
		in = append(in, plural(tests, "test"))
	}
	if builds > 0 {
		in = append(in, plural(builds, "build"))
	}
	return cmp.Or(several(in, 2), "something unknown")
}

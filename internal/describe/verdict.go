// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/view"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Verdict says how it went: the status, and what that means here.
func (d *Data) Verdict() (string, error) {
	var said string
	var err error
	switch o := d.Object.(type) {
	case *view.Issue:
		newest, err := o.Newest()
		if err != nil {
			return "", err
		}
		return sightings(newest)
	case *view.IssueVersion:
		return sightings(o)
	case *view.Incident:
		where, _ := d.whereSeen(o)
		switch {
		case o.BuildID == nil && o.TestID == nil:
			return "UNKNOWN: no build and no test is named", nil
		case o.Present == nil:
			return "UNKNOWN whether it is in " + where, nil
		case *o.Present:
			return "SEEN in " + where, nil
		}
		return "NOT SEEN in " + where, nil
	case *view.Build:
		said, err = d.ofBuild(o)
	case *view.Test:
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
	return view.Bad(object.Counts{report.Status(status): 1}) > 0, err
}

// ofBuild says how a build went, and its tests.
func (d *Data) ofBuild(b *view.Build) (string, error) {
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

// Sums says what the builds and tests of a revision or a checkout come to.
func (d *Data) Sums() (string, error) {
	all, err := checkouts(d.Object)
	if err != nil {
		return "", err
	}
	validity := object.Counts{}
	for _, c := range all {
		validity[c.Validity()]++
	}
	builds, tests, err := results(d.Object)
	if err != nil {
		return "", err
	}
	tested, err := tests.Counts()
	if err != nil {
		return "", err
	}
	var parts []string
	if n := validity[report.StatusFail]; n > 0 && len(all) == 1 {
		parts = append(parts, "checking out or patching failed")
	} else if n > 0 {
		parts = append(parts, sum(validity, "checkout"))
	}
	for _, of := range []struct {
		counts object.Counts
		noun   string
	}{{tested, "test"}, {builds.Counts(), "build"}} {
		if of.counts.Total() > 0 {
			parts = append(parts, sum(of.counts, of.noun))
		}
	}
	if len(parts) == 0 {
		parts = []string{"no builds or tests yet"}
	}
	if builds.Counts().Status() == "" && tested.Status() == "" && validity[report.StatusPass] > 0 {
		parts = slices.Insert(parts, 0, "checked out") // or it would not be told what passed
	}
	if strings.Contains(strings.Join(parts, ""), ", ") {
		return strings.Join(parts, "; "), nil
	}
	return strings.Join(parts, ", "), nil
}

// verbs are what one and what several do that have a status.
var verbs = map[report.Status][2]string{
	report.StatusFail:  {"fails", "fail"},
	report.StatusError: {"aborted", "aborted"},
	report.StatusMiss:  {"is missing", "are missing"},
	report.StatusPass:  {"passes", "pass"},
	report.StatusDone:  {"is done", "are done"},
	report.StatusSkip:  {"was skipped", "were skipped"},
	"":                 {"has no result", "have no result"},
}

// sum says what counts come to: those that are bad, or else the best there is.
func sum(c object.Counts, noun string) string {
	var parts []string
	for _, status := range object.Statuses {
		n := c[status]
		if n == 0 || len(parts) > 0 && view.Bad(object.Counts{status: n}) == 0 {
			continue
		}
		verb := verbs[status][min(n-1, 1)]
		switch total := c.Total(); {
		case len(parts) > 0:
			parts = append(parts, number(n)+" "+verb)
		case total == 1:
			parts = append(parts, plural(n, noun)+" "+verb)
		case n == 2 && total == 2:
			parts = append(parts, "both "+noun+"s "+verb)
		case n == total:
			parts = append(parts, "all "+plural(n, noun)+" "+verb)
		default:
			parts = append(parts, number(n)+" of "+plural(total, noun)+" "+verb)
		}
	}
	return strings.Join(parts, ", ")
}

// sightings says where a version of an issue was seen.
func sightings(v *view.IssueVersion) (string, error) {
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

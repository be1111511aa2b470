// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/report"
)

// Verdict says how it went: the status, and its meaning for this object.
func (d *Data) Verdict() (document.Verdict, error) {
	switch o := d.Object.(type) {
	case *graph.Issue:
		newest, err := o.Newest()
		if err != nil {
			return document.Verdict{}, err
		}
		return issueVerdict(newest)
	case *graph.IssueVersion:
		return issueVerdict(o)
	case *graph.Incident:
		return d.incidentVerdict(o), nil
	}
	status, err := d.Object.Status()
	if err != nil {
		return document.Verdict{}, err
	}
	meaning, err := d.explainStatus()
	return document.Verdict{Status: status, Word: orNoResult(status), Rest: ": " + meaning}, err
}

// explainStatus says what the status of the object means.
func (d *Data) explainStatus() (string, error) {
	switch o := d.Object.(type) {
	case *graph.Build:
		return d.buildMeaning(o)
	case *graph.Test:
		change, err := d.Change()
		return meanings[o.Outcome()].test + change, err
	}
	return d.Sums()
}

// buildMeaning says how a build went, and its tests.
func (d *Data) buildMeaning(b *graph.Build) (string, error) {
	change, err := d.Change()
	if err != nil {
		return "", err
	}
	meaning := meanings[b.Outcome()].build + change
	tests, err := b.Tests().Counts()
	if tests.Total() > 0 {
		meaning += "; " + sum(tests, "test")
	}
	return meaning, err
}

// meanings are the meanings of the status of a build and of a test.
var meanings = map[report.Status]struct{ build, test string }{
	report.StatusFail:  {"the build fails", "the test fails"},
	report.StatusError: {"the build aborted", "the test aborted"},
	report.StatusMiss:  {"the build gave no result", "the test gave no result"},
	report.StatusPass:  {"it builds", "the test passes"},
	report.StatusDone:  {"the build is done", "the test is done"},
	report.StatusSkip:  {"the build was skipped", "the test was skipped"},
	"":                 {"it is not known how the build went", "it is not known how the test went"},
}

// issueVerdict says where a version of an issue was seen.
func issueVerdict(v *graph.IssueVersion) (document.Verdict, error) {
	seen, err := v.Seen()
	switch {
	case err != nil:
		return document.Verdict{}, err
	case seen.Present > 0:
		return document.Verdict{Status: string(report.StatusFail), Word: "SEEN", Rest: " in " + seenIn(seen.Builds, seen.Tests)}, nil
	case seen.Absent > 0:
		return document.Verdict{Status: string(report.StatusPass), Word: "NOT SEEN", Rest: ", looked for " + plural(seen.Absent, "time")}, nil
	}
	return document.Verdict{Word: "NOT SEEN", Rest: " so far"}, nil
}

// incidentVerdict shows if and where the issue of an incident was seen.
func (d *Data) incidentVerdict(n *graph.Incident) document.Verdict {
	if n.BuildID == nil && n.TestID == nil {
		return document.Verdict{Word: "UNKNOWN", Rest: ": no build and no test is named"}
	}
	place := " in " + d.place(n).Text
	if n.Seen() {
		return document.Verdict{Status: string(report.StatusFail), Word: "SEEN", Rest: place}
	}
	return document.Verdict{Status: string(report.StatusPass), Word: "NOT SEEN", Rest: place}
}

// seenIn counts the tests and builds that an issue was seen in.
func seenIn(builds, tests int64) string {
	var in []string
	if tests > 0 {
		in = append(in, plural(tests, "test"))
	}
	if builds > 0 {
		in = append(in, plural(builds, "build"))
	}
	return cmp.Or(listWords(in, 2), "something unknown")
}

// Status returns the status of the object, or NO RESULT.
func (d *Data) Status() (string, error) {
	status, err := d.Object.Status()
	return orNoResult(status), err
}

func orNoResult(status string) string { return cmp.Or(status, "NO RESULT") }

// Bad reports whether the object has a bad status: FAIL, ERROR or MISS.
func (d *Data) Bad() (bool, error) {
	status, err := d.Object.Status()
	return graph.Bad(summary.Counts{report.Status(status): 1}) > 0, err
}

// Change compares the status with the one before: ", was PASS before", or ", as before".
// It returns "" if the status before is unknown.
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

// Before returns the status before: the given status, or else the status of the last
// similar test or build.
func (d *Data) Before() (string, error) {
	if d.Was != "" || d.First {
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

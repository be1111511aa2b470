// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"strings"

	"github.com/kcidb-go/kcidb/internal/view"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Word is the status of the object, and what stands for none.
func (d Data) Word() (string, error) {
	status, err := d.Object.Status()
	switch d.Object.(type) {
	case *view.Issue, *view.IssueVersion, *view.Incident:
		switch report.Status(status) {
		case report.StatusFail:
			return "SEEN", err
		case report.StatusPass:
			return "NOT SEEN", err
		}
	}
	return cmp.Or(status, "NO RESULT"), err
}

// Outcome says how it went, in some words behind the status.
func (d Data) Outcome() (string, error) {
	switch o := d.Object.(type) {
	case *view.Revision, *view.Checkout:
		return d.sums()
	case *view.Build:
		before, err := d.Before()
		if err != nil {
			return "", err
		}
		tests, err := o.Tests().Counts()
		said := own[o.Outcome()].build + changed(before, o.Outcome())
		if tests.Total() > 0 {
			said += "; " + sum(tests, "test")
		}
		return said, err
	case *view.Test:
		before, err := d.Before()
		return own[o.Outcome()].test + changed(before, o.Outcome()), err
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
		if o.Present == nil {
			return "nobody told whether it was seen in " + where, nil
		}
		return "in " + where, nil
	}
	return "", nil
}

// Before is the status before: the one that is given, or else how the last test
// or build like it ended.
func (d Data) Before() (string, error) {
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
	report.StatusError: {"the build broke off", "the test broke off"},
	report.StatusMiss:  {"no result of the build came", "no result of the test came"},
	report.StatusPass:  {"it builds", "the test passes"},
	report.StatusDone:  {"the build is done", "the test is done"},
	report.StatusSkip:  {"the build was skipped", "the test was skipped"},
	"":                 {"nobody told yet how the build went", "nobody told yet how the test went"},
}

// changed says how it was before.
func changed(before string, now report.Status) string {
	switch before {
	case "":
		return ""
	case string(now):
		return ", as before"
	}
	return ", was " + line(before) + " before"
}

// sums says what builds and tests come to.
func (d Data) sums() (string, error) {
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
	switch {
	case len(parts) == 0:
		return "no builds or tests yet", nil
	case strings.Contains(strings.Join(parts, ""), ", "):
		return strings.Join(parts, "; "), nil
	}
	return strings.Join(parts, ", "), nil
}

// verbs are what one and what several do that have a status.
var verbs = map[report.Status][2]string{
	report.StatusFail:  {"fails", "fail"},
	report.StatusError: {"broke off", "broke off"},
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
		return "in " + seenIn(seen.Builds, seen.Tests), nil
	case seen.Absent > 0:
		return "looked for " + plural(seen.Absent, "time"), nil
	}
	return "nobody told yet where it was seen", nil
}

func seenIn(builds, tests int64) string {
	var in []string
	if tests > 0 {
		in = append(in, plural(tests, "test"))
	}
	if builds > 0 {
		in = append(in, plural(builds, "build"))
	}
	return cmp.Or(several(in, 2), "something that is not known")
}

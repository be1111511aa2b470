// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"fmt"
	"testing"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// familyWithIssues is the family with issues. i1 was seen in two tests and a build. i2
// was seen in a test that has i1 too, by an incident that says so and by an incident
// that says nothing, and was looked for in another test.
func familyWithIssues() *report.Report {
	r := family()
	for i := range 3 {
		r.Tests[i].Status = new(report.StatusFail)
	}
	r.Issues = []report.Issue{
		{ID: "ci:i1", Origin: "ci", Version: 1, ReportSubject: new("the first")},
		{ID: "ci:i1", Origin: "ci", Version: 2, ReportSubject: new("the first, better understood"), Culprit: &report.Culprit{Code: new(true), Tool: new(true)}},
		{ID: "ci:i2", Origin: "ci", Version: 1},
	}
	for i, n := range []report.Incident{
		{IssueID: "ci:i2", IssueVersion: 1, TestID: new("ci:t1"), Present: new(true), Timestamp: hoursLater(9)},
		{IssueID: "ci:i1", IssueVersion: 2, TestID: new("ci:t1"), Present: new(true), Timestamp: hoursLater(8)},
		{IssueID: "ci:i1", IssueVersion: 2, TestID: new("ci:t3"), Present: new(true), Timestamp: hoursLater(7)},
		{IssueID: "ci:i1", IssueVersion: 2, BuildID: new("ci:b2"), Present: new(true), Timestamp: hoursLater(8)},
		{IssueID: "ci:i2", IssueVersion: 1, TestID: new("ci:t2"), Present: new(false), Timestamp: hoursLater(1)},
		{IssueID: "ci:i2", IssueVersion: 1, TestID: new("ci:t1"), Timestamp: hoursLater(1)},
	} {
		n.ID, n.Origin = fmt.Sprintf("ci:n%d", i), "ci"
		r.Incidents = append(r.Incidents, n)
	}
	return r
}

func TestSightings(t *testing.T) {
	s := open(t, familyWithIssues())
	g := graph.New(t.Context(), s)
	found := must[[]graph.Object](t)(g.Find(object.TestRef("ci:t1"), object.TestRef("ci:t2"), object.BuildRef("ci:b2")))
	s.checkQueries(t, "tests", "query")
	test := found[0].(*graph.Test)
	for range 2 {
		var got []string
		for _, one := range must[[]*graph.SeenVersion](t)(test.Issues()) {
			got = append(got, fmt.Sprintf("%s %q %s", one.Incident.ID, one.Subject(), one.Culprits()))
		}
		if want := `[ci:n1 "the first, better understood" [code tool] ci:n0 "" [] ci:n5 "" []]`; fmt.Sprint(got) != want {
			t.Errorf("seen in the test: %v, want %s", got, want)
		}
	}
	s.checkQueries(t, "its issues", "match incident")
	if seen := must[[]*graph.SeenVersion](t)(found[1].(*graph.Test).Issues()); len(seen) > 0 {
		t.Errorf("an issue that was looked for was seen: %+v", seen)
	}
	if seen := must[[]*graph.SeenVersion](t)(found[2].(*graph.Build).Issues()); len(seen) != 1 || seen[0].Incident.ID != "ci:n3" {
		t.Errorf("seen in the build: %+v", seen)
	}
}

func TestSeen(t *testing.T) {
	s := open(t, familyWithIssues())
	g := graph.New(t.Context(), s)
	issue := g.Issue("ci:i1")
	newest := must[*graph.IssueVersion](t)(issue.Newest())
	if newest.Version != 2 || !newest.Known() || newest.WholeIssue() != issue {
		t.Errorf("the newest is %+v", newest)
	}
	s.checkQueries(t, "versions", "match issue_version")
	seen := must[*graph.Seen](t)(newest.Seen())
	if seen.Present != 3 || seen.Builds != 1 || seen.Tests != 2 || seen.First.ID != "ci:n2" {
		t.Errorf("seen %+v", seen)
	}
	if status := must[string](t)(issue.Status()); status != "FAIL" {
		t.Errorf("the status is %q", status)
	}
	s.checkQueries(t, "sightings", "roll-ups")
	if seen.First.Test().Known() {
		t.Error("the first test is known before it is read")
	}
	if err := seen.First.ReadParents(); err != nil || seen.First.Test().Path() != "boot" || seen.First.Build().Ref().ID[0] != "ci:b3" {
		t.Errorf("first seen in %+v, %v", seen.First.Test(), err)
	}
	other := must[*graph.Seen](t)(g.IssueVersion("ci:i2", 1).Seen())
	if other.Present != 2 || other.Tests != 2 || other.Absent != 1 {
		t.Errorf("seen %+v", other)
	}
}

func TestFindings(t *testing.T) {
	s := open(t, familyWithIssues())
	g := graph.New(t.Context(), s)
	builds := must[*graph.Builds](t)(g.Revision(commit, "").Builds())
	s.asked = nil
	findings := must[*graph.Findings](t)(builds.Findings())
	s.checkQueries(t, "findings", "roll-ups", "match issue_version")
	var got []string
	for _, f := range findings.List {
		got = append(got, fmt.Sprintf("%s %q: %d builds, %d tests", f.ID, f.Subject(), f.Builds, f.Tests))
	}
	want := `[ci:i1 "the first, better understood": 1 builds, 2 tests ci:i2 "": 0 builds, 2 tests]`
	if fmt.Sprint(got) != want || !findings.Tested() {
		t.Errorf("found %v, in tests: %v, want %s", got, findings.Tested(), want)
	}

	tests := builds.Tests()
	groups := must[*summary.Groups](t)(tests.Unexplained())
	if list := groups.List(); len(list) != 1 || list[0].First != "ci:t2" {
		t.Errorf("unexplained: %+v", list)
	}
	s.checkQueries(t, "what is unexplained", "roll-ups", "roll-ups")
	for range 2 {
		if list := must[*summary.Groups](t)(tests.Failures()).List(); len(list) != 2 || list[0].Path != "boot" || list[0].N != 2 ||
			list[0].Architectures.String() != "arm64" {
			t.Errorf("failures: %+v", list)
		}
	}
	s.checkQueries(t, "failures")

	of := must[*graph.Findings](t)(g.Build("ci:b1").Findings())
	if len(of.List) != 2 || of.List[0].Tests != 2 || !of.Tested() {
		t.Errorf("found in a build: %+v", of)
	}
}

// TestFailuresOfNone: no test is read if none failed.
func TestFailuresOfNone(t *testing.T) {
	r := family()
	r.Tests = r.Tests[:2]
	s := open(t, r)
	tests := must[*graph.Tests](t)(graph.New(t.Context(), s).Revision(commit, "").Tests())
	s.asked = nil
	if groups := must[*summary.Groups](t)(tests.Failures()); len(groups.List()) > 0 {
		t.Errorf("failures: %+v", groups.List())
	}
	s.checkQueries(t, "no failures", "roll-ups")
	if found := must[[]*graph.Test](t)(tests.Get()); found != nil {
		t.Errorf("got %v", found)
	}
	s.checkQueries(t, "no tests")
	if found := must[[]*graph.Test](t)(tests.Get("ci:t2", "ci:gone", "ci:t1")); len(found) != 2 || found[0].Path() != "ltp.a" {
		t.Errorf("got %+v", found)
	}
	s.checkQueries(t, "some tests", "match test")
}

// SPDX-License-Identifier: Apache-2.0

package answers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// issueReport returns issues that were seen in two checkouts of two branches.
func issueReport() *report.Report {
	r := &report.Report{
		Checkouts: []report.Checkout{
			{ID: "c1", Origin: "ci", TreeName: new("a"), GitRepositoryURL: new("https://x/a"), GitRepositoryBranch: new("main"), GitCommitHash: new("h1"), StartTime: hour(0)},
			{ID: "c2", Origin: "ci", GitRepositoryURL: new("https://x/b"), GitCommitHash: new("h2"), StartTime: hour(1)},
		},
		Builds: []report.Build{
			{ID: "b1", Origin: "ci", CheckoutID: "c1", StartTime: hour(2), Status: new(report.StatusFail)},
			{ID: "b2", Origin: "ci", CheckoutID: "c2", StartTime: hour(3), Status: new(report.StatusPass)},
			{ID: "b3", Origin: "ci", CheckoutID: "c2"},
		},
		Tests: []report.Test{
			{ID: "t1", Origin: "ci", BuildID: "b2", Path: new("boot"), StartTime: hour(4), Status: new(report.StatusFail)},
			{ID: "t2", Origin: "ci", BuildID: "b2", Path: new("ltp"), StartTime: hour(5)},
		},
		Issues: []report.Issue{
			{ID: "i1", Version: 1, Origin: "ci", Comment: new("first"), Timestamp: hour(1)},
			{ID: "i1", Version: 2, Origin: "ci", Comment: new("second"), ReportURL: new("https://r"), Timestamp: hour(3)},
			{ID: "i2", Version: 1, Origin: "ci", Timestamp: hour(3)},
			{ID: "i3", Version: 1, Origin: "ci", Timestamp: hour(2)},
		},
	}
	incident := func(id, issue string, version int, build, test string) {
		n := report.Incident{ID: id, Origin: "ci", IssueID: issue, IssueVersion: version}
		if build != "" {
			n.BuildID = &build
		}
		if test != "" {
			n.TestID = &test
		}
		r.Incidents = append(r.Incidents, n)
	}
	incident("n1", "i1", 1, "b1", "")
	incident("n2", "i1", 1, "b1", "") // again
	incident("n3", "i1", 2, "b2", "")
	incident("n4", "i1", 1, "", "t1")
	incident("n5", "i1", 1, "b2", "t2") // of the build and the test
	incident("n6", "i2", 1, "b3", "")   // at an unknown time
	incident("n7", "i2", 2, "gone", "")
	incident("n8", "i1", 1, "b2", "")
	r.Incidents[7].Present = new(false)
	return r
}

func TestIssuesOf(t *testing.T) {
	db := openedWith(t, issueReport())
	one := func(version int, comment, url *string, n by) answers.SeenIssue {
		return answers.SeenIssue{Key: store.Key{ID: "i1", Version: version}, Comment: comment, ReportURL: url, Incidents: n}
	}
	for _, tt := range []struct {
		id   string
		test bool
		want []answers.SeenIssue
	}{
		{"b1", false, []answers.SeenIssue{one(1, new("first"), nil, by{"FAIL": 2})}},
		{"b2", false, []answers.SeenIssue{one(1, new("first"), nil, by{"PASS": 1}), one(2, new("second"), new("https://r"), by{"PASS": 1})}},
		{"t1", true, []answers.SeenIssue{one(1, new("first"), nil, by{"FAIL": 1})}},
		{"t2", true, []answers.SeenIssue{one(1, new("first"), nil, by{"": 1})}},
		{"gone", false, []answers.SeenIssue{{Key: store.Key{ID: "i2", Version: 2}, Incidents: by{"": 1}}}},
		{"none", false, nil},
		{"none", true, nil},
	} {
		of := db.IssuesOfBuild
		if tt.test {
			of = db.IssuesOfTest
		}
		got, err := of(t.Context(), tt.id)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", tt.id, err, diff)
		}
	}
}

func TestNewestVersion(t *testing.T) {
	db := openedWith(t, issueReport())
	for id, want := range map[string]int{"i1": 2, "i2": 1, "none": -1} {
		if got, err := db.NewestVersion(t.Context(), id); got != want || err != nil {
			t.Errorf("%s: %d, %v", id, got, err)
		}
	}
}

func TestIssuesArrived(t *testing.T) {
	db := openedWith(t, issueReport())
	for _, tt := range []struct {
		from, before, n int
		want            string
	}{
		{0, 9, 9, "i1.2 i2.1 i3.1 i1.1"},
		{0, 9, 2, "i1.2 i2.1"},
		{1, 3, 9, "i3.1 i1.1"},
		{3, 4, 9, "i1.2 i2.1"},
		{4, 9, 9, ""},
		{9, 0, 9, ""},
	} {
		all, err := db.IssuesArrived(t.Context(), hour(tt.from).UnixMicro(), hour(tt.before).UnixMicro(), tt.n)
		var got []string
		for _, i := range all {
			got = append(got, fmt.Sprintf("%s.%d", i.ID, i.Version))
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" || err != nil {
			t.Errorf("%v: %v (-want +got):\n%s", tt, err, diff)
		}
	}
}

// The culprits and categories of arrived issues are those of the objects.
func TestIssuesArrivedProperties(t *testing.T) {
	r := issueReport()
	r.Issues[0].Culprit = &report.Culprit{Code: new(true), Tool: new(false)}
	r.Issues[0].Categories = []string{"b", "é \"a\""}
	r.Issues[2].Culprit = &report.Culprit{Tool: new(true), Harness: new(true)}
	r.Issues[3].Categories = []string{}
	got, err := openedWith(t, r).IssuesArrived(t.Context(), 0, hour(9).UnixMicro(), 9)
	want := []answers.ArrivedIssue{
		{Key: store.Key{ID: "i1", Version: 2}, At: hour(3).UnixMicro(), Origin: "ci", Seen: true},
		{Key: store.Key{ID: "i2", Version: 1}, At: hour(3).UnixMicro(), Origin: "ci", Culprits: facts.Culprits{Tool: true, Harness: true}, Seen: true},
		{Key: store.Key{ID: "i3", Version: 1}, At: hour(2).UnixMicro(), Origin: "ci", Categories: []string{}},
		{Key: store.Key{ID: "i1", Version: 1}, At: hour(1).UnixMicro(), Origin: "ci", Culprits: facts.Culprits{Code: true}, Categories: r.Issues[0].Categories, Seen: true},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if !slices.IsSortedFunc(got, func(a, b answers.ArrivedIssue) int { return a.Compare(&b) }) {
		t.Error("the order is not that of Compare")
	}
}

func TestSeen(t *testing.T) {
	db := openedWith(t, issueReport())
	c1 := &answers.Revision{CheckoutID: "c1", Origin: "ci", TreeName: "a", RepositoryURL: "https://x/a", Branch: "main", CommitHash: "h1", Start: hour(0).UnixMicro()}
	c2 := &answers.Revision{CheckoutID: "c2", Origin: "ci", RepositoryURL: "https://x/b", CommitHash: "h2", Start: hour(1).UnixMicro()}
	a, b := answers.Branch{TreeName: "a", RepositoryURL: "https://x/a", Name: "main"}, answers.Branch{RepositoryURL: "https://x/b"}
	got, err := db.Seen(t.Context(), []string{"i1", "i2", "i3", "none"}, []store.Key{{ID: "i1", Version: 1}, {ID: "i1", Version: 1}, {ID: "i2", Version: 1}, {ID: "i2", Version: 2}, {ID: "i3", Version: 1}})
	want := map[string]*answers.Seen{
		"i1": {
			First: answers.Occurrence{Version: 1, At: hour(2).UnixMicro(), In: c1}, Last: answers.Occurrence{Version: 1, At: hour(5).UnixMicro(), In: c2},
			Branches: map[int][]answers.Branch{1: {b, a}},
		},
		"i2": {First: answers.Occurrence{Version: 1, In: c2}, Last: answers.Occurrence{Version: 2}, Branches: map[int][]answers.Branch{1: {b}}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestSeenInBuildsAndTests(t *testing.T) {
	db := openedWith(t, issueReport())
	for _, tt := range []struct {
		id      string
		version int
		builds  bool
		want    string
	}{
		{"i1", 1, true, "b2/ b1/"},
		{"i1", 2, true, "b2/"},
		{"i1", 1, false, "b2/t2 b2/t1"},
		{"i1", 2, false, ""},
		{"i2", 1, true, "b3/"},
		{"i2", 2, true, ""}, // the build does not exist
		{"i3", 1, true, ""},
	} {
		for page := 1; page < 3; page++ {
			var got []string
			var after *answers.SeenIn
			for {
				seenIn := db.SeenInTests
				if tt.builds {
					seenIn = db.SeenInBuilds
				}
				all, err := seenIn(t.Context(), store.Key{ID: tt.id, Version: tt.version}, after, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range all {
					got = append(got, s.BuildID+"/"+s.TestID)
				}
				if len(all) < page {
					break
				}
				after = &all[len(all)-1]
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("%v by %d (-want +got):\n%s", tt, page, diff)
			}
		}
	}
}

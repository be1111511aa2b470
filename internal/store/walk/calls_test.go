// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// finderOf returns a Finder of the objects of a report.
func finderOf(t testing.TB, r *report.Report) *memory {
	return &memory{
		t:      t,
		report: func(context.Context) (*report.Report, error) { return r, nil },
		ready:  func(context.Context) error { return nil },
	}
}

// tree returns a revision of one checkout with builds, of which each has as many tests and
// an incident, and each test has an incident, all of one issue.
func tree(builds, tests int) *report.Report {
	r := &report.Report{
		Checkouts: []report.Checkout{{ID: "a:c", Origin: "a", GitCommitHash: new("h")}},
		Issues:    []report.Issue{{ID: "a:i", Version: 1, Origin: "a"}},
	}
	incident := func(build, test *string) {
		id := fmt.Sprintf("a:%d", len(r.Incidents))
		r.Incidents = append(r.Incidents, report.Incident{ID: id, Origin: "a", IssueID: "a:i", IssueVersion: 1, BuildID: build, TestID: test})
	}
	for b := range builds {
		build := fmt.Sprintf("a:b%d", b)
		r.Builds = append(r.Builds, report.Build{ID: build, Origin: "a", CheckoutID: "a:c"})
		incident(&build, nil)
		for n := range tests {
			test := fmt.Sprintf("%s.t%d", build, n)
			r.Tests = append(r.Tests, report.Test{ID: test, Origin: "a", BuildID: build})
			incident(nil, &test)
		}
	}
	return r
}

const (
	ofCheckout = "checkouts of checkout"
	ofRevision = "checkouts of revision"
	ofBuild    = "builds of build"
	ofTest     = "tests of test"
)

// TestMatchCalls holds Match to the number of calls that the package promises.
func TestMatchCalls(t *testing.T) {
	everything := []string{"builds of ", "checkouts of ", "checkouts of ", "incidents of ", "issues of ", "issues of ", "tests of "}
	for _, c := range []struct {
		patterns []string
		want     []string // calls, sorted
	}{
		{[]string{">test[a:b0.t0]#<*#"}, []string{ofBuild, ofCheckout, ofRevision, ofTest}},
		{[]string{">test[a:b0.t0]<*#", ">test[a:b0.t0]#", ">test[a:b0.t0]<build#"}, []string{ofBuild, ofCheckout, ofRevision, ofTest}},
		{[]string{">test[a:b0.t0]#<*#", ">build[a:b1]#<*#", ">checkout[a:c]#<*#"}, []string{ofBuild, ofCheckout, ofRevision, ofTest}},
		{[]string{">checkout[a:c]#>*#"}, []string{"builds of checkout", ofCheckout, "incidents of build, test", "tests of build"}},
		{[]string{`>revision[h, ""]#>*#`}, []string{"builds of checkout", ofRevision, "incidents of build, test", "tests of build"}},
		{[]string{">incident[a:0; a:1]#<*#"}, []string{ofBuild, ofCheckout, ofRevision, "incidents of incident", "issues of issue", "issues of issue_version", ofTest}},
		{[]string{">issue[a:i]#>*#"}, []string{"incidents of issue_version", "issues of issue"}},
		{[]string{">build>test[a:b0.t0]#"}, []string{ofBuild, ofTest, ofTest}},
		{[]string{">checkout[a:c]" + strings.Repeat("<revision>checkout", 5) + "#"},
			[]string{ofCheckout, ofRevision, ofRevision, ofRevision, ofRevision, ofRevision}},
		{[]string{">*#"}, everything},
		{[]string{">*#", ">test[a:b0.t0]<*#", ">checkout#>*#"}, everything},
		{[]string{">test<build#"}, []string{ofBuild, "tests of "}},
		{[]string{">test[]#", ">revision[]>checkout#"}, nil},
		{[]string{">test[unknown]<*#"}, []string{ofTest}},
	} {
		m := finderOf(t, tree(3, 3))
		var patterns []object.Pattern
		for _, text := range c.patterns {
			all, err := object.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			patterns = append(patterns, all...)
		}
		for _, err := range New(m, platforms).Match(t.Context(), patterns, store.MatchOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(m.calls)
		if diff := cmp.Diff(c.want, m.calls); diff != "" {
			t.Errorf("%q: calls differ (-want +got):\n%s", c.patterns, diff)
		}
	}
}

// TestConformanceCalls bounds the calls for all recorded patterns by their steps.
func TestConformanceCalls(t *testing.T) {
	all := conformance.Dataset(t)
	for _, c := range conformance.Patterns(t) {
		if c.Error {
			continue
		}
		patterns, err := object.Parse(c.Pattern)
		if err != nil {
			t.Fatal(err)
		}
		m := finderOf(t, all)
		for _, err := range New(m, platforms).Match(t.Context(), patterns, store.MatchOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if most := len(newPlan(patterns).steps) + len(object.Types()); len(m.calls) > most {
			t.Errorf("%s: %d calls, want at most %d", c.Pattern, len(m.calls), most)
		}
	}
}

// TestQueryCalls holds Query to the number of calls that the package promises.
func TestQueryCalls(t *testing.T) {
	for _, c := range []struct {
		query store.Query
		want  []string // calls, in order
	}{
		{store.Query{Tests: []string{"a:b0.t0"}}, []string{ofTest}},
		{store.Query{Tests: []string{"a:b0.t0"}, Parents: true}, []string{ofTest, ofBuild, ofCheckout}},
		{store.Query{Checkouts: []string{"a:c"}, Children: true}, []string{"builds of checkout", "tests of build", "incidents of build, test", ofCheckout}},
		{store.Query{Builds: []string{"a:b0"}, Children: true}, []string{"tests of build", "incidents of build, test", ofBuild}},
		{store.Query{Tests: []string{"a:b0.t0"}, Parents: true, Children: true},
			[]string{ofTest, ofBuild, "builds of checkout", "tests of build", "incidents of build, test", ofCheckout}},
		{store.Query{Issues: []store.Key{{ID: "a:i", Version: 1}}, Children: true}, []string{"incidents of issue_version", "issues of issue_version"}},
		{store.Query{Incidents: []string{"a:1"}, Parents: true}, []string{"incidents of incident", ofTest, ofBuild, ofCheckout, "issues of issue_version"}},
		{store.Query{Tests: []string{"unknown"}, Parents: true}, []string{ofTest}},
		{store.Query{Tests: []string{"\x00"}, Parents: true, Children: true}, nil},
		{store.Query{Parents: true, Children: true}, nil},
	} {
		m := finderOf(t, tree(3, 3))
		for _, err := range New(m, platforms).Query(t.Context(), c.query) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(c.want, m.calls); diff != "" {
			t.Errorf("%+v: calls differ (-want +got):\n%s", c.query, diff)
		}
	}
}

// TestLargeCalls asks for more objects than an answer holds: they are read in one stream
// when they are returned, by the same few keys that led to them.
func TestLargeCalls(t *testing.T) {
	const builds, tests = 5, 900
	all := tree(builds, tests)
	m := finderOf(t, all)
	n := 0
	for r, err := range New(m, platforms).Query(t.Context(), store.Query{Checkouts: []string{"a:c"}, Children: true}) {
		if err != nil {
			t.Fatal(err)
		}
		n += r.Count()
	}
	if want := all.Count() - len(all.Issues); n != want {
		t.Errorf("%d objects, want %d", n, want)
	}
	want := []string{"builds of checkout", "tests of build", "incidents of build, test", ofCheckout, "tests of build", "incidents of build, test"}
	if diff := cmp.Diff(want, m.calls); diff != "" {
		t.Errorf("calls of Query differ (-want +got):\n%s", diff)
	}
	patterns, err := object.Parse(">checkout[a:c]#>*#")
	if err != nil {
		t.Fatal(err)
	}
	m.calls, n = nil, 0
	for s, err := range New(m, platforms).Match(t.Context(), patterns, store.MatchOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		n += s.Count()
	}
	if want := all.Count() - len(all.Issues); n != want {
		t.Errorf("%d objects, want %d", n, want)
	}
	want = []string{ofCheckout, "builds of checkout", "tests of build", "incidents of build, test", "tests of build", "incidents of build, test"}
	if diff := cmp.Diff(want, m.calls); diff != "" {
		t.Errorf("calls of Match differ (-want +got):\n%s", diff)
	}
}

// TestHeld holds objects of two lists until there is no room, and more.
func TestHeld(t *testing.T) {
	all := tree(3, 3*maxHeld)
	a := New(finderOf(t, all), platforms).newAnswer()
	for _, l := range []store.List{store.Builds, store.Tests, store.Incidents} {
		s := a.shelves[l]
		for i, n := range s.list.nodes(all) {
			s.wantID(n.id)
			a.hold(s, all, i, n.id)
			held := 0
			for _, s := range a.shelves {
				held += s.held.Count()
			}
			if held != a.held || held > maxHeld {
				t.Fatalf("%d objects are held, %d are counted, at most %d are allowed", held, a.held, maxHeld)
			}
		}
	}
	if n := a.shelves[store.Builds].held.Count(); n != 3 {
		t.Errorf("%d builds are held: the lists with most objects should make room", n)
	}
}

// TestGroupCalls reads the tests of many builds in few groups, and the first group only if
// the caller wants no more.
func TestGroupCalls(t *testing.T) {
	all := tree(700, 1)
	var builds []string
	for _, b := range all.Builds {
		builds = append(builds, b.ID)
	}
	m := finderOf(t, all)
	n := 0
	for o, err := range New(m, platforms).Outcomes(t.Context(), append(builds, builds...)) {
		if err != nil || o.BuildID != builds[n] {
			t.Fatalf("%v, %v, want the build %s", o, err, builds[n])
		}
		n++
	}
	if n != len(builds) || len(m.calls) != 5 {
		t.Errorf("%d of %d tests by %d calls, want 5 calls", n, len(builds), len(m.calls))
	}
	m.calls = nil
	for range New(m, platforms).Runs(t.Context(), builds, store.RunKey{}) {
		break
	}
	if len(m.calls) != 1 {
		t.Errorf("%d calls for the first run", len(m.calls))
	}
}

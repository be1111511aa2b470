// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// TestTogether: objects that were found together say the same as an object that was found
// alone, and the database is not asked for each.
func TestTogether(t *testing.T) {
	r := history(4)
	var refs []object.Ref
	for i := range r.Builds {
		refs = append(refs, object.BuildRef(r.Builds[i].ID))
		for n := range i {
			addRun(r, i, fmt.Sprintf("ltp.%d", n), "rpi4", report.StatusFail, i)
		}
	}
	for i := range r.Tests {
		refs = append(refs, object.TestRef(r.Tests[i].ID))
	}
	r.Issues = []report.Issue{{ID: "ci:i", Version: 1, Origin: "ci"}}
	for i, test := range []string{"ci:t0", "ci:t3", "ci:t3"} {
		r.Incidents = append(r.Incidents, report.Incident{ID: fmt.Sprint("ci:n", i), Origin: "ci", IssueID: "ci:i", IssueVersion: 1, TestID: &test})
	}
	r.Incidents = append(r.Incidents, report.Incident{ID: "ci:n9", Origin: "ci", IssueID: "ci:i", IssueVersion: 1, BuildID: new("ci:b1")})
	s := open(t, r)
	together := must[[]graph.Object](t)(graph.New(t.Context(), s).Find(refs...))
	s.asked = nil
	var got []string
	for _, o := range together {
		got = append(got, listFacts(t, o))
	}
	if n := len(s.asked); n > 4+2*len(r.Builds) { // findings, and their issues
		t.Errorf("the database was asked %q", s.asked)
	}
	for i, ref := range refs {
		alone := must[[]graph.Object](t)(graph.New(t.Context(), s).Find(ref))
		if diff := cmp.Diff(listFacts(t, alone[0]), got[i]); diff != "" {
			t.Errorf("%s differs (-alone +together):\n%s", ref, diff)
		}
	}
}

// listFacts lists the counts, failures and issues of a build or a test.
func listFacts(t *testing.T, o graph.Object) string {
	var text string
	add := func(seen []*graph.SeenVersion) {
		for _, s := range seen {
			text += fmt.Sprintf("%s version %d by %s\n", s.ID, s.Version, s.Incident.ID)
		}
	}
	switch o := o.(type) {
	case *graph.Test:
		add(must[[]*graph.SeenVersion](t)(o.Issues()))
	case *graph.Build:
		add(must[[]*graph.SeenVersion](t)(o.Issues()))
		counts, err := o.Tests().Counts()
		if err != nil {
			t.Fatal(err)
		}
		failures, err := o.Tests().Failures()
		if err != nil {
			t.Fatal(err)
		}
		unexplained, err := o.Tests().Unexplained()
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprint(counts, failures.List(), unexplained.List(), "\n")
		for _, f := range must[*graph.Findings](t)(o.Findings()).List {
			text += fmt.Sprintf("%s in %d builds and %d tests\n", f.ID, f.Builds, f.Tests)
		}
	}
	return text
}

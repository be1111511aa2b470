// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// patternRandom asks for random patterns of a small and dense graph, some of
// whose parents are missing, and compares with a walk through all objects.
func (s suite) patternRandom(t *testing.T) {
	db := s.store(t)
	random := rand.New(rand.NewPCG(1, 2))
	g := newGraph(random)
	mustLoad(t, db, g.report, store.LoadOptions{})
	for range s.few(400, 4) {
		var asked []object.Pattern
		for range 1 + random.IntN(3) {
			asked = append(asked, g.pattern(random))
		}
		var want []object.Ref
		for _, ref := range g.refs {
			if slices.ContainsFunc(asked, func(p object.Pattern) bool { return g.matches(&p, ref) }) {
				want = append(want, ref)
			}
		}
		got := slices.Collect(mergeSets(t, db.Match(t.Context(), asked, store.MatchOptions{PerSet: random.IntN(5)}), 0).Refs())
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s\nobjects differ (-want +got):\n%s", object.Format(asked), diff)
		}
	}
}

// graph is objects with their relations.
type graph struct {
	report  *report.Report
	refs    []object.Ref // in order
	parents map[object.Ref][]object.Ref
}

// newGraph returns a graph of random objects. A third of them have no parent.
func newGraph(random *rand.Rand) *graph {
	g := &graph{report: &report.Report{}, parents: map[object.Ref][]object.Ref{}}
	some := func(n int) string { return fmt.Sprintf("a:%d", random.IntN(n)) }
	is := map[object.Ref]bool{}
	add := func(ref object.Ref, parents ...object.Ref) {
		is[ref] = true
		g.parents[ref] = parents
	}
	for i := range 8 {
		c := report.Checkout{ID: fmt.Sprintf("a:%d", i), Origin: "a"}
		if random.IntN(4) > 0 {
			c.GitCommitHash = new(some(2))
		}
		switch random.IntN(4) {
		case 0:
			c.PatchsetHash = new("")
		case 1:
			c.PatchsetHash = new("7e3") // a number to a database that takes it for one
		case 2:
			c.PatchsetFiles = []report.Resource{{Name: "a", URL: "https://example.org/"}}
		}
		g.report.Checkouts = append(g.report.Checkouts, c)
		add(object.CheckoutRef(c.ID))
		if revision, ok := object.RevisionOf(&c); ok {
			add(revision)
			add(object.CheckoutRef(c.ID), revision)
		}
	}
	for i := range 15 {
		b := report.Build{ID: fmt.Sprintf("a:%d", i), Origin: "a", CheckoutID: some(12)}
		g.report.Builds = append(g.report.Builds, b)
		add(object.BuildRef(b.ID), object.CheckoutRef(b.CheckoutID))
	}
	for i := range 30 {
		o := report.Test{ID: fmt.Sprintf("a:%d", i), Origin: "a", BuildID: some(22)}
		g.report.Tests = append(g.report.Tests, o)
		add(object.TestRef(o.ID), object.BuildRef(o.BuildID))
	}
	for i := range 6 {
		o := report.Issue{ID: fmt.Sprintf("a:%d", i/2), Version: i * 6, Origin: "a"}
		g.report.Issues = append(g.report.Issues, o)
		add(object.IssueRef(o.ID))
		add(object.IssueVersionRef(o.ID, o.Version), object.IssueRef(o.ID))
	}
	for i := range 20 {
		n := random.IntN(9)
		o := report.Incident{ID: fmt.Sprintf("a:%d", i), Origin: "a", IssueID: fmt.Sprintf("a:%d", n/2), IssueVersion: n * 6}
		parents := []object.Ref{object.IssueVersionRef(o.IssueID, o.IssueVersion)}
		if random.IntN(2) > 0 {
			o.BuildID = new(some(20))
			parents = append(parents, object.BuildRef(*o.BuildID))
		}
		if random.IntN(2) > 0 {
			o.TestID = new(some(40))
			parents = append(parents, object.TestRef(*o.TestID))
		}
		g.report.Incidents = append(g.report.Incidents, o)
		add(object.IncidentRef(o.ID), parents...)
	}
	for ref, parents := range g.parents { // missing parents do not connect
		g.parents[ref] = slices.DeleteFunc(parents, func(p object.Ref) bool { return !is[p] })
		g.refs = append(g.refs, ref)
	}
	slices.SortFunc(g.refs, compareRefs)
	return g
}

// pattern returns a pattern of some steps, with IDs in a third of them.
func (g *graph) pattern(random *rand.Rand) object.Pattern {
	p := object.All(object.Types()[random.IntN(len(object.Types()))])
	for steps := random.IntN(6); ; steps-- {
		if random.IntN(3) == 0 {
			p.ByID = true
			for _, ref := range g.refs {
				if ref.Type == p.Type && random.IntN(3) == 0 {
					p.IDs = append(p.IDs, ref.ID)
				}
			}
		}
		if steps == 0 {
			return p
		}
		if children := p.Type.Children(); len(children) > 0 && (random.IntN(2) == 0 || len(p.Type.Parents()) == 0) {
			p = p.Children(children[random.IntN(len(children))])
		} else {
			p = p.Parents(p.Type.Parents()[random.IntN(len(p.Type.Parents()))])
		}
	}
}

// matches reports whether a pattern names an object.
func (g *graph) matches(p *object.Pattern, ref object.Ref) bool {
	switch {
	case p.Type != ref.Type, p.ByID && !slices.Contains(p.IDs, ref.ID):
		return false
	case p.Base == nil:
		return true
	case p.Child:
		return slices.ContainsFunc(g.parents[ref], func(parent object.Ref) bool { return g.matches(p.Base, parent) })
	}
	return slices.ContainsFunc(g.refs, func(child object.Ref) bool {
		return slices.Contains(g.parents[child], ref) && g.matches(p.Base, child)
	})
}

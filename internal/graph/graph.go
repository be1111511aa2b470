// SPDX-License-Identifier: Apache-2.0

// Package graph has objects joined on demand: a test with its build, its checkout and
// its issues, a revision with the counts of its builds and tests. Mails, pages, rules
// and commands see objects this way, and so show the same facts.
//
// A Graph reads a related object when a caller first asks for it, and reads it once. If a
// call of Find returned several builds or tests, the graph then reads what is asked of one
// for all. A text, number or time that an object lacks is "" or zero. A parent that is not
// in the database is an object with its ID only. Rules and templates need no checks.
package graph

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Object is an object in a graph: a *Revision, *Checkout, *Build, *Test, *Issue,
// *IssueVersion or *Incident.
type Object interface {
	// Ref returns the reference of the object.
	Ref() object.Ref
	// Known reports whether the object is in the database. For an object that Find
	// returned, it reads nothing. Otherwise it returns false if reading fails, and Err
	// returns the error.
	Known() bool
	// Status returns PASS, FAIL and so on, or "" if unknown. A revision, checkout or
	// issue has the worst status of its parts.
	Status() (string, error)
}

// Graph holds the objects that were read from a database so far, and reads more on
// demand, with one context. An object does not change once it was read. A Graph is not
// for concurrent use.
type Graph struct {
	ctx      context.Context
	database database
	verdicts *verdicts.DB // nil if the database keeps none
	answers  *answers.DB  // nil as well

	revisions map[object.ID]*Revision
	checkouts map[string]*Checkout
	builds    map[string]*Build
	tests     map[string]*Test
	issues    map[string]*Issue
	versions  map[store.Key]*IssueVersion
	incidents map[string]*Incident
	// together are the builds and tests that Find returned, by ID. A question about one of them
	// is asked about all of its type at once, because some databases take seconds for each
	// question.
	together map[object.Type]map[string]*seenVersions
	found    *Findings // of the builds that Find returned; nil before it is asked for

	tallies  map[string]summary.Counts // of the tests of builds, by ID
	previous map[store.Like][]string   // IDs of earlier builds
	earlier  map[store.Like]*history   // results of earlier builds

	judged map[object.Ref]*Judgement // of builds and tests, nil for none

	whole map[object.Ref]bool // objects that were read with their ancestors

	err error // the first error of the database
}

// New returns a graph of the objects in a database. It has read none of them yet.
func New(ctx context.Context, s store.Store) *Graph {
	g := newGraph(ctx, databaseOf(s))
	g.verdicts, g.answers = verdicts.Of(s), answers.Of(s)
	return g
}

// NewEmpty returns a graph of a database without objects.
func NewEmpty(ctx context.Context) *Graph { return newGraph(ctx, emptyDatabase{}) }

func newGraph(ctx context.Context, d database) *Graph {
	return &Graph{
		ctx: ctx, database: d,
		revisions: map[object.ID]*Revision{}, checkouts: map[string]*Checkout{}, builds: map[string]*Build{},
		tests: map[string]*Test{}, issues: map[string]*Issue{}, versions: map[store.Key]*IssueVersion{},
		incidents: map[string]*Incident{}, together: map[object.Type]map[string]*seenVersions{object.TypeBuild: {}, object.TypeTest: {}},
		tallies: map[string]summary.Counts{}, previous: map[store.Like][]string{}, earlier: map[store.Like]*history{},
		judged: map[object.Ref]*Judgement{}, whole: map[object.Ref]bool{},
	}
}

// read reads the objects of a query and their ancestors, in one query.
func (g *Graph) read(q store.Query) error {
	q.Parents, q.Metadata = true, true
	for r, err := range g.database.Query(g.ctx, q) {
		if err != nil {
			return g.fail(err)
		}
		g.add(r)
		for ref := range (&object.Set{Report: *r}).Refs() {
			g.whole[ref] = true
		}
	}
	return nil
}

// Err returns the first error of the database, or nil. It tells a database error from
// the other errors of a rule or a template.
func (g *Graph) Err() error { return g.err }

// Len returns the number of objects that the graph holds.
func (g *Graph) Len() int {
	return len(g.revisions) + len(g.checkouts) + len(g.builds) + len(g.tests) + len(g.issues) + len(g.versions) + len(g.incidents)
}

func (g *Graph) fail(err error) error {
	if err != nil && g.err == nil {
		g.err = err
	}
	return err
}

// match reads the objects that patterns name. It reads no revisions, because reports
// contain none.
func (g *Graph) match(patterns ...object.Pattern) (*report.Report, error) {
	all := &report.Report{}
	for s, err := range g.database.Match(g.ctx, patterns, store.MatchOptions{Metadata: true}) {
		if err != nil {
			return nil, g.fail(err)
		}
		g.add(&s.Report)
		all.Append(&s.Report)
	}
	return all, nil
}

// add adds the objects of a report. An object that is known already stays as it is.
func (g *Graph) add(r *report.Report) {
	for i := range r.Checkouts {
		if c := g.Checkout(r.Checkouts[i].ID); !c.known {
			c.Checkout, c.known = r.Checkouts[i], true
		}
	}
	for i := range r.Builds {
		if b := g.Build(r.Builds[i].ID); !b.known {
			b.Build, b.known = r.Builds[i], true
		}
	}
	for i := range r.Tests {
		if t := g.Test(r.Tests[i].ID); !t.known {
			t.Test, t.known = r.Tests[i], true
		}
	}
	for i := range r.Issues {
		if v := g.IssueVersion(r.Issues[i].ID, r.Issues[i].Version); !v.known {
			v.Issue, v.known = r.Issues[i], true
		}
	}
	for i := range r.Incidents {
		if n := g.Incident(r.Incidents[i].ID); !n.known {
			n.Incident, n.known = r.Incidents[i], true
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

// Package graph shows objects with all that belongs to them: a test with its
// build, its checkout and the issues it has, a revision with the counts of its
// builds and tests. Mails, pages, rules and commands show the same, because they
// see objects this way.
//
// What belongs to an object is read when it is asked for, and once for all views
// of a Graph. Texts, numbers and times that an object does not have are "" or
// zero, and a parent that is not in the database is an object with nothing but
// its ID: rules and templates need not ask first.
package graph

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Object is a view of an object: a *Revision, *Checkout, *Build, *Test, *Issue,
// *IssueVersion or *Incident.
type Object interface {
	// Ref names the object.
	Ref() object.Ref
	// Known tells whether the object is in the database. Of one that Find found
	// it does without asking; of others a database that fails, which Err tells,
	// knows nothing.
	Known() bool
	// Status is how it went: PASS, FAIL and so on, "" where nobody knows. Of what
	// consists of others it is the worst of theirs.
	Status() (string, error)
}

// Graph is the objects of a database while somebody looks at them. Views of it
// read with its context, and show what was there when they first did. It is not
// for concurrent use.
type Graph struct {
	ctx   context.Context
	store store.Store

	revisions map[object.ID]*Revision
	checkouts map[string]*Checkout
	builds    map[string]*Build
	tests     map[string]*Test
	issues    map[string]*Issue
	versions  map[store.Key]*IssueVersion
	incidents map[string]*Incident
	earlier   map[store.Like]*past // results of previous builds

	err error // the first of the database
}

// New returns a world in which nothing was read yet.
func New(ctx context.Context, s store.Store) *Graph {
	return &Graph{
		ctx: ctx, store: s,
		revisions: map[object.ID]*Revision{}, checkouts: map[string]*Checkout{}, builds: map[string]*Build{},
		tests: map[string]*Test{}, issues: map[string]*Issue{}, versions: map[store.Key]*IssueVersion{},
		incidents: map[string]*Incident{}, earlier: map[store.Like]*past{},
	}
}

// Read reads the objects of a query, and their ancestors, all at once.
func (g *Graph) Read(q store.Query) error {
	q.Parents, q.Metadata = true, true
	for r, err := range g.store.Query(g.ctx, q) {
		if err != nil {
			return g.fail(err)
		}
		g.add(r)
	}
	return nil
}

// Err returns the first error of the database that reading met, nil for none. It
// tells it from the other ways that what reads views may fail.
func (g *Graph) Err() error { return g.err }

func (g *Graph) fail(err error) error {
	if err != nil && g.err == nil {
		g.err = err
	}
	return err
}

// match reads the objects that patterns name, those that reports have.
func (g *Graph) match(patterns ...object.Pattern) (*report.Report, error) {
	all := &report.Report{}
	for s, err := range g.store.Match(g.ctx, patterns, store.MatchOptions{Metadata: true}) {
		if err != nil {
			return nil, g.fail(err)
		}
		g.add(&s.Report)
		all.Append(&s.Report)
	}
	return all, nil
}

// add keeps what was read. What views show already stays as it is.
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

// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"strconv"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// objectsAtOnce is how many objects are in memory at a time, with their log excerpts.
const objectsAtOnce = 1000

// effect says how changes affect an object.
type effect struct {
	changed bool // the object itself, not only its children
	created bool
	counted bool          // among the parts of its revision or issue
	was     report.Status // of a build or a test that is not new
	seen    report.Status // of an issue: status of its newest changed incident
	parts   int           // new checkouts of a revision, new versions of an issue
}

// affected is the set of the objects that changes affect: the changed objects and all
// their ancestors, in the order of discovery.
type affected struct {
	effects map[object.Ref]*effect
	order   map[object.Type][]object.Ref
}

func newAffected() *affected {
	return &affected{effects: map[object.Ref]*effect{}, order: map[object.Type][]object.Ref{}}
}

func (t *affected) add(ref object.Ref) *effect {
	e := t.effects[ref]
	if e == nil {
		e = &effect{}
		t.effects[ref] = e
		t.order[ref.Type] = append(t.order[ref.Type], ref)
	}
	return e
}

// addChange adds a changed object.
func (t *affected) addChange(c store.Change) {
	e := t.add(refOf(c))
	if !e.changed {
		e.changed, e.was = true, c.Was
	}
	e.created = e.created || c.Created
}

// refOf returns the reference of a changed object.
func refOf(c store.Change) object.Ref {
	ref := object.Ref{ID: object.ID{c.Key.ID}}
	switch c.List {
	case store.Checkouts:
		ref.Type = object.TypeCheckout
	case store.Builds:
		ref.Type = object.TypeBuild
	case store.Tests:
		ref.Type = object.TypeTest
	case store.Issues:
		ref.Type = object.TypeIssueVersion
		ref.ID[1] = strconv.Itoa(c.Key.Version)
	case store.Incidents:
		ref.Type = object.TypeIncident
	}
	return ref
}

// addAncestors adds all ancestors of an object.
func (t *affected) addAncestors(o graph.Object) {
	switch o := o.(type) {
	case *graph.Incident:
		t.addWithAncestors(o.Issue())
		seen, _ := o.Status() // an incident has its own status, so this cannot fail
		t.add(o.Issue().Ref()).seen = report.Status(seen)
		t.add(o.Issue().WholeIssue().Ref()).seen = report.Status(seen)
		if o.TestID != nil {
			t.addWithAncestors(o.Test())
		}
		if o.BuildID != nil {
			t.addWithAncestors(o.Build())
		}
	case *graph.IssueVersion:
		t.addWhole(o, o.WholeIssue().Ref())
	case *graph.Test:
		t.addWithAncestors(o.Build())
	case *graph.Build:
		t.addWithAncestors(o.Checkout())
	case *graph.Checkout:
		if ref, ok := object.RevisionOf(&o.Checkout); ok {
			t.addWhole(o, ref)
		}
	}
}

// addWhole adds the revision of a checkout, or the issue of a version.
func (t *affected) addWhole(o graph.Object, ref object.Ref) {
	parent := t.add(ref)
	if e := t.effects[o.Ref()]; e != nil && e.created && !e.counted {
		e.counted = true
		parent.parts++
	}
}

// findCreated finds out whether a revision or an issue is new. It is if all its parts
// are new.
func (t *effect) findCreated(o graph.Object) error {
	if t.parts == 0 {
		return nil
	}
	switch o := o.(type) {
	case *graph.Revision:
		checkouts, err := o.Checkouts()
		t.created = t.created || len(checkouts) == t.parts
		return err
	case *graph.Issue:
		versions, err := o.Versions()
		t.created = t.created || len(versions) == t.parts
		return err
	}
	return nil
}

// addWithAncestors adds an object, if it is in the database, and all its ancestors.
func (t *affected) addWithAncestors(o graph.Object) {
	if o.Known() {
		t.add(o.Ref())
		t.addAncestors(o)
	}
}

// addEarlyChildren adds tests and builds that arrived before their build or checkout,
// which is new. They count as new, because subscriptions could not see their ancestors
// before.
func (c *consideration) addEarlyChildren(t *affected) error {
	err := c.bisect(t.created(object.TypeCheckout), func(refs []object.Ref) error {
		return addOrphans(c.ctx, c.objects, t, object.Of(object.TypeCheckout, idsOf(refs)...).Children(object.TypeBuild))
	})
	if err != nil {
		return err
	}
	return c.bisect(t.created(object.TypeBuild), func(refs []object.Ref) error { return c.addEarlyTests(t, refs) })
}

// addEarlyTests adds tests that arrived before their builds.
func (c *consideration) addEarlyTests(t *affected, builds []object.Ref) error {
	names := make([]string, len(builds))
	for i, ref := range builds {
		names[i] = ref.ID[0]
	}
	tally, err := graph.Tally(c.ctx, c.objects, names)
	if err != nil {
		return err
	}
	var early []object.ID // builds with tests that arrived before them
	for _, ref := range builds {
		if summary.Counts(tally[ref.ID[0]]).Total() > c.testsSeen[ref.ID[0]] {
			early = append(early, ref.ID)
		}
	}
	if len(early) == 0 {
		return nil
	}
	return addOrphans(c.ctx, c.objects, t, object.Of(object.TypeBuild, early...).Children(object.TypeTest))
}

// created returns the new objects of a type.
func (t *affected) created(typ object.Type) (refs []object.Ref) {
	for _, ref := range t.order[typ] {
		if t.effects[ref].created {
			refs = append(refs, ref)
		}
	}
	return refs
}

func idsOf(refs []object.Ref) []object.ID {
	ids := make([]object.ID, len(refs))
	for i, ref := range refs {
		ids[i] = ref.ID
	}
	return ids
}

// addOrphans adds the objects that a pattern names. An object that did not change
// itself counts as new.
func addOrphans(ctx context.Context, objects store.Store, t *affected, pattern object.Pattern) error {
	for set, err := range objects.Match(ctx, []object.Pattern{pattern}, store.MatchOptions{PerSet: objectsAtOnce}) {
		if err != nil {
			return err
		}
		for i := range set.Report.Builds {
			t.addAsNew(object.Ref{Type: object.TypeBuild, ID: object.ID{set.Report.Builds[i].ID}})
		}
		for i := range set.Report.Tests {
			t.addAsNew(object.Ref{Type: object.TypeTest, ID: object.ID{set.Report.Tests[i].ID}})
		}
	}
	return nil
}

func (t *affected) addAsNew(ref object.Ref) {
	if e := t.add(ref); !e.changed {
		e.changed, e.created = true, true
	}
}

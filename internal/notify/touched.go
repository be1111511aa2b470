// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"strconv"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// objectsAtOnce is how many objects are in memory at a time, with their log
// excerpts.
const objectsAtOnce = 1000

// touch is what is known of how an object changed.
type touch struct {
	changed bool // itself, not only what is below it
	created bool
	counted bool          // among the parts of what it is a part of
	was     report.Status // of a build or a test that was there before
	seen    report.Status // of an issue: what the newest of the incidents that came tells
	parts   int           // of a revision its checkouts, and of an issue its versions, that are new
}

// touched is the objects that some changes concern: those that changed, and all
// their ancestors, in the order in which they were found.
type touched struct {
	of    map[object.Ref]*touch
	order map[object.Type][]object.Ref
}

func newTouched() *touched {
	return &touched{of: map[object.Ref]*touch{}, order: map[object.Type][]object.Ref{}}
}

func (t *touched) add(ref object.Ref) *touch {
	one := t.of[ref]
	if one == nil {
		one = &touch{}
		t.of[ref] = one
		t.order[ref.Type] = append(t.order[ref.Type], ref)
	}
	return one
}

// addChange adds an object that changed.
func (t *touched) addChange(c store.Change) {
	one := t.add(refOf(c))
	if !one.changed {
		one.changed, one.was = true, c.Was
	}
	one.created = one.created || c.Created
}

// refOf names an object of a list.
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

// addAncestors adds all that is above an object.
func (t *touched) addAncestors(o graph.Object) {
	switch o := o.(type) {
	case *graph.Incident:
		t.above(o.Issue())
		seen, _ := o.Status() // it has it itself
		t.add(o.Issue().Ref()).seen = report.Status(seen)
		t.add(o.Issue().WholeIssue().Ref()).seen = report.Status(seen)
		if o.TestID != nil {
			t.above(o.Test())
		}
		if o.BuildID != nil {
			t.above(o.Build())
		}
	case *graph.IssueVersion:
		t.part(o, o.WholeIssue().Ref())
	case *graph.Test:
		t.above(o.Build())
	case *graph.Build:
		t.above(o.Checkout())
	case *graph.Checkout:
		if ref, ok := object.RevisionOf(&o.Checkout); ok {
			t.part(o, ref)
		}
	}
}

// part adds what an object is a part of.
func (t *touched) part(o graph.Object, ref object.Ref) {
	whole := t.add(ref)
	if one := t.of[o.Ref()]; one != nil && one.created && !one.counted {
		one.counted = true
		whole.parts++
	}
}

// born finds out whether a revision or an issue is new: where all its parts are.
func (t *touch) born(o graph.Object) error {
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

// above adds an object, where it is there, and all that is above it.
func (t *touched) above(o graph.Object) {
	if o.Known() {
		t.add(o.Ref())
		t.addAncestors(o)
	}
}

// late adds tests and builds that were there before their build or checkout,
// which came now: only now can anybody tell what they are of, so they count as
// new.
func (c *consideration) late(t *touched) error {
	err := c.apart(t.created(object.TypeCheckout), func(refs []object.Ref) error {
		return orphans(c.ctx, c.objects, t, object.Of(object.TypeCheckout, idsOf(refs)...).Children(object.TypeBuild))
	})
	if err != nil {
		return err
	}
	return c.apart(t.created(object.TypeBuild), func(refs []object.Ref) error { return c.lateTests(t, refs) })
}

// lateTests adds the tests that were there before builds.
func (c *consideration) lateTests(t *touched, builds []object.Ref) error {
	names := make([]string, len(builds))
	for i, ref := range builds {
		names[i] = ref.ID[0]
	}
	tally, err := answers.Of(c.objects).Tally(c.ctx, names)
	if err != nil {
		return err
	}
	var early []object.ID // builds with tests that were there before them
	for _, ref := range builds {
		if summary.Counts(tally[ref.ID[0]]).Total() > c.have[ref.ID[0]] {
			early = append(early, ref.ID)
		}
	}
	if len(early) == 0 {
		return nil
	}
	return orphans(c.ctx, c.objects, t, object.Of(object.TypeBuild, early...).Children(object.TypeTest))
}

// created returns the objects of a type that are new.
func (t *touched) created(typ object.Type) (refs []object.Ref) {
	for _, ref := range t.order[typ] {
		if t.of[ref].created {
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

// orphans adds what a pattern names, as new where it did not change by itself.
func orphans(ctx context.Context, objects store.Store, t *touched, pattern object.Pattern) error {
	for set, err := range objects.Match(ctx, []object.Pattern{pattern}, store.MatchOptions{PerSet: objectsAtOnce}) {
		if err != nil {
			return err
		}
		for i := range set.Report.Builds {
			t.orphan(object.Ref{Type: object.TypeBuild, ID: object.ID{set.Report.Builds[i].ID}})
		}
		for i := range set.Report.Tests {
			t.orphan(object.Ref{Type: object.TypeTest, ID: object.ID{set.Report.Tests[i].ID}})
		}
	}
	return nil
}

func (t *touched) orphan(ref object.Ref) {
	if one := t.add(ref); !one.changed {
		one.changed, one.created = true, true
	}
}

// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Revision is a view of a revision.
type Revision struct {
	Commit  string // "" for what was checked out from nobody knows where
	Patches string // hash of the patch set, "" for none

	g         *Graph
	read      bool
	checkouts []*Checkout
	builds    *Builds
}

// Revision returns the view of the revision with the hashes.
func (g *Graph) Revision(commit, patches string) *Revision {
	id := object.ID{commit, patches}
	r := g.revisions[id]
	if r == nil {
		r = &Revision{Commit: commit, Patches: patches, g: g}
		g.revisions[id] = r
	}
	return r
}

// Ref names the revision.
func (r *Revision) Ref() object.Ref {
	return object.RevisionRef(r.Commit, r.Patches)
}

// Known tells whether the revision has checkouts in the database.
func (r *Revision) Known() bool {
	checkouts, err := r.Checkouts()
	return err == nil && len(checkouts) > 0
}

// Checkouts are the checkouts of the revision, in the order of their IDs.
func (r *Revision) Checkouts() ([]*Checkout, error) {
	err := r.g.readRevisions(r)
	return r.checkouts, err
}

// readRevisions reads the checkouts of those revisions of which nobody has.
func (g *Graph) readRevisions(revisions ...*Revision) error {
	of := map[object.Ref]*Revision{}
	var ids []object.ID
	for _, r := range revisions {
		if !r.read {
			of[r.Ref()] = r
			ids = append(ids, r.Ref().ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	all, err := g.match(object.Of(object.TypeRevision, ids...).Children(object.TypeCheckout))
	if err != nil {
		return err
	}
	for i := range all.Checkouts {
		ref, _ := object.RevisionOf(&all.Checkouts[i])
		if r := of[ref]; r != nil {
			r.checkouts = append(r.checkouts, g.Checkout(all.Checkouts[i].ID))
		}
	}
	for _, r := range of {
		r.read = true
	}
	return nil
}

// Name is what people call the revision: the first name of its commit that a
// checkout has, or the beginning of its hash.
func (r *Revision) Name() (string, error) {
	checkouts, err := r.Checkouts()
	for _, c := range checkouts {
		if name := c.CommitName(); name != "" {
			return name, nil
		}
	}
	return r.Commit[:min(len(r.Commit), 12)], err
}

// PatchsetFiles are the patches on the commit, as the first checkout that has
// them says.
func (r *Revision) PatchsetFiles() ([]report.Resource, error) {
	checkouts, err := r.Checkouts()
	for _, c := range checkouts {
		if len(c.Checkout.PatchsetFiles) > 0 {
			return c.Checkout.PatchsetFiles, nil
		}
	}
	return nil, err
}

// Repository is where a revision was checked out from.
type Repository struct {
	URL, Branch, Tree string
}

// Repositories are the places it was checked out from, each once, in order.
func (r *Revision) Repositories() ([]*Repository, error) {
	checkouts, err := r.Checkouts()
	found := map[Repository]bool{}
	for _, c := range checkouts {
		if place := (Repository{c.Repository(), c.Branch(), c.Tree()}); place != (Repository{}) {
			found[place] = true
		}
	}
	var places []*Repository
	for place := range found {
		places = append(places, &place)
	}
	slices.SortFunc(places, func(a, b *Repository) int {
		return cmp.Or(cmp.Compare(a.URL, b.URL), cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.Tree, b.Tree))
	})
	return places, err
}

// Origins are the CI systems that reported checkouts or builds of it, in order.
func (r *Revision) Origins() ([]string, error) {
	builds, err := r.Builds()
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, c := range r.checkouts {
		found[c.Origin] = true
	}
	for _, b := range builds.List {
		found[b.Origin] = true
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// Builds are the builds of all its checkouts.
func (r *Revision) Builds() (*Builds, error) {
	if r.builds == nil {
		checkouts, err := r.Checkouts()
		if err != nil {
			return nil, err
		}
		all := &report.Report{}
		if len(checkouts) > 0 {
			ids := make([]object.ID, len(checkouts))
			for i, c := range checkouts {
				ids[i] = c.Ref().ID
			}
			if all, err = r.g.match(object.Of(object.TypeCheckout, ids...).Children(object.TypeBuild)); err != nil {
				return nil, err
			}
		}
		r.builds = &Builds{g: r.g, checkouts: checkouts, List: r.g.buildsOf(all)}
	}
	return r.builds, nil
}

// Tests are the tests of all its builds.
func (r *Revision) Tests() (*Tests, error) {
	builds, err := r.Builds()
	if err != nil {
		return nil, err
	}
	return builds.Tests(), nil
}

// Status is the worst of its checkouts, builds and tests.
func (r *Revision) Status() (string, error) {
	builds, err := r.Builds()
	if err != nil {
		return "", err
	}
	tests, err := builds.Tests().Counts()
	if err != nil {
		return "", err
	}
	worst := summary.Worst(builds.Counts().Status(), tests.Status())
	for _, c := range r.checkouts {
		worst = summary.Worst(worst, c.Validity())
	}
	return string(worst), nil
}

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

// Revision is a commit with its patches, and all its checkouts.
type Revision struct {
	Commit  string // hash; "" if the checkout names no commit
	Patches string // hash of the patch set, "" for none

	g         *Graph
	read      bool
	checkouts []*Checkout
	builds    *Builds
}

// Revision returns the revision with the hashes.
func (g *Graph) Revision(commit, patches string) *Revision {
	id := object.ID{commit, patches}
	r := g.revisions[id]
	if r == nil {
		r = &Revision{Commit: commit, Patches: patches, g: g}
		g.revisions[id] = r
	}
	return r
}

// Ref returns the reference of the revision.
func (r *Revision) Ref() object.Ref {
	return object.RevisionRef(r.Commit, r.Patches)
}

// Known reports whether the revision has checkouts in the database.
func (r *Revision) Known() bool {
	checkouts, err := r.Checkouts()
	return err == nil && len(checkouts) > 0
}

// Checkouts returns the checkouts of the revision, in the order of their IDs.
func (r *Revision) Checkouts() ([]*Checkout, error) {
	err := r.g.readRevisions(r)
	return r.checkouts, err
}

// readRevisions reads the checkouts of the revisions, unless they were read before.
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

// Name returns the name that people use for the revision: the first commit name that a
// checkout has, or the first 12 characters of the hash.
func (r *Revision) Name() (string, error) {
	checkouts, err := r.Checkouts()
	for _, c := range checkouts {
		if name := c.CommitName(); name != "" {
			return name, nil
		}
	}
	return r.Commit[:min(len(r.Commit), 12)], err
}

// PatchsetFiles returns the patches on the commit, from the first checkout that has
// them. Only templates of subscriptions call it.
func (r *Revision) PatchsetFiles() ([]report.Resource, error) {
	checkouts, err := r.Checkouts()
	for _, c := range checkouts {
		if len(c.Checkout.PatchsetFiles) > 0 {
			return c.Checkout.PatchsetFiles, nil
		}
	}
	return nil, err
}

// Repository is a place that a revision was checked out from.
type Repository struct {
	URL, Branch, Tree string
}

// Repositories returns the places that the revision was checked out from, without
// duplicates, sorted.
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

// Origins returns the CI systems that reported checkouts or builds of the revision,
// sorted.
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

// Builds returns the builds of all checkouts.
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

// Tests returns the tests of all builds.
func (r *Revision) Tests() (*Tests, error) {
	builds, err := r.Builds()
	if err != nil {
		return nil, err
	}
	return builds.Tests(), nil
}

// Status returns the worst status of the checkouts, builds and tests.
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

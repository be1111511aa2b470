// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// revisionOf says which revision is asked for. What is "" narrows nothing.
type revisionOf struct{ hash, origin, url, branch, tree string }

// RevisionInput asks for a revision by its hash.
type RevisionInput struct {
	Hash   string `path:"hash" doc:"Hash of the commit, or a tag of it"`
	Origin string `query:"origin" default:"maestro" doc:"Who checked out"`
	URL    string `query:"git_url" doc:"Repository that was checked out"`
	Branch string `query:"git_branch" doc:"Branch that was checked out"`
}

func (in *RevisionInput) revision() revisionOf {
	return revisionOf{hash: in.Hash, origin: in.Origin, url: in.URL, branch: in.Branch}
}

// TreeRevisionInput asks for a revision of a tree by its hash.
type TreeRevisionInput struct {
	Tree   string `path:"tree" doc:"Name of the tree"`
	Branch string `path:"branch" doc:"Branch that was checked out; its slashes may stand as they are"`
	Hash   string `path:"hash" doc:"Hash of the commit, or a tag of it"`
	Origin string `query:"origin" default:"maestro" doc:"Who checked out"`
	URL    string `query:"git_url" doc:"Repository that was checked out"`
}

func (in *TreeRevisionInput) revision() revisionOf {
	return revisionOf{hash: in.Hash, origin: in.Origin, url: in.URL, branch: in.Branch, tree: in.Tree}
}

// FullInput tells how much of environments is wanted.
type FullInput struct {
	Full bool `query:"full_environment_misc" doc:"All that is told of environments, and not the platform only"`
}

// revisionsOf returns the checkouts that are asked for, those that started last
// first: all of a commit, of which one may tell the tag that it is asked for by. A tag
// that several commits have is that of the newest one. It returns none where there
// are none.
func (a *API) revisionsOf(ctx context.Context, of revisionOf) (wanted []rollup.Revision, err error) {
	checkouts := rollup.CheckoutsOf{Commits: []string{of.hash}, Origin: of.origin, RepositoryURL: of.url, Branch: of.branch}
	if !isHash(of.hash) {
		isTree := func(r *rollup.Revision) bool { return a.isOf(r, of.tree) }
		tagged, err := a.rollups().Tagged(ctx, of.hash, checkouts, isTree)
		if err != nil {
			return nil, err
		}
		checkouts.Commits = append(checkouts.Commits, tagged...)
	}
	all, err := a.rollups().Checkouts(ctx, checkouts)
	for _, r := range all {
		if a.isOf(&r, of.tree) && (len(wanted) == 0 || wanted[0].CommitHash == r.CommitHash) {
			wanted = append(wanted, r)
		}
	}
	return wanted, err
}

// isOf tells whether a checkout is of a tree: as it says itself, or as people know it.
func (a *API) isOf(r *rollup.Revision, tree string) bool {
	return tree == "" || tree == r.TreeName || tree == a.Trees.TreeName(r.TreeName, r.RepositoryURL)
}

// scopeOf returns the checkouts of the revision that is asked for.
func (a *API) scopeOf(ctx context.Context, of revisionOf) (scope, error) {
	all, err := a.revisionsOf(ctx, of)
	if err != nil {
		return scope{}, err
	}
	if len(all) == 0 {
		return scope{}, nothing("No results available for this tree/branch/commit")
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].CheckoutID
	}
	found, err := a.checkoutsByID(ctx, ids)
	if err != nil {
		return scope{}, err
	}
	checkouts := make([]report.Checkout, 0, len(found))
	for _, id := range ids {
		if c := found[id]; c != nil {
			checkouts = append(checkouts, *c)
		}
	}
	return scope{checkouts: checkouts}, nil
}

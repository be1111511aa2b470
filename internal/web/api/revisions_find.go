// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// revisionQuery says which revision is wanted. Fields that are "" match any revision.
type revisionQuery struct{ hash, origin, url, branch, tree string }

// RevisionInput names a revision by its hash.
type RevisionInput struct {
	Hash   string `path:"hash" doc:"Hash of the commit, or a tag of it"`
	Origin string `query:"origin" default:"maestro" doc:"Origin of the checkouts"`
	URL    string `query:"git_url" doc:"URL of the repository"`
	Branch string `query:"git_branch" doc:"Name of the branch"`
}

func (in *RevisionInput) revision() revisionQuery {
	return revisionQuery{hash: in.Hash, origin: in.Origin, url: in.URL, branch: in.Branch}
}

// TreeRevisionInput names a revision by its tree, branch and hash.
type TreeRevisionInput struct {
	Tree   string `path:"tree" doc:"Name of the tree"`
	Branch string `path:"branch" doc:"Name of the branch; slashes need no escape"`
	Hash   string `path:"hash" doc:"Hash of the commit, or a tag of it"`
	Origin string `query:"origin" default:"maestro" doc:"Origin of the checkouts"`
	URL    string `query:"git_url" doc:"URL of the repository"`
}

func (in *TreeRevisionInput) revision() revisionQuery {
	return revisionQuery{hash: in.Hash, origin: in.Origin, url: in.URL, branch: in.Branch, tree: in.Tree}
}

// FullInput says how much of environments is wanted.
type FullInput struct {
	Full bool `query:"full_environment_misc" doc:"Include all free properties of environments, and not only the platform"`
}

// revisionsOf returns the checkouts of a revision, the last started first, none if it
// is unknown. If the revision is named by a tag, these are all checkouts of the commit,
// although not all of them have the tag. If several commits have the tag, the newest
// counts.
func (d *data) revisionsOf(ctx context.Context, of revisionQuery) (wanted []answers.Revision, err error) {
	checkouts := answers.CheckoutsOf{Commits: []string{of.hash}, Origin: of.origin, RepositoryURL: of.url, Branch: of.branch}
	if !isHash(of.hash) {
		isTree := func(r *answers.Revision) bool { return d.isOfTree(r, of.tree) }
		tagged, err := d.answers().Tagged(ctx, of.hash, checkouts, isTree)
		if err != nil {
			return nil, err
		}
		checkouts.Commits = append(checkouts.Commits, tagged...)
	}
	all, err := d.answers().Checkouts(ctx, checkouts)
	for _, r := range all {
		if d.isOfTree(&r, of.tree) && (len(wanted) == 0 || wanted[0].CommitHash == r.CommitHash) {
			wanted = append(wanted, r)
		}
	}
	return wanted, err
}

// scopeOf returns the scope of a revision.
func (d *data) scopeOf(ctx context.Context, of revisionQuery) (scope, error) {
	all, err := d.revisionsOf(ctx, of)
	if err != nil {
		return scope{}, err
	}
	if len(all) == 0 {
		return scope{}, notFound("No results available for this tree/branch/commit")
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].CheckoutID
	}
	found, err := d.checkoutsByID(ctx, ids)
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

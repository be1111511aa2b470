// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/rollup"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Trees: branches of repositories, and what was found in their revisions.

// treeOperations adds what is asked of trees. Paths whose words tell them apart come
// before those that end in the name of a branch, which may be any words.
func (a *API) treeOperations() {
	const group = "Trees"
	answer(a, operation{
		path: "/api/tree", group: group, title: "List trees",
		text: "The newest checkout of each tree, those that started last first, with how many of its builds, boots and other tests passed. " +
			"A tree is a branch of a repository under a name, as one origin checks it out.",
	}, a.listTrees)
	a.commitOperations(group)
	a.partOperations(group)
	a.compareOperations(group)
	a.branchOperations(group)
}

// TreeItem is the newest checkout of a tree.
type TreeItem struct {
	ID         string     `json:"id" doc:"ID of the checkout"`
	Origin     string     `json:"origin" doc:"Who checked it out"`
	TreeName   *string    `json:"tree_name" doc:"Name of the tree"`
	URL        *string    `json:"git_repository_url" doc:"Its repository"`
	Branch     *string    `json:"git_repository_branch" doc:"Its branch"`
	CommitHash *string    `json:"git_commit_hash" doc:"The commit"`
	CommitName *string    `json:"git_commit_name" doc:"What git describe makes of it"`
	CommitTags *[]string  `json:"git_commit_tags" doc:"Its tags"`
	StartTime  *time.Time `json:"start_time" doc:"When it was checked out"`
	Builds     Short      `json:"build_status" doc:"Builds of it"`
	Boots      Short      `json:"boot_status" doc:"Boots of these"`
	Tests      Short      `json:"test_status" doc:"Other tests of these"`
}

type treesInput struct {
	Page
	Origin string `query:"origin" default:"maestro" doc:"Who checked out"`
	Days   int    `query:"interval_in_days" default:"7" minimum:"1" maximum:"36525" doc:"How far back the newest checkouts may have started"`
}

// listTrees answers with the newest checkout of each tree.
func (a *API) listTrees(ctx context.Context, in *treesInput) ([]TreeItem, error) {
	now := a.Now()
	// The clocks of those who check out may be ahead of ours.
	heads, err := a.heads(ctx, in.Origin, now.AddDate(0, 0, -in.Days), now.AddDate(0, 0, 1))
	if err != nil {
		return nil, err
	}
	if len(heads) == 0 {
		return nil, nothing("No trees found")
	}
	page, err := pageOf(ctx, in.Page, heads, func(h rollup.Head) string { return h.CheckoutID })
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(page))
	for i := range page {
		ids[i] = page[i].CheckoutID
	}
	checkouts, err := a.checkoutsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := make([]TreeItem, len(page))
	for i := range page {
		h := &page[i]
		all[i] = TreeItem{
			ID: h.CheckoutID, Origin: h.Origin, TreeName: optional(h.TreeName), URL: optional(h.RepositoryURL), Branch: optional(h.Branch),
			CommitHash: optional(h.CommitHash), CommitName: optional(h.CommitName), StartTime: moment(h.Start),
			Builds: statusCount(h.Counts[rollup.Builds]).short(), Boots: statusCount(h.Counts[rollup.Boots]).short(),
			Tests: statusCount(h.Counts[rollup.Tests]).short(),
		}
		if c := checkouts[h.CheckoutID]; c != nil {
			all[i].CommitTags = list(c.GitCommitTags)
		}
	}
	return all, nil
}

// heads returns the newest checkouts of trees, those that started last first. The
// names of their trees are as people know them; trees that come to the same by that
// are one, of which the newest checkout counts.
func (a *API) heads(ctx context.Context, origin string, after, until time.Time) ([]rollup.Head, error) {
	all, err := a.rollups().TreeHeads(ctx, origin, after.UnixMicro(), until.UnixMicro())
	if err != nil {
		return nil, err
	}
	type tree struct{ origin, name, url, branch string }
	found := make(map[tree]bool, len(all))
	var heads []rollup.Head
	for _, h := range all {
		h.TreeName = a.Trees.Of(h.TreeName, h.RepositoryURL)
		if t := (tree{h.Origin, h.TreeName, h.RepositoryURL, h.Branch}); !found[t] {
			found[t] = true
			heads = append(heads, h)
		}
	}
	return heads, nil
}

// checkoutsByID returns checkouts, without those that are not there.
func (a *API) checkoutsByID(ctx context.Context, ids []string) (map[string]*report.Checkout, error) {
	all := make(map[string]*report.Checkout, len(ids))
	for r, err := range a.store.Query(ctx, store.Query{Checkouts: ids}) {
		if err != nil {
			return nil, err
		}
		for i := range r.Checkouts {
			all[r.Checkouts[i].ID] = &r.Checkouts[i]
		}
	}
	return all, nil
}

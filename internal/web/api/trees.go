// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// treeAPI answers for trees, their branches and the revisions of these.
type treeAPI struct{ *data }

// register adds the operations. A path that literal words distinguish goes before a
// path that ends in a branch, because a branch may be called like these words.
func (a treeAPI) register(r *registry) {
	const group = "Trees"
	answer(r, operation{
		path: "/api/tree", group: group, title: "List trees",
		text: "The newest checkout of each tree, the last started first, with counts of the builds, boots and other tests of its commit. " +
			"A tree is a branch of a repository, with a name, as one origin checks it out. " +
			"All checkouts of the commit in the tree count. Checkouts that start later than tomorrow do not count, because a clock was wrong.",
	}, a.listTrees)
	commitAPI(a).register(r, group)
	compareAPI(a).register(r, group)
	revisionAPI(a).register(r, group)
	a.registerBranches(r, group)
	a.registerReport(r, group)
}

// TreeItem is a tree in a list: its newest checkout, with counts of its commit.
type TreeItem struct {
	ID         string       `json:"id" doc:"ID of the checkout"`
	Origin     string       `json:"origin" doc:"Origin of the checkout"`
	TreeName   *string      `json:"tree_name" doc:"Name of the tree"`
	URL        *string      `json:"git_repository_url" doc:"URL of the repository"`
	Branch     *string      `json:"git_repository_branch" doc:"Name of the branch"`
	CommitHash *string      `json:"git_commit_hash" doc:"Hash of the commit"`
	CommitName *string      `json:"git_commit_name" doc:"Name of the commit, from git describe"`
	CommitTags *[]string    `json:"git_commit_tags" doc:"Tags of the commit"`
	StartTime  *time.Time   `json:"start_time" doc:"Start of the checkout"`
	Builds     VerdictCount `json:"build_status" doc:"Builds of the commit"`
	Boots      VerdictCount `json:"boot_status" doc:"Boots of these builds"`
	Tests      VerdictCount `json:"test_status" doc:"Other tests of these builds"`
}

type treesInput struct {
	Page
	Origin string `query:"origin" default:"maestro" doc:"Origin of the checkouts"`
	Days   int    `query:"interval_in_days" default:"7" minimum:"1" maximum:"36525" doc:"How many days ago the newest checkout of a tree may have started"`
}

// listTrees returns the newest checkout of each tree.
func (a treeAPI) listTrees(ctx context.Context, in *treesInput) ([]TreeItem, error) {
	heads, err := a.heads(ctx, in.Origin, in.Days)
	if err != nil {
		return nil, err
	}
	if len(heads) == 0 {
		return nil, notFound("No trees were found")
	}
	page, err := pageOf(ctx, in.Page, heads, func(r answers.Revision) string { return r.CheckoutID })
	if err != nil {
		return nil, err
	}
	commits, ids, err := a.checkoutsOfHeads(ctx, page)
	if err != nil {
		return nil, err
	}
	counts, err := a.answers().CheckoutCounts(ctx, ids)
	if err != nil {
		return nil, err
	}
	tags, err := a.answers().TagsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := make([]TreeItem, len(page))
	for i := range page {
		h := &page[i]
		all[i] = TreeItem{
			ID: h.CheckoutID, Origin: h.Origin, TreeName: optional(h.TreeName), URL: optional(h.RepositoryURL), Branch: optional(h.Branch),
			CommitHash: optional(h.CommitHash), CommitName: optional(h.CommitName), StartTime: timeOrNull(h.Start),
			CommitTags: list(tagsOfCheckouts(tags, commits[i])),
		}
		for _, id := range commits[i] {
			all[i].Builds.sum(statusCount(counts[id][rollup.Builds]).verdicts())
			all[i].Boots.sum(statusCount(counts[id][rollup.Boots]).verdicts())
			all[i].Tests.sum(statusCount(counts[id][rollup.Tests]).verdicts())
		}
	}
	return all, nil
}

// heads returns the newest checkouts of the trees of an origin in the last days, the
// last started first. It replaces the names of trees by those of the configuration
// (treenames). If several trees have the same name then, only the newest checkout of
// them counts.
func (a treeAPI) heads(ctx context.Context, origin string, days int) ([]answers.Revision, error) {
	all, err := a.answers().TreeHeads(ctx, origin, a.Now().AddDate(0, 0, -days).UnixMicro(), a.latestStart())
	if err != nil {
		return nil, err
	}
	found := make(map[treeKey]bool, len(all))
	var heads []answers.Revision
	for _, r := range all {
		r.TreeName = a.Trees.TreeName(r.TreeName, r.RepositoryURL)
		if tree := a.treeKey(&r); !found[tree] {
			found[tree] = true
			heads = append(heads, r)
		}
	}
	return heads, nil
}

// checkoutsOfHeads returns the IDs of all checkouts of each head's commit in its tree,
// the head first, and the same IDs in one list.
func (a treeAPI) checkoutsOfHeads(ctx context.Context, heads []answers.Revision) (commits [][]string, all []string, err error) {
	type commit struct {
		treeKey
		hash string
	}
	commits, at := make([][]string, len(heads)), make(map[commit]int)
	hashes := []string{}
	var origin string
	for i := range heads {
		h := &heads[i]
		commits[i], all, origin = []string{h.CheckoutID}, append(all, h.CheckoutID), h.Origin
		if h.CommitHash != "" {
			hashes = append(hashes, h.CommitHash)
			at[commit{a.treeKey(h), h.CommitHash}] = i
		}
	}
	others, err := a.answers().Checkouts(ctx, answers.CheckoutsOf{Commits: hashes, Origin: origin})
	for i := range others {
		r := &others[i]
		if n, ok := at[commit{a.treeKey(r), r.CommitHash}]; ok && r.CheckoutID != heads[n].CheckoutID {
			commits[n], all = append(commits[n], r.CheckoutID), append(all, r.CheckoutID)
		}
	}
	return commits, all, err
}

// tagsOfCheckouts returns the tags of some of the checkouts, each once; nil if none of
// these checkouts has a list of tags.
func tagsOfCheckouts(tags map[string][]string, checkouts []string) (all []string) {
	for _, id := range checkouts {
		all = addTags(all, tags[id])
	}
	return all
}

// addTags adds the tags that are not in the list yet. If more is nil, tags stays nil.
func addTags(tags, more []string) []string {
	if tags == nil && more != nil {
		tags = []string{}
	}
	for _, tag := range more {
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

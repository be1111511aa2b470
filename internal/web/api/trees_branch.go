// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/answers"
)

// maxBranchCheckouts is how many checkouts of a branch are searched for commits.
const maxBranchCheckouts = 1000

// BranchInput names a branch.
type BranchInput struct {
	Tree   string `path:"tree" doc:"Name of the tree"`
	Branch string `path:"branch" doc:"Name of the branch; slashes need no escape"`
	Origin string `query:"origin" default:"maestro" doc:"Origin of the checkouts"`
}

type branchCommitsInput struct {
	BranchInput
	Page
	URL string `query:"git_url" doc:"URL of the repository"`
}

type branchCommit struct {
	Hash         string     `json:"git_commit_hash" doc:"Hash of the commit"`
	LastCheckout *time.Time `json:"last_checkout" doc:"Start of its newest checkout"`
	Name         *string    `json:"git_commit_name" doc:"Name of the commit, from git describe"`
	Tags         *[]string  `json:"git_commit_tags" doc:"Tags of the commit"`
}

type latestInput struct {
	BranchInput
	Hash string `query:"commit_hash" doc:"Hash of a commit. Default: the last that was checked out"`
}

type latestCommit struct {
	URL        *string `json:"git_repository_url" doc:"URL of the repository"`
	Hash       string  `json:"git_commit_hash" doc:"Hash of the commit"`
	Name       *string `json:"git_commit_name" doc:"Name of the commit, from git describe"`
	Origin     string  `json:"origin" doc:"Origin of the checkout"`
	APIURL     string  `json:"api_url" doc:"URL of everything about the commit"`
	OldAPIURL  string  `json:"old_api_url" doc:"The same, by the hash alone"`
	TreeName   string  `json:"tree_name" doc:"Name of the tree"`
	BranchName string  `json:"git_repository_branch" doc:"Name of the branch"`
}

func (a treeAPI) registerBranches(r *registry, group string) {
	answer(r, operation{
		path: "/api/tree/{tree}/{branch}/commits", group: group, title: "List the commits of a branch",
		text: "The commits of the newest checkouts of a branch, the last checked out first.",
	}, a.branchCommits)
	answer(r, operation{
		path: "/api/tree/{tree}/{branch}", group: group, title: "Find the newest commit of a branch",
		text: "The commit of a branch that was checked out last, with the URLs of everything about the commit.",
	}, a.latestCommit)
}

// branchHeads returns the newest checkouts of the trees that have the branch and the
// name of the tree, from the origin or from the configuration.
func (a treeAPI) branchHeads(ctx context.Context, in *BranchInput) ([]answers.Revision, error) {
	all, err := a.answers().TreesOf(ctx, in.Origin, in.Branch, a.latestStart())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(r answers.Revision) bool { return !a.isOfTree(&r, in.Tree) }), nil
}

// branchCheckouts returns checkouts of a branch, the last started first. They are of
// one repository, or of all if repository is "".
func (a treeAPI) branchCheckouts(ctx context.Context, in *BranchInput, repository string) ([]answers.Revision, error) {
	trees, err := a.branchHeads(ctx, in)
	if err != nil {
		return nil, err
	}
	var all []answers.Revision
	looked := make(map[string]bool)
	for _, tree := range trees {
		url, key := tree.RepositoryURL, facts.RepositoryKey(tree.RepositoryURL)
		if looked[key] || repository != "" && key != facts.RepositoryKey(repository) {
			continue
		}
		looked[key] = true
		if url == "" {
			all = append(all, tree) // no index finds the checkouts before it
			continue
		}
		checkouts, err := a.answers().Branch(ctx, answers.CheckoutsOf{Origin: in.Origin, RepositoryURL: url, Branch: in.Branch}, maxBranchCheckouts)
		if err != nil {
			return nil, err
		}
		for _, r := range checkouts {
			if r.CommitHash != "" && r.Start <= a.latestStart() && a.isOfTree(&r, in.Tree) {
				all = append(all, r)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b answers.Revision) int { return cmp.Compare(b.Start, a.Start) })
	return all, nil
}

func (a treeAPI) branchCommits(ctx context.Context, in *branchCommitsInput) ([]branchCommit, error) {
	all, err := a.branchCheckouts(ctx, &in.BranchInput, in.URL)
	if err != nil {
		return nil, err
	}
	checkoutsOf := make(map[string][]string) // by commit
	all = slices.DeleteFunc(all, func(r answers.Revision) bool {
		known := checkoutsOf[r.CommitHash]
		checkoutsOf[r.CommitHash] = append(known, r.CheckoutID)
		return known != nil
	})
	if len(all) == 0 {
		return nil, notFound(noCommits)
	}
	if all, err = pageOf(ctx, in.Page, all, func(r answers.Revision) string { return r.CommitHash }); err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range all {
		ids = append(ids, checkoutsOf[r.CommitHash]...)
	}
	tags, err := a.answers().TagsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	commits := make([]branchCommit, len(all))
	for i, r := range all {
		commits[i] = branchCommit{
			Hash: r.CommitHash, LastCheckout: timeOrNull(r.Start), Name: optional(r.CommitName),
			Tags: list(tagsOfCheckouts(tags, checkoutsOf[r.CommitHash])),
		}
	}
	return commits, nil
}

func (a treeAPI) latestCommit(ctx context.Context, in *latestInput) (*latestCommit, error) {
	var all []answers.Revision
	var err error
	if in.Hash == "" {
		all, err = a.branchHeads(ctx, &in.BranchInput)
	} else {
		all, err = a.revisionsOf(ctx, revisionQuery{hash: in.Hash, origin: in.Origin, branch: in.Branch, tree: in.Tree})
	}
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(r answers.Revision) bool { return r.CommitHash == "" })
	if len(all) == 0 {
		return nil, notFound("Tree not found.")
	}
	r := &all[0]
	base := strings.TrimSuffix(a.Base, "/") + "/api/tree/"
	query := url.Values{"origin": {r.Origin}, "git_branch": {r.Branch}}
	if r.RepositoryURL != "" {
		query.Set("git_url", r.RepositoryURL)
	}
	return &latestCommit{
		URL: optional(r.RepositoryURL), Hash: r.CommitHash, Name: optional(r.CommitName), Origin: r.Origin,
		APIURL: base + url.PathEscape(in.Tree) + "/" + url.PathEscape(r.Branch) + "/" + r.CommitHash + "/full?" +
			url.Values{"origin": {r.Origin}}.Encode(),
		OldAPIURL: base + r.CommitHash + "/full?" + query.Encode(), TreeName: in.Tree, BranchName: r.Branch,
	}, nil
}

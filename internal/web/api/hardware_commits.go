// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
)

type hardwareCommitsInput struct {
	Hardware string `path:"hardware" doc:"Name of a platform, or a compatible"`
	Body     struct {
		_ struct{} `additionalProperties:"true"`
		HardwareOf
		Heads []commitHead `json:"commitHeads" maxItems:"1000" doc:"Revisions at which the histories begin"`
	}
}

type commitHead struct {
	_      struct{} `additionalProperties:"true"`
	Tree   *string  `json:"treeName,omitempty" nullable:"true" doc:"Name of the tree"`
	URL    *string  `json:"repositoryUrl,omitempty" nullable:"true" doc:"URL of the repository"`
	Branch *string  `json:"branch,omitempty" nullable:"true" doc:"Name of the branch"`
	Hash   string   `json:"commitHash" doc:"Hash of the commit"`
}

type hardwareCommitTable struct {
	Table map[string][]hardwareCommit `json:"commit_history_table" doc:"Revisions by the hash of their head: the head, then older revisions, the newest first. Empty if the head has no tests"`
}

type hardwareCommit struct {
	Hash      string     `json:"git_commit_hash" doc:"Hash of the commit"`
	Tree      *string    `json:"tree_name" doc:"Name of the tree"`
	Branch    *string    `json:"git_repository_branch" doc:"Name of the branch"`
	URL       *string    `json:"git_repository_url" doc:"URL of the repository"`
	Tags      *[]string  `json:"git_commit_tags" doc:"Tags of the commit"`
	Name      *string    `json:"git_commit_name" doc:"Name of the commit"`
	StartTime *time.Time `json:"start_time" doc:"Start of its newest checkout"`
}

func (a hardwareAPI) hardwareCommits(ctx context.Context, in *hardwareCommitsInput) (*hardwareCommitTable, error) {
	page, err := a.readHardware(ctx, in.Hardware, &in.Body.HardwareOf)
	if err != nil {
		return nil, err
	}
	branches := make(map[branchKey][]answers.Revision)
	for _, r := range page.Revisions {
		key := a.branchKey(r.TreeName, r.RepositoryURL, r.Branch)
		branches[key] = append(branches[key], r)
	}
	found := make(map[string][]answers.Revision)
	for _, head := range in.Body.Heads {
		key := a.branchKey(text(head.Tree), text(head.URL), text(head.Branch))
		if behind := revisionsBehind(branches[key], head.Hash); len(behind) > len(found[head.Hash]) {
			found[head.Hash] = behind
		}
	}
	if len(found) == 0 {
		return nil, notFound("Commit history not found")
	}
	tags, err := a.tagsOf(ctx, found)
	if err != nil {
		return nil, err
	}
	out := &hardwareCommitTable{make(map[string][]hardwareCommit, len(found))}
	for _, head := range in.Body.Heads {
		out.Table[head.Hash] = []hardwareCommit{}
	}
	for hash, revisions := range found {
		for _, r := range revisions {
			out.Table[hash] = append(out.Table[hash], hardwareCommit{
				Hash: r.CommitHash, Tree: optional(a.Trees.TreeName(r.TreeName, r.RepositoryURL)), Branch: optional(r.Branch), URL: optional(r.RepositoryURL),
				Tags: list(tags[r.CheckoutID]), Name: optional(r.CommitName), StartTime: timeOrNull(r.Start),
			})
		}
	}
	return out, nil
}

// revisionsBehind returns the revisions from a commit on to older ones. The argument
// has the newest checkouts first.
func revisionsBehind(checkouts []answers.Revision, hash string) (all []answers.Revision) {
	known := make(map[string]bool)
	for _, r := range checkouts {
		if r.CommitHash != "" && !known[r.CommitHash] && (r.CommitHash == hash || len(all) > 0) {
			known[r.CommitHash] = true
			all = append(all, r)
		}
	}
	return all
}

// tagsOf returns the tags of checkouts, by ID.
func (a hardwareAPI) tagsOf(ctx context.Context, checkouts map[string][]answers.Revision) (map[string][]string, error) {
	var q store.Query
	for _, revisions := range checkouts {
		for _, r := range revisions {
			q.Checkouts = append(q.Checkouts, r.CheckoutID)
		}
	}
	tags := make(map[string][]string)
	for part, err := range a.Store.Query(ctx, q) {
		if err != nil {
			return nil, err
		}
		for _, c := range part.Checkouts {
			tags[c.ID] = c.GitCommitTags
		}
	}
	return tags, nil
}

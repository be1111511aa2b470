// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// Limits of lists of commits.
const (
	maxCommits = 20 // in an answer
	// maxCheckouts is how many checkouts are searched: a commit may have several.
	maxCheckouts = 10 * maxCommits
	maxHashes    = 100 // in a request
)

// noCommits is the error that clients expect for an empty list.
const noCommits = "History of tree commits not found"

// CommitItem is a commit in a list, with counts.
type CommitItem struct {
	Hash   string               `json:"git_commit_hash" doc:"Hash of the commit"`
	Name   *string              `json:"git_commit_name" doc:"Name of the commit, from git describe"`
	Tags   *[]string            `json:"git_commit_tags" doc:"Tags of the commit"`
	Start  *time.Time           `json:"earliest_start_time" doc:"Start of its first checkout"`
	Builds StatusCount          `json:"builds" doc:"Builds of the commit"`
	Boots  LowerCaseStatusCount `json:"boots" doc:"Boots of these builds"`
	Tests  LowerCaseStatusCount `json:"tests" doc:"Other tests of these builds"`
}

// CountInput says what to count for each commit.
type CountInput struct {
	After   int64  `query:"start_timestamp_in_seconds" minimum:"0" maximum:"253402300799" doc:"Earliest start of checkouts of other commits, in seconds since 1970"`
	Until   int64  `query:"end_timestamp_in_seconds" minimum:"0" maximum:"253402300799" doc:"Latest start of checkouts of other commits, in seconds since 1970"`
	Types   string `query:"types" doc:"What to count, separated by commas: builds, boots, tests. Default: all"`
	Related bool   `query:"builds_related_to_filtered_tests_only" doc:"Count only builds with boots or tests that the filters let pass"`
}

// kinds returns the kinds of objects to count.
func (in *CountInput) kinds() (map[rollup.Kind]bool, error) {
	if in.After > in.Until && in.Until != 0 {
		return nil, badRequest(fmt.Sprintf("start_timestamp_in_seconds, %d, is after end_timestamp_in_seconds, %d", in.After, in.Until))
	}
	all := make(map[rollup.Kind]bool)
	for _, name := range strings.FieldsFunc(in.Types, func(r rune) bool { return r == ',' || r == ' ' }) {
		switch kind := rollup.Kind(strings.TrimSuffix(name, "s")); kind {
		case rollup.Builds, rollup.Boots, rollup.Tests:
			all[kind] = true
		default:
			return nil, badRequest(fmt.Sprintf("types has %.40q: expected builds, boots or tests", name))
		}
	}
	if len(all) == 0 {
		all = map[rollup.Kind]bool{rollup.Builds: true, rollup.Boots: true, rollup.Tests: true}
	}
	return all, nil
}

// Inputs of the lists of commits.
type (
	commitsInput struct {
		filtered
		RevisionInput
		CountInput
		named bool // the request has an origin, a URL or a branch
	}
	treeCommitsInput struct {
		filtered
		TreeRevisionInput
		CountInput
	}
	namedCommitsInput struct {
		filtered
		CountInput
		Hashes string `query:"commit_hashes" required:"true" minLength:"1" doc:"Hashes of commits, separated by commas"`
		Tree   string `query:"tree_name" doc:"Name of the tree"`
		Origin string `query:"origin" default:"maestro" doc:"Origin of the checkouts"`
		URL    string `query:"git_url" doc:"URL of the repository"`
		Branch string `query:"git_branch" doc:"Name of the branch"`
	}
)

// Resolve reads the filters, and notes whether the request names a branch.
func (in *commitsInput) Resolve(hc huma.Context) []error {
	in.named = hc.Query("origin") != "" || hc.Query("git_url") != "" || hc.Query("git_branch") != ""
	return in.filtered.Resolve(hc)
}

// commitAPI answers for the commits of branches.
type commitAPI struct{ *data }

func (a commitAPI) register(r *registry, group string) {
	count := " Only builds, boots and tests that the filters let pass count."
	history := operation{
		group: group, title: "List a commit and those before",
		text: fmt.Sprintf("A commit and the commits of its branch that were checked out before, the last started first: at most %d. "+
			"Without git_url and git_branch, the branch is that of the last checkout of the commit. A path without a tree needs "+
			"at least one of origin, git_url and git_branch.", maxCommits) + count,
	}
	answer(r, operation{
		path: "/api/tree/commits-history", group: group, title: "List commits by their hashes",
		text: fmt.Sprintf("The commits with the given hashes, at most %d, the last started first.", maxHashes) + count,
	}, a.namedCommits)
	history.path = "/api/tree/{hash}/commits"
	answer(r, history, func(ctx context.Context, in *commitsInput) ([]CommitItem, error) {
		if !in.named {
			return nil, badRequest("expected origin, git_url and git_branch: whose commits, and of which branch")
		}
		return a.commitsBefore(ctx, in.revision(), in.filters, &in.CountInput)
	})
	history.path = "/api/tree/{tree}/{branch}/{hash}/commits"
	answer(r, history, func(ctx context.Context, in *treeCommitsInput) ([]CommitItem, error) {
		return a.commitsBefore(ctx, in.revision(), in.filters, &in.CountInput)
	})
}

func (a commitAPI) namedCommits(ctx context.Context, in *namedCommitsInput) ([]CommitItem, error) {
	hashes := strings.FieldsFunc(in.Hashes, func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case len(hashes) == 0:
		return nil, badRequest("commit_hashes names no commits")
	case len(hashes) > maxHashes:
		return nil, badRequest(fmt.Sprintf("commit_hashes names %d commits: at most %d are allowed", len(hashes), maxHashes))
	}
	all, err := a.answers().Checkouts(ctx, in.CountInput.limitTimes(answers.CheckoutsOf{
		Commits: hashes, Origin: in.Origin, RepositoryURL: in.URL, Branch: in.Branch,
	}))
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(r answers.Revision) bool { return !a.isOfTree(&r, in.Tree) })
	if len(all) == 0 {
		return nil, notFound(noCommits)
	}
	return a.commitItems(ctx, all, maxHashes, in.filters, &in.CountInput)
}

// limitTimes limits checkouts to the requested times.
func (in *CountInput) limitTimes(of answers.CheckoutsOf) answers.CheckoutsOf {
	of.After = in.After * 1_000_000
	if until := in.Until * 1_000_000; until != 0 && (of.Until == 0 || until < of.Until) {
		of.Until = until
	}
	return of
}

// commitsBefore returns a commit, and the commits before it in its branch.
func (a commitAPI) commitsBefore(ctx context.Context, of revisionQuery, f *filters, in *CountInput) ([]CommitItem, error) {
	all, err := a.revisionsOf(ctx, of)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, notFound(noCommits)
	}
	newest := all[0]
	if of.url == "" {
		of.url = newest.RepositoryURL
	}
	if of.branch == "" {
		of.branch = newest.Branch
	}
	if of.url != "" && of.branch != "" && newest.Start != 0 {
		before, err := a.answers().Branch(ctx, in.limitTimes(answers.CheckoutsOf{
			Origin: of.origin, RepositoryURL: of.url, Branch: of.branch, Until: newest.Start,
		}), maxCheckouts)
		if err != nil {
			return nil, err
		}
		for _, r := range before {
			if r.CommitHash != newest.CommitHash && r.CommitHash != "" && a.isOfTree(&r, of.tree) {
				all = append(all, r)
			}
		}
	}
	return a.commitItems(ctx, all, maxCommits, f, in)
}

// commitItems returns the commits of checkouts in their order, at most a number, with
// counts.
func (a commitAPI) commitItems(ctx context.Context, checkouts []answers.Revision, most int, f *filters, in *CountInput) ([]CommitItem, error) {
	c := &commitCounter{of: make(map[string]int)}
	at := make(map[string]int) // by hash
	var checkoutsOf [][]string // by the number of the commit
	var ids []string
	for i := range checkouts {
		r := &checkouts[i]
		n, known := at[r.CommitHash]
		if !known {
			if n = len(c.items); n == most {
				continue
			}
			at[r.CommitHash] = n
			c.items = append(c.items, CommitItem{Hash: r.CommitHash, Name: optional(r.CommitName)})
			checkoutsOf = append(checkoutsOf, nil)
		}
		checkoutsOf[n] = append(checkoutsOf[n], r.CheckoutID)
		if r.Start != 0 {
			c.items[n].Start = timeOrNull(r.Start) // the checkouts that follow started earlier
		}
		c.of[r.CheckoutID] = n
		ids = append(ids, r.CheckoutID)
	}
	if err := a.countCommits(ctx, c, ids, f, in); err != nil {
		return nil, err
	}
	tags, err := a.answers().TagsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for n := range c.items {
		c.items[n].Tags = list(tagsOfCheckouts(tags, checkoutsOf[n]))
	}
	return c.items, nil
}

// countCommits counts the builds, boots and tests of checkouts.
func (a commitAPI) countCommits(ctx context.Context, c *commitCounter, checkouts []string, f *filters, in *CountInput) (err error) {
	if c.kinds, err = in.kinds(); err != nil {
		return err
	}
	if f.n == 0 && !in.Related {
		counts, err := a.answers().CheckoutCounts(ctx, checkouts)
		for id, by := range counts {
			for kind, of := range by {
				for status, n := range of {
					c.add(kind, id, status, n)
				}
			}
		}
		return err
	}
	narrowed := *f
	narrowed.related = in.Related
	var sc scope
	for _, id := range checkouts {
		sc.checkouts = append(sc.checkouts, report.Checkout{ID: id})
	}
	_, err = a.walk(ctx, sc, &narrowed, c)
	return err
}

// commitCounter is a visitor that counts for each commit.
type commitCounter struct {
	items []CommitItem
	of    map[string]int // number of the commit by checkout
	kinds map[rollup.Kind]bool
}

func (c *commitCounter) add(kind rollup.Kind, checkout string, s report.Status, n int64) {
	if !c.kinds[kind] {
		return
	}
	item := &c.items[c.of[checkout]]
	switch kind {
	case rollup.Builds:
		item.Builds.add(s, n)
	case rollup.Boots:
		(*StatusCount)(&item.Boots).add(s, n)
	case rollup.Tests:
		(*StatusCount)(&item.Tests).add(s, n)
	}
}

func (c *commitCounter) wantedTests(g *answers.Group, _ []string) {
	c.add(g.Kind, g.Build.CheckoutID, g.Status, g.N)
}

func (c *commitCounter) build(b *answers.Built, wanted bool) {
	if wanted {
		c.add(rollup.Builds, b.CheckoutID, b.Status, 1)
	}
}

func (*commitCounter) allTests(*answers.Group, []string)      {}
func (*commitCounter) objectIssue(*answers.ObjectIssue, bool) {}

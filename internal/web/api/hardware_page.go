// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

func (a hardwareAPI) registerPage(r *registry, group, days string) {
	text := " A hardware is a platform, or all platforms with a compatible. Its trees are the trees with tests on it that an origin started in a time. " +
		days + " One revision of each tree is selected: the newest, if selectedCommits is empty. An index without a tree selects nothing, " +
		"and neither does a commit without tests in the tree. All tests of the found builds on the hardware count, at any time."
	op := func(kind, title, what string) operation {
		return operation{method: http.MethodPost, path: "/api/hardware/{hardware}" + kind, group: group, title: title, text: what + text}
	}
	answer(r, op("/summary", "Summarize a hardware", "The trees, and counts of the selected revisions."), a.hardwareSummary)
	stream[hardwareListInput, HardwareBuilds](r, op("/builds", "List a hardware's builds", "The builds of the selected revisions that were tested on the hardware."),
		func(ctx context.Context, in *hardwareListInput, w io.Writer) error {
			return a.writeHardware(ctx, &in.HardwareInput, in.Page, w, a.writeHardwareBuilds)
		})
	stream[hardwareListInput, HardwareBoots](r, op("/boots", "List a hardware's boots", "The boots of the selected revisions on the hardware."),
		func(ctx context.Context, in *hardwareListInput, w io.Writer) error {
			return a.writeHardware(ctx, &in.HardwareInput, in.Page, w, a.writeHardwareBoots)
		})
	stream[hardwareListInput, HardwareTests](r, op("/tests", "List a hardware's tests", "The tests, without boots, of the selected revisions on the hardware."),
		func(ctx context.Context, in *hardwareListInput, w io.Writer) error {
			return a.writeHardware(ctx, &in.HardwareInput, in.Page, w, a.writeHardwareTests)
		})
	answer(r, op("/commit-history", "List the revisions of a hardware's trees",
		"The revisions that can be selected, by the hash of their head: each head, then older revisions. They are of the trees with the name, "+
			"repository and branch of the head, and the checkouts may be of any origin."), a.hardwareCommits)
	stream[HardwareInput, HardwareFull](r, op("", "Get everything about a hardware", "The trees, counts of the selected revisions, and their builds, boots and tests, in one answer."),
		func(ctx context.Context, in *HardwareInput, w io.Writer) error {
			return a.writeHardware(ctx, in, Page{}, w, a.writeHardwareSummary, a.writeHardwareBuilds, a.writeHardwareBoots, a.writeHardwareTests)
		})
}

// HardwareOf says which tests a request is about.
type HardwareOf struct {
	Origin string  `json:"origin,omitempty" default:"maestro" maxLength:"200" doc:"Origin of the tests"`
	Start  seconds `json:"startTimestampInSeconds" doc:"Start of the time"`
	End    seconds `json:"endTimestampInSeconds" doc:"End of the time"`
}

// HardwareInput says which hardware a request is about, and which revisions are
// selected.
type HardwareInput struct {
	Hardware string `path:"hardware" doc:"Name of a platform, or a compatible"`
	Body     struct {
		_ struct{} `additionalProperties:"true"`
		HardwareOf
		Selected map[string]string `json:"selectedCommits,omitempty" doc:"Selected commit of each tree, by the index of the tree: a hash, or head for the newest commit"`
		Filter   map[string]any    `json:"filter,omitempty" doc:"Filters: lists of texts, by the names that the parameters of other operations have"`
	}
}

type hardwareListInput struct {
	Page
	HardwareInput
}

// Answers about a hardware.
type (
	HardwareSummary struct {
		Common  hardwareCommon `json:"common" doc:"The hardware, and the trees to select from"`
		Summary summary        `json:"summary" doc:"Counts of the selected revisions"`
		Filters summaryFilters `json:"filters" doc:"Values to filter by"`
	}
	HardwareBuilds struct {
		Builds []hardwareBuild `json:"builds" doc:"Builds, by tree"`
	}
	HardwareBoots struct {
		Boots []hardwareTest `json:"boots" doc:"Boots, by tree"`
	}
	HardwareTests struct {
		Tests []hardwareTest `json:"tests" doc:"Other tests, by tree"`
	}
	HardwareFull struct {
		HardwareSummary
		HardwareBuilds
		HardwareBoots
		HardwareTests
	}
)

type hardwareBuild struct {
	BuildItem
	Tree         *string `json:"tree_name" doc:"Name of the tree"`
	IssueID      *string `json:"issue_id" doc:"An issue that was seen in the build"`
	IssueVersion *int    `json:"issue_version" doc:"Version of the issue"`
}

type hardwareTest struct {
	TestItem
	Tree   *string `json:"tree_name" doc:"Name of the tree"`
	Branch *string `json:"git_repository_branch" doc:"Name of the branch"`
}

type hardwareCommon struct {
	Compatibles []string        `json:"compatibles" doc:"Compatibles of the hardware"`
	Trees       []*hardwareTree `json:"trees" doc:"Trees that were tested on the hardware, by name, branch and repository"`
}

type hardwareTree struct {
	Index    string        `json:"index" doc:"Index of the tree, to select a commit"`
	Origin   string        `json:"origin" doc:"Origin of the checkout"`
	Name     *string       `json:"tree_name" doc:"Name of the tree"`
	Branch   *string       `json:"git_repository_branch" doc:"Name of the branch"`
	URL      *string       `json:"git_repository_url" doc:"URL of the repository"`
	HeadName *string       `json:"head_git_commit_name" doc:"Name of its newest tested revision"`
	HeadHash *string       `json:"head_git_commit_hash" doc:"Hash of this revision"`
	HeadTags *[]string     `json:"head_git_commit_tag" doc:"Tags of this revision"`
	Status   *statusCounts `json:"selected_commit_status" doc:"Counts of the selected revision, without filters; null if no revision is selected"`
	Selected bool          `json:"is_selected" doc:"Whether a revision of the tree is selected"`

	revisions []answers.Revision // checkouts, the newest first
	selected  []string           // checkouts of the selected revision
}

// statusCounts counts builds, boots and tests by status.
type statusCounts struct {
	Builds StatusCount `json:"builds" doc:"Builds"`
	Boots  StatusCount `json:"boots" doc:"Boots"`
	Tests  StatusCount `json:"tests" doc:"Other tests"`
}

// hardwareView has the trees of the requested hardware, and the checkouts and builds of
// the selected revisions.
type hardwareView struct {
	name    string
	filters *filters
	page    Page
	common  hardwareCommon
	objects map[string]*report.Checkout // selected checkouts and heads, by ID
	builds  map[string][]string         // by checkout
}

// viewHardware finds the trees of a hardware, and selects their revisions.
func (a hardwareAPI) viewHardware(ctx context.Context, in *HardwareInput) (*hardwareView, error) {
	f, err := parseFilterBody(in.Body.Filter)
	if err != nil {
		return nil, badRequest(err.Error())
	}
	page, err := a.readHardware(ctx, in.Hardware, &in.Body.HardwareOf)
	if err != nil {
		return nil, err
	}
	if len(page.Revisions) == 0 {
		return nil, notFound("This hardware isn't associated with any commit")
	}
	v := &hardwareView{
		name: in.Hardware, filters: f, builds: make(map[string][]string),
		common: hardwareCommon{Compatibles: page.Compatibles, Trees: a.hardwareTrees(page.Revisions)},
	}
	for _, b := range page.Builds {
		v.builds[b.CheckoutID] = append(v.builds[b.CheckoutID], b.BuildID)
	}
	var ids []string
	for _, tree := range v.common.Trees {
		tree.choose(in.Body.Selected)
		ids = append(append(ids, tree.revisions[0].CheckoutID), tree.selected...)
	}
	if v.objects, err = a.checkoutsByID(ctx, ids); err != nil {
		return nil, err
	}
	for _, tree := range v.common.Trees {
		if head := v.objects[tree.revisions[0].CheckoutID]; head != nil {
			tree.HeadTags = list(head.GitCommitTags)
		}
	}
	return v, nil
}

// readHardware reads the revisions and builds that were tested on a hardware.
func (a hardwareAPI) readHardware(ctx context.Context, name string, of *HardwareOf) (*answers.HardwarePage, error) {
	days, err := daysBetween(of.Start, of.End)
	if err != nil {
		return nil, err
	}
	return a.answers().HardwarePage(ctx, answers.HardwareTests{Days: days, Origin: of.Origin}, name)
}

// hardwareTrees groups checkouts by tree. The argument has the newest checkouts first.
func (a hardwareAPI) hardwareTrees(revisions []answers.Revision) (all []*hardwareTree) {
	known := make(map[treeKey]*hardwareTree)
	for _, r := range revisions {
		key := a.treeKey(&r)
		tree := known[key]
		if tree == nil {
			tree = &hardwareTree{
				Origin: r.Origin, Name: optional(key.tree), Branch: optional(r.Branch), URL: optional(r.RepositoryURL),
				HeadName: optional(r.CommitName), HeadHash: optional(r.CommitHash),
			}
			known[key], all = tree, append(all, tree)
		}
		tree.revisions = append(tree.revisions, r)
	}
	slices.SortFunc(all, func(a, b *hardwareTree) int {
		return cmp.Or(strings.Compare(text(a.Name), text(b.Name)), strings.Compare(text(a.Branch), text(b.Branch)),
			strings.Compare(text(a.URL), text(b.URL)), strings.Compare(a.Origin, b.Origin))
	})
	for i, tree := range all {
		tree.Index = strconv.Itoa(i)
	}
	return all
}

// choose selects the commit that the request names by the tree's index, or the newest
// commit if the request names no commits at all.
func (t *hardwareTree) choose(commits map[string]string) {
	head := t.revisions[0]
	commit, named := commits[t.Index]
	switch {
	case len(commits) == 0, named && commit == "head":
		commit = head.CommitHash
	case !named:
		return
	}
	t.Selected = true
	for _, r := range t.revisions {
		if r.CommitHash == commit && (commit != "" || r.CheckoutID == head.CheckoutID) {
			t.selected = append(t.selected, r.CheckoutID)
		}
	}
}

// scope returns the scope of the selected revisions of the wanted trees.
func (v *hardwareView) scope(trees texts) scope {
	sc := scope{hardware: v.name, builds: []string{}} // nil would stand for all builds
	for _, tree := range v.common.Trees {
		if !trees.accepts(text(tree.Name)) && !trees.accepts(tree.Index) {
			continue
		}
		for _, id := range tree.selected {
			if c := v.objects[id]; c != nil {
				sc.checkouts = append(sc.checkouts, *c)
				sc.builds = append(sc.builds, v.builds[id]...)
			}
		}
	}
	return sc
}

func (a hardwareAPI) hardwareSummary(ctx context.Context, in *HardwareInput) (*HardwareSummary, error) {
	v, err := a.viewHardware(ctx, in)
	if err != nil {
		return nil, err
	}
	return a.sumHardwareUp(ctx, v)
}

func (a hardwareAPI) sumHardwareUp(ctx context.Context, v *hardwareView) (out *HardwareSummary, err error) {
	out = &HardwareSummary{}
	all := v.scope(nil)
	if out.Summary, out.Filters, err = a.summarize(ctx, all, v.filters); err != nil {
		return nil, err
	}
	if v.filters.trees != nil { // the values to filter by stay those of all trees
		if out.Summary, _, err = a.summarize(ctx, v.scope(v.filters.trees), v.filters); err != nil {
			return nil, err
		}
	}
	counts, err := a.answers().HardwareCounts(ctx, v.name, all.builds)
	if err != nil {
		return nil, err
	}
	for _, tree := range v.common.Trees {
		if !tree.Selected {
			continue
		}
		tree.Status = &statusCounts{}
		for _, id := range tree.selected {
			tree.Status.Builds.sum(statusCount(counts[id][rollup.Builds]))
			tree.Status.Boots.sum(statusCount(counts[id][rollup.Boots]))
			tree.Status.Tests.sum(statusCount(counts[id][rollup.Tests]))
		}
	}
	out.Common = v.common
	return out, nil
}

// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// Times in requests become whole days in UTC, because the roll-ups count tests by day.

// Limits of the list of tested revisions.
const (
	selectorDays         = 7
	maxSelectorRevisions = 20 // of a branch
)

// hardwareAPI answers for the hardware that was tested.
type hardwareAPI struct{ *data }

func (a hardwareAPI) register(r *registry) {
	const group = "Hardware"
	days := "The time is rounded to whole days in UTC, from the day of the start to the day of the end."
	answer(r, operation{
		path: "/api/hardware", group: group, title: "List hardware",
		text: "The platforms on which boots and other tests of an origin started in a time, by name, with counts of these and of their builds by status. " +
			"Without commitsList, only the newest tested commit of each tree counts. Tests of builds that were not reported do not count. " + days,
	}, a.listHardware)
	answer(r, operation{
		path: "/api/hardware/selectors", group: group, title: "List tested revisions",
		text: fmt.Sprintf("The trees that an origin tested on named platforms in the last %d days, with their branches, and the newest %d tested revisions "+
			"of each branch. The checkouts may be of any origin.", selectorDays, maxSelectorRevisions),
	}, a.selectors)
	answer(r, operation{
		path: "/api/hardware-by-revision", group: group, title: "List the hardware of a revision",
		text: "The platforms on which an origin tested a revision, by name, with counts of boots, of other tests and of their builds by status. " +
			"Tests of any time count, and the checkouts may be of any origin.",
	}, a.hardwareOfRevision)
	a.registerVerdicts(r, group)
	a.registerPage(r, group, days)
}

type listHardwareInput struct {
	Page
	Start   int64  `query:"startTimestampInSeconds" required:"true" minimum:"-253402300799" maximum:"253402300799" doc:"Start of the time, in seconds since 1970"`
	End     int64  `query:"endTimestampInSeconds" required:"true" minimum:"-253402300799" maximum:"253402300799" doc:"End of the time, in seconds since 1970"`
	Origin  string `query:"origin" default:"maestro" doc:"Origin of the tests"`
	Commits string `query:"commitsList" doc:"Count only tests of these commits: hashes or tags, separated by commas. Default: the newest commit of each tree"`
}

type hardwareList struct {
	Hardware []hardwareItem `json:"hardware" doc:"Platforms, by name"`
}

type hardwareItem struct {
	Platform    string       `json:"platform" doc:"Name of the platform"`
	Compatibles *[]string    `json:"hardware" doc:"Compatibles of the platform"`
	Builds      VerdictCount `json:"build_status_summary" doc:"Builds that were tested on the platform, by the status of the build"`
	Boots       VerdictCount `json:"boot_status_summary" doc:"Boots on the platform"`
	Tests       VerdictCount `json:"test_status_summary" doc:"Other tests on the platform"`
}

func (a hardwareAPI) listHardware(ctx context.Context, in *listHardwareInput) (*hardwareList, error) {
	days, err := daysBetween(seconds(in.Start), seconds(in.End))
	if err != nil {
		return nil, err
	}
	tests := answers.HardwareTests{Days: days, Origin: in.Origin}
	checkouts, err := a.testedCheckouts(ctx, tests, strings.FieldsFunc(in.Commits, func(r rune) bool { return r == ',' }))
	if err != nil {
		return nil, err
	}
	all, err := a.answers().Hardware(ctx, tests, checkouts)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(ctx, in.Page, all, func(h answers.Hardware) string { return h.Platform })
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, notFound("No hardware found")
	}
	out := &hardwareList{Hardware: make([]hardwareItem, len(page))}
	for i, h := range page {
		out.Hardware[i] = hardwareItem{
			Platform: h.Platform, Compatibles: list(h.Compatibles), Builds: statusCount(h.Counts[rollup.Builds]).verdicts(),
			Boots: statusCount(h.Counts[rollup.Boots]).verdicts(), Tests: statusCount(h.Counts[rollup.Tests]).verdicts(),
		}
	}
	return out, nil
}

// testedCheckouts returns the checkouts of tests, if they are of the given commits, by
// hash or tag. Without commits, it returns the checkouts of the newest commit of each
// tree, as the page of a hardware selects them.
func (a hardwareAPI) testedCheckouts(ctx context.Context, tests answers.HardwareTests, commits []string) (ids []string, err error) {
	all, err := a.answers().TestedCheckouts(ctx, tests)
	if err != nil {
		return nil, err
	}
	if len(commits) == 0 {
		return a.checkoutsOfNewestCommits(all), nil
	}
	var tested []string
	for i := range all {
		tested = append(tested, all[i].CheckoutID)
	}
	tags, err := a.answers().TagsOf(ctx, tested)
	if err != nil {
		return nil, err
	}
	wanted := func(commit string) bool { return slices.Contains(commits, commit) }
	for i := range all {
		id := all[i].CheckoutID
		if wanted(all[i].CommitHash) || slices.ContainsFunc(tags[id], wanted) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// checkoutsOfNewestCommits returns the checkouts of the newest commit of each tree. The
// argument has the newest checkouts first.
func (a hardwareAPI) checkoutsOfNewestCommits(checkouts []answers.Revision) (ids []string) {
	heads := make(map[treeKey]*answers.Revision)
	for i := range checkouts {
		r := &checkouts[i]
		if r.Start > a.latestStart() {
			continue
		}
		tree := a.treeKey(r)
		if heads[tree] == nil {
			heads[tree] = r
		}
		if head := heads[tree]; r == head || r.CommitHash != "" && r.CommitHash == head.CommitHash {
			ids = append(ids, r.CheckoutID)
		}
	}
	return ids
}

type selectorsInput struct {
	Origin string `query:"origin" default:"maestro" doc:"Origin of the tests"`
}

type selectorList struct {
	Trees []*selectorTree `json:"trees" doc:"Trees, by name"`
}

type selectorTree struct {
	Name     *string           `json:"tree_name" doc:"Name of the tree"`
	Branches []*selectorBranch `json:"branches" doc:"Branches of the tree, by repository and name"`
}

type selectorBranch struct {
	URL       *string            `json:"git_repository_url" doc:"URL of the repository"`
	Branch    *string            `json:"git_repository_branch" doc:"Name of the branch"`
	Revisions []selectorRevision `json:"revisions" doc:"Revisions of the branch, the last checked out first"`
}

type selectorRevision struct {
	Hash      string     `json:"git_commit_hash" doc:"Hash of the commit"`
	Name      *string    `json:"git_commit_name" doc:"Name of the commit"`
	StartTime *time.Time `json:"start_time" doc:"Start of its newest checkout"`
}

func (a hardwareAPI) selectors(ctx context.Context, in *selectorsInput) (*selectorList, error) {
	revisions, err := a.answers().TestedCheckouts(ctx, answers.HardwareTests{Days: a.daysAgo(selectorDays, 0), Origin: in.Origin})
	if err != nil {
		return nil, err
	}
	out := &selectorList{}
	trees, branches := make(map[string]*selectorTree), make(map[branchKey]*selectorBranch)
	for _, r := range revisions {
		if r.CommitHash == "" {
			continue
		}
		key := a.branchKey(r.TreeName, r.RepositoryURL, r.Branch)
		tree := trees[key.tree]
		if tree == nil {
			tree = &selectorTree{Name: optional(key.tree)}
			trees[key.tree], out.Trees = tree, append(out.Trees, tree)
		}
		branch := branches[key]
		if branch == nil {
			branch = &selectorBranch{URL: optional(r.RepositoryURL), Branch: optional(r.Branch)}
			branches[key] = branch
			tree.Branches = append(tree.Branches, branch)
		}
		if len(branch.Revisions) < maxSelectorRevisions && !slices.ContainsFunc(branch.Revisions, func(known selectorRevision) bool { return known.Hash == r.CommitHash }) {
			branch.Revisions = append(branch.Revisions, selectorRevision{r.CommitHash, optional(r.CommitName), timeOrNull(r.Start)})
		}
	}
	slices.SortFunc(out.Trees, func(a, b *selectorTree) int { return strings.Compare(text(a.Name), text(b.Name)) })
	for _, tree := range out.Trees {
		slices.SortFunc(tree.Branches, func(a, b *selectorBranch) int {
			return cmp.Or(strings.Compare(text(a.URL), text(b.URL)), strings.Compare(text(a.Branch), text(b.Branch)))
		})
	}
	return out, nil
}

type revisionHardwareInput struct {
	Page
	Origin string `query:"origin" default:"maestro" doc:"Origin of the tests"`
	Hash   string `query:"git_commit_hash" required:"true" doc:"Hash of the commit"`
	Tree   string `query:"tree_name" doc:"Name of the tree. Default: any"`
	URL    string `query:"git_repository_url" doc:"URL of the repository. Default: any"`
	Branch string `query:"git_repository_branch" doc:"Name of the branch. Default: any"`
}

type revisionHardwareList struct {
	Hardware []revisionHardware `json:"hardware" doc:"Platforms, by name"`
}

type revisionHardware struct {
	Platform    string      `json:"platform" doc:"Name of the platform"`
	Compatibles *[]string   `json:"hardware" doc:"Compatibles of the platform"`
	Builds      StatusCount `json:"build_status_summary" doc:"Builds that were tested on the platform, by the status of the build"`
	Boots       StatusCount `json:"boot_status_summary" doc:"Boots on the platform"`
	Tests       StatusCount `json:"test_status_summary" doc:"Other tests on the platform"`
}

func (a hardwareAPI) hardwareOfRevision(ctx context.Context, in *revisionHardwareInput) (*revisionHardwareList, error) {
	revisions, err := a.answers().Checkouts(ctx, answers.CheckoutsOf{
		Commits: []string{in.Hash}, RepositoryURL: in.URL, Branch: in.Branch,
	})
	if err != nil {
		return nil, err
	}
	var checkouts []string
	for _, r := range revisions {
		if in.Tree == "" || in.Tree == a.Trees.TreeName(r.TreeName, r.RepositoryURL) {
			checkouts = append(checkouts, r.CheckoutID)
		}
	}
	all, err := a.answers().HardwareOf(ctx, checkouts, in.Origin)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(ctx, in.Page, all, func(h answers.Hardware) string { return h.Platform })
	if err != nil {
		return nil, err
	}
	out := &revisionHardwareList{Hardware: make([]revisionHardware, len(page))}
	for i, h := range page {
		out.Hardware[i] = revisionHardware{
			Platform: h.Platform, Compatibles: list(h.Compatibles), Builds: statusCount(h.Counts[rollup.Builds]),
			Boots: statusCount(h.Counts[rollup.Boots]), Tests: statusCount(h.Counts[rollup.Tests]),
		}
	}
	return out, nil
}

// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Limits of the answers about verdicts.
const (
	maxCauses       = 100 // of a verdict
	defaultVerdicts = 100
)

// verdictAPI answers for the verdicts of revisions.
type verdictAPI struct{ *data }

func (a verdictAPI) register(r *registry) {
	const group = "Verdicts"
	kinds := "Verdicts are new (fails, and passed before), still (fails for longer), fixed, flaky (passes and fails), known (fails with an issue), " +
		"lab (the harness failed), skip and ok."
	answer(r, operation{
		path: "/api/verdicts", group: group, title: "List the verdicts of branches",
		text: "The branches of all trees, the newest head first, each with its newest revisions without patches and the numbers of their results by verdict. " + kinds,
	}, a.listBranches)
	answer(r, operation{
		path: "/api/verdicts/{revision}", group: group, title: "Get the verdicts of a revision",
		text: "The revision on a branch, in one sentence, the causes of its failures, and its results that are not simply ok or skipped: the worst first. " +
			"If it stands on several branches, the branch that tree and branch name, or else any. " + kinds,
	}, a.revision)
}

// db returns the verdicts of the database.
func (a verdictAPI) db() *verdicts.DB { return verdicts.Of(a.Store) }

// VerdictBranch is a branch in a list.
type VerdictBranch struct {
	Tree      string            `json:"tree" doc:"Name of the tree, or HOST/PATH of a repository without a name"`
	Branch    string            `json:"branch" doc:"Name of the branch"`
	URL       *string           `json:"git_repository_url" doc:"URL of the repository"`
	Revisions []VerdictRevision `json:"revisions" doc:"The newest revisions, the newest first"`
}

// VerdictPlace names a revision on a branch.
type VerdictPlace struct {
	Tree         string  `json:"tree" doc:"Name of the tree, or HOST/PATH of a repository without a name"`
	Branch       string  `json:"branch" doc:"Name of the branch"`
	CommitHash   string  `json:"git_commit_hash" doc:"Hash of the commit"`
	PatchsetHash string  `json:"patchset_hash" doc:"Hash of the patches, empty without patches"`
	CommitName   *string `json:"git_commit_name" doc:"Name of the commit, from git describe"`
}

func verdictPlace(r *verdicts.Revision) VerdictPlace {
	return VerdictPlace{r.Tree, r.Branch, r.CommitHash, r.PatchsetHash, optional(r.CommitName)}
}

// VerdictRevision is a revision on a branch.
type VerdictRevision struct {
	CommitHash   string                      `json:"git_commit_hash" doc:"Hash of the commit"`
	PatchsetHash string                      `json:"patchset_hash" doc:"Hash of the patches, empty without patches"`
	CommitName   *string                     `json:"git_commit_name" doc:"Name of the commit, from git describe"`
	Start        time.Time                   `json:"start_time" doc:"First start of its checkouts, or their arrival"`
	Changed      *time.Time                  `json:"changed" doc:"When its verdicts changed last"`
	Judged       *time.Time                  `json:"judged" doc:"When it was judged last; null if it was not judged yet"`
	Verdict      *string                     `json:"verdict" doc:"Worst verdict of its results, skip only if none passes; null without results"`
	Counts       map[string]map[string]int64 `json:"counts" doc:"Numbers of results by kind (build, boot, test) and verdict"`
	Causes       map[string]int64            `json:"causes" doc:"Numbers of causes by verdict"`
}

func verdictRevision(r *verdicts.Revision) VerdictRevision {
	out := VerdictRevision{
		CommitHash: r.CommitHash, PatchsetHash: r.PatchsetHash, CommitName: optional(r.CommitName), Start: r.Start,
		Changed: momentOrNull(r.Changed), Judged: momentOrNull(r.Judged), Verdict: optional(string(r.Verdict())),
		Counts: make(map[string]map[string]int64), Causes: namedCounts(r.Causes),
	}
	for kind, counts := range r.Counts {
		out.Counts[string(kind)] = namedCounts(counts)
	}
	return out
}

// namedCounts returns counts by the names of the verdicts.
func namedCounts(counts verdict.Counts) map[string]int64 {
	named := make(map[string]int64, len(counts))
	for k, n := range counts {
		named[string(k)] = n
	}
	return named
}

// momentOrNull returns a time, nil for the zero time.
func momentOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type verdictBranchesInput struct {
	Page
	Tree string `query:"tree" doc:"Only branches of the tree"`
	Days int    `query:"interval_in_days" default:"30" minimum:"1" maximum:"36525" doc:"How many days ago the newest revision of a branch may have started"`
}

// listBranches returns the branches with their newest revisions.
func (a verdictAPI) listBranches(ctx context.Context, in *verdictBranchesInput) ([]VerdictBranch, error) {
	all, err := a.db().Branches(ctx, a.Now().AddDate(0, 0, -in.Days), time.UnixMicro(a.latestStart()))
	if err != nil {
		return nil, err
	}
	out := []VerdictBranch{}
	for i := range all {
		b := &all[i]
		if in.Tree != "" && b.Tree != in.Tree {
			continue
		}
		branch := VerdictBranch{Tree: b.Tree, Branch: b.Name, URL: optional(b.RepositoryURL)}
		for i := range b.Recent {
			branch.Revisions = append(branch.Revisions, verdictRevision(&b.Recent[i]))
		}
		out = append(out, branch)
	}
	return pageOf(ctx, in.Page, out, func(b VerdictBranch) string { return b.Tree + " " + b.Branch })
}

type verdictRevisionInput struct {
	Page
	Revision      string   `path:"revision" doc:"Hash of the commit, its first 7 digits or more, or its name. Behind a + the hash of the patches"`
	Tree          string   `query:"tree" doc:"Tree of the branch"`
	Branch        string   `query:"branch" doc:"Name of the branch"`
	Verdicts      []string `query:"verdict,explode" enum:"new,still,fixed,flaky,known,lab" doc:"Only results with any of these verdicts"`
	Kinds         []string `query:"kind,explode" enum:"build,boot,test" doc:"Only results of any of these kinds"`
	Paths         []string `query:"path,explode" doc:"Only tests whose path begins with the components of any of these; * is any text within a component. Without those that begin with a -, also in the following"`
	Platforms     []string `query:"platform,explode" doc:"Only results on any of these platforms"`
	Architectures []string `query:"arch,explode" doc:"Only results of any of these architectures"`
	Configs       []string `query:"config,explode" doc:"Only results with any of these configurations"`
	Compilers     []string `query:"compiler,explode" doc:"Only results with any of these compilers"`
	Labs          []string `query:"lab,explode" doc:"Only results of any of these labs"`
	Origins       []string `query:"origin,explode" doc:"Only results of any of these origins"`
	Issues        []string `query:"issue,explode" doc:"Only results with any of these issues, by ID, or without one: none"`
}

// filter returns the results that are wanted of a revision.
func (in *verdictRevisionInput) filter(revision int64) verdicts.ResultsOf {
	of := verdicts.ResultsOf{
		Revision: revision, Path: in.Paths, Issue: in.Issues, After: in.Cursor, N: in.Limit,
		Selection: verdicts.Selection{
			Platform: in.Platforms, Architecture: in.Architectures, Config: in.Configs, Compiler: in.Compilers, Lab: in.Labs, Origin: in.Origins,
		},
	}
	if of.N == 0 {
		of.N = defaultVerdicts
	}
	for _, name := range in.Verdicts {
		of.Verdicts = append(of.Verdicts, verdict.Kind(name))
	}
	for _, name := range in.Kinds {
		of.Kinds = append(of.Kinds, rollup.Kind(name))
	}
	return of
}

type verdictsOfRevision struct {
	Tree     string          `json:"tree" doc:"Name of the tree, or HOST/PATH of a repository without a name"`
	Branch   string          `json:"branch" doc:"Name of the branch"`
	URL      *string         `json:"git_repository_url" doc:"URL of the repository"`
	Others   []otherBranch   `json:"other_branches" doc:"Other branches that the revision stands on"`
	Earlier  *string         `json:"earlier_commit_hash" doc:"Hash of the revision before on the branch"`
	Sentence string          `json:"sentence" doc:"State of the revision in one sentence"`
	Revision VerdictRevision `json:"revision"`
	Causes   []VerdictCause  `json:"causes" doc:"Causes, the worst first"`
	Results  []VerdictItem   `json:"verdicts" doc:"Results, the worst first, by path within a verdict. Default: the first 100"`
}

type otherBranch struct {
	Tree   string `json:"tree" doc:"Name of the tree"`
	Branch string `json:"branch" doc:"Name of the branch"`
}

// VerdictCause is the cause of some results.
type VerdictCause struct {
	ID       string        `json:"id" doc:"The same at all revisions where the cause has the verdict"`
	Verdict  string        `json:"verdict" doc:"Verdict of the results"`
	Kind     string        `json:"kind" doc:"Kind of its first result"`
	Title    *string       `json:"title" doc:"Fault of the kernel"`
	Fault    *string       `json:"fault" doc:"Line of the log that says why"`
	Path     *string       `json:"path" doc:"Path of its first result"`
	Results  int64         `json:"results" doc:"Number of results"`
	Variants int64         `json:"variants" doc:"Number of variants"`
	Since    *VerdictSince `json:"since" doc:"Since when the result fails that fails for the longest time"`
	Issue    *VerdictIssue `json:"issue" doc:"Issue that was seen"`
	Example  string        `json:"example" doc:"ID of a build or test"`
}

func verdictCause(c *verdicts.Cause) VerdictCause {
	return VerdictCause{
		ID: causeID(c.Key), Verdict: string(c.Verdict), Kind: string(c.Kind), Title: optional(c.Title), Fault: optional(c.Fault), Path: optional(c.Path),
		Results: c.Results, Variants: c.Variants, Since: verdictSince(c.Since), Issue: verdictIssue(c.IssueID, c.Version), Example: c.Example,
	}
}

// VerdictSince says since which revision something fails.
type VerdictSince struct {
	Name  string    `json:"revision" doc:"Name of the revision, or the beginning of its hash"`
	Start time.Time `json:"start_time" doc:"Start of the revision"`
	Open  bool      `json:"open" doc:"No earlier revision that was looked at passed: it may fail for longer"`
}

// VerdictIssue is a version of an issue.
type VerdictIssue struct {
	ID      string `json:"id" doc:"ID of the issue"`
	Version int    `json:"version" doc:"Version of the issue"`
}

func verdictSince(s verdicts.Since) *VerdictSince {
	if s.Revision == 0 {
		return nil
	}
	return &VerdictSince{s.Name, s.Start, s.Open}
}

func verdictIssue(id string, version int) *VerdictIssue {
	if id == "" {
		return nil
	}
	return &VerdictIssue{id, version}
}

// VerdictItem is a result with its verdict.
type VerdictItem struct {
	ID      string         `json:"id" doc:"ID of the build or test"`
	Kind    string         `json:"kind" doc:"build, boot or test"`
	Variant VerdictVariant `json:"variant" doc:"Under which conditions"`
	Lab     *string        `json:"lab" doc:"Name of the lab"`
	Origin  string         `json:"origin" doc:"Origin of the result"`
	Status  *string        `json:"status" doc:"Status of the result"`
	Verdict string         `json:"verdict" doc:"Verdict of the result"`
	Since   *VerdictSince  `json:"since" doc:"Since when it fails"`
	Cause   string         `json:"cause" doc:"ID of the cause"`
	Title   *string        `json:"title" doc:"Fault of the kernel"`
	Fault   *string        `json:"fault" doc:"Line of the log that says why"`
	Issue   *VerdictIssue  `json:"issue" doc:"Issue that was seen in it"`
}

// VerdictVariant has the conditions that results are compared by.
type VerdictVariant struct {
	Path         *string `json:"path" doc:"Path of the test"`
	Platform     *string `json:"platform" doc:"Name of the platform"`
	Architecture *string `json:"architecture" doc:"Architecture of the build"`
	Config       *string `json:"config_name" doc:"Configuration of the build"`
	Compiler     *string `json:"compiler" doc:"Compiler of the build"`
}

func verdictItem(r *verdicts.Result) VerdictItem {
	return VerdictItem{
		ID: r.ID, Kind: string(r.Kind),
		Variant: VerdictVariant{optional(r.Path), optional(r.Platform), optional(r.Architecture), optional(r.Config), optional(r.Compiler)},
		Lab:     optional(r.Lab), Origin: r.Origin, Status: optional(string(r.Status)), Verdict: string(r.Verdict), Since: verdictSince(r.Since),
		Cause: causeID(r.Cause), Title: optional(r.Title), Fault: optional(r.Fault), Issue: verdictIssue(r.IssueID, r.Version),
	}
}

// causeID returns the key of a cause as a text, because not all programs read such large
// numbers.
func causeID(key int64) string { return fmt.Sprintf("%016x", uint64(key)) }

// revision returns the verdicts of a revision.
func (a verdictAPI) revision(ctx context.Context, in *verdictRevisionInput) (*verdictsOfRevision, error) {
	if _, err := in.parse(4); err != nil {
		return nil, err
	}
	commit, patchset, _ := strings.Cut(in.Revision, "+")
	found, err := a.db().Find(ctx, commit, patchset)
	if err != nil {
		return nil, err
	}
	var r *verdicts.Revision
	out := &verdictsOfRevision{Others: []otherBranch{}, Causes: []VerdictCause{}, Results: []VerdictItem{}}
	for i := range found {
		f := &found[i]
		switch {
		case r == nil && (in.Tree == "" || f.Tree == in.Tree) && (in.Branch == "" || f.Branch == in.Branch):
			r = f
		default:
			out.Others = append(out.Others, otherBranch{f.Tree, f.Branch})
		}
	}
	if r == nil {
		return nil, notFound("No such revision")
	}
	out.Tree, out.Branch, out.URL, out.Revision = r.Tree, r.Branch, optional(r.RepositoryURL), verdictRevision(r)
	if err := a.describe(ctx, r, out); err != nil {
		return nil, err
	}
	of := in.filter(r.Key)
	of.N++
	results, err := a.db().Results(ctx, of)
	if errors.Is(err, verdicts.ErrCursor) {
		return nil, errCursor
	}
	if err != nil {
		return nil, err
	}
	if len(results) == of.N {
		results = results[:of.N-1]
		last := &results[len(results)-1]
		linkNext(ctx, cursor{strconv.Itoa(last.Verdict.Rank()), last.Path, last.ID, string(last.Kind)})
	}
	for i := range results {
		out.Results = append(out.Results, verdictItem(&results[i]))
	}
	return out, nil
}

// describe adds the causes, the sentence and the revision before.
func (a verdictAPI) describe(ctx context.Context, r *verdicts.Revision, out *verdictsOfRevision) error {
	earlier, _, err := a.db().Neighbours(ctx, r)
	if err != nil {
		return err
	}
	if earlier != nil {
		out.Earlier = &earlier.CommitHash
	}
	causes, err := a.db().Causes(ctx, []int64{r.Key}, nil, maxCauses)
	for i := range causes {
		out.Causes = append(out.Causes, verdictCause(&causes[i]))
	}
	out.Sentence = r.Sentence(earlier, causes)
	return err
}

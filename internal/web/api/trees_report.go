// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kcidb-go/kcidb/internal/pageurl"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/object"
)

func (a treeAPI) registerReport(r *registry, group string) {
	answer(r, operation{
		path: "/api/tree-report", group: group, title: "Report on a branch",
		text: "The newest checkout of a branch of a certain age: how its builds, boots and tests ended, what changed in the last revisions of the branch, " +
			"and issues of its builds. What changed is told of tests that failed in any of these revisions, of which there are as many as runs in a history; " +
			"a history is of runs with the same path on the same platform, on builds of one configuration, architecture and compiler. " +
			"See the history of a test for what regressions, fixed ones and unstable tests are. There are 2,000 histories, and 20,000 runs in them, at most: those that failed last. " +
			"An issue is new where nobody saw it before this revision.",
	}, a.treeReport)
}

type treeReportInput struct {
	Origin    string   `query:"origin" default:"maestro" doc:"Whose checkouts"`
	URL       string   `query:"git_url" required:"true" minLength:"1" doc:"Repository of the branch"`
	Branch    string   `query:"git_branch" required:"true" minLength:"1" doc:"Name of the branch"`
	Tree      string   `query:"tree_name" doc:"Name of the tree; any where it is left out"`
	GroupSize int      `query:"group_size" default:"3" minimum:"2" maximum:"200" doc:"How many runs there may be in a history, and revisions they are of"`
	MaxAge    int      `query:"max_age_in_hours" default:"24" minimum:"1" maximum:"720" doc:"How many hours ago the checkout started at most"`
	MinAge    int      `query:"min_age_in_hours" default:"0" minimum:"0" maximum:"720" doc:"How many hours ago it started at least, less than at most"`
	Paths     []string `query:"path,explode" maxItems:"1000" doc:"Only histories of tests whose path is like any of these: % stands for anything, _ for a character"`

	base string // URL of the service
}

// Resolve notes by which name the client knows the service.
func (in *treeReportInput) Resolve(hc huma.Context) []error {
	in.base = "http://" + hc.Host()
	if hc.TLS() != nil || hc.Header("X-Forwarded-Proto") == "https" {
		in.base = "https://" + hc.Host()
	}
	return nil
}

// treeReport is what there is to tell of a branch.
type treeReport struct {
	Page        string         `json:"dashboard_url" doc:"Page of the checkout"`
	URL         string         `json:"git_url" doc:"Repository of the branch"`
	Branch      string         `json:"git_branch" doc:"Name of the branch"`
	CommitHash  *string        `json:"commit_hash" doc:"Hash of the commit that was checked out"`
	Origin      string         `json:"origin" doc:"Who checked it out"`
	StartTime   *time.Time     `json:"checkout_start_time" doc:"When that was"`
	Builds      StatusCount    `json:"build_status_summary" doc:"How builds ended"`
	Boots       CountC         `json:"boot_status_summary" doc:"How boots ended"`
	Tests       CountC         `json:"test_status_summary" doc:"How other tests ended"`
	Regressions histories      `json:"possible_regressions" doc:"What fails, and passed before: by platform, configuration, architecture/compiler and path"`
	Fixed       histories      `json:"fixed_regressions" doc:"What passes, and failed before"`
	Unstable    histories      `json:"unstable_tests" doc:"What changed more than once"`
	Issues      reportedIssues `json:"issues" doc:"Issues of the revision"`
}

// histories are runs, the newest first, by platform, configuration,
// "architecture/compiler" and path.
type histories map[string]map[string]map[string]map[string][]reportedRun

type reportedRun struct {
	ID        string     `json:"id" doc:"ID of the test"`
	StartTime *time.Time `json:"start_time" doc:"When it began"`
	Status    string     `json:"status" doc:"How it ended; NULL where nobody knows"`
}

// add adds the history of a variant.
func (h histories) add(v answers.Variant, runs []answers.Run) {
	configs := inner(h, orUnknown(v.Platform))
	made := inner(configs, orUnknown(v.ConfigName))
	paths := inner(made, orUnknown(v.Architecture)+"/"+orUnknown(v.Compiler))
	for _, run := range runs {
		paths[v.Path] = append(paths[v.Path], reportedRun{run.ID, moment(run.Start), statusText(run.Status)})
	}
}

// inner returns a map within another, which is made where there is none.
func inner[V any](outer map[string]map[string]V, key string) map[string]V {
	if outer[key] == nil {
		outer[key] = make(map[string]V)
	}
	return outer[key]
}

type reportedIssues struct {
	Builds []reportedIssue `json:"builds" doc:"Issues of its builds, by build"`
}

type reportedIssue struct {
	New       bool       `json:"is_new_issue" doc:"Whether nobody saw it before this revision"`
	ID        string     `json:"issue_id" doc:"ID of the issue"`
	Version   int        `json:"version" doc:"Its version"`
	Comment   *string    `json:"comment" doc:"What it is, in a line"`
	BuildID   string     `json:"build_id" doc:"ID of the build"`
	ReportURL *string    `json:"report_url" doc:"Where it is discussed"`
	FirstSeen *time.Time `json:"first_seen" doc:"When what any version was seen in first began"`
	Code      *bool      `json:"culprit_code" doc:"Whether the kernel is to blame"`
	Tool      *bool      `json:"culprit_tool" doc:"Whether tools that build or test it are"`
	Harness   *bool      `json:"culprit_harness" doc:"Whether the system that runs them is"`
}

func (a treeAPI) treeReport(ctx context.Context, in *treeReportInput) (*treeReport, error) {
	if in.MinAge >= in.MaxAge {
		return nil, badRequest(fmt.Sprintf("min_age_in_hours is %d: expected less than max_age_in_hours, which is %d", in.MinAge, in.MaxAge))
	}
	now := a.Now()
	found, err := a.answers().BranchReport(ctx, answers.BranchReportOf{
		Origin: in.Origin, RepositoryURL: in.URL, Branch: in.Branch,
		Tree: func(name string) bool { return in.Tree == "" || a.Trees.TreeName(name, in.URL) == in.Tree },
		From: now.Add(-time.Duration(in.MaxAge) * time.Hour).UnixMicro(),
		To:   now.Add(-time.Duration(in.MinAge) * time.Hour).UnixMicro(),
		Runs: in.GroupSize,
		Path: func(path string) bool {
			return in.Paths == nil || slices.ContainsFunc(in.Paths, func(pattern string) bool { return like(path, pattern) })
		},
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, nothing("Tree not found in the given interval")
	}
	base := a.Base
	if base == "" {
		base = in.base
	}
	head := &found.Head
	r := &treeReport{
		Page: cmp.Or(pageurl.Of(base, object.CheckoutRef(head.CheckoutID)), base), URL: in.URL, Branch: in.Branch, CommitHash: optional(head.CommitHash),
		Origin: head.Origin, StartTime: moment(head.Start), Builds: statusCount(found.Counts[rollup.Builds]),
		Boots: countC(found.Counts[rollup.Boots]), Tests: countC(found.Counts[rollup.Tests]),
		Regressions: make(histories), Fixed: make(histories), Unstable: make(histories),
	}
	for v, runs := range found.Histories {
		switch judge(runs) {
		case regression:
			r.Regressions.add(v, runs)
		case fixed:
			r.Fixed.add(v, runs)
		case unstable:
			r.Unstable.add(v, runs)
		}
	}
	for _, i := range found.Issues {
		in := i.First.In
		r.Issues.Builds = append(r.Issues.Builds, reportedIssue{
			New: in != nil && (in.CheckoutID == head.CheckoutID || in.CommitHash != "" && in.CommitHash == head.CommitHash),
			ID:  i.ID, Version: int(i.Version), Comment: i.Comment, BuildID: i.BuildID, ReportURL: i.ReportURL,
			FirstSeen: moment(i.First.At), Code: i.Code, Tool: i.Tool, Harness: i.Harness,
		})
	}
	return r, nil
}

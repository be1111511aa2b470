// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/object"
)

func (a treeAPI) registerReport(r *registry, group string) {
	answer(r, operation{
		path: "/api/tree-report", group: group, title: "Report on a branch",
		text: "The newest checkout of a branch within an age: counts of its builds, boots and tests, changes in the last revisions of the branch, " +
			"and issues of its builds. Changes are histories of tests that failed in any of the last group_size revisions. " +
			"A history has the runs with one path on one platform, on builds of one configuration, architecture and compiler. " +
			"The history of a test explains regression, fixed and unstable. There are at most 2,000 histories with 20,000 runs: the last that failed. " +
			"An issue is new if it was not seen before this revision.",
	}, a.treeReport)
}

type treeReportInput struct {
	Origin    string   `query:"origin" default:"maestro" doc:"Origin of the checkouts"`
	URL       string   `query:"git_url" required:"true" minLength:"1" doc:"URL of the repository"`
	Branch    string   `query:"git_branch" required:"true" minLength:"1" doc:"Name of the branch"`
	Tree      string   `query:"tree_name" doc:"Name of the tree. Default: any"`
	GroupSize int      `query:"group_size" default:"3" minimum:"2" maximum:"200" doc:"Most runs in a history, and most revisions that they are of"`
	MaxAge    int      `query:"max_age_in_hours" default:"24" minimum:"1" maximum:"720" doc:"Greatest age of the checkout, in hours"`
	MinAge    int      `query:"min_age_in_hours" default:"0" minimum:"0" maximum:"720" doc:"Smallest age of the checkout, in hours; less than max_age_in_hours"`
	Paths     []string `query:"path,explode" maxItems:"1000" doc:"Only histories of tests whose path matches any of these patterns: % for any text, _ for any character"`

	base string // URL of the service
}

// Resolve notes which URL of the service the client calls.
func (in *treeReportInput) Resolve(hc huma.Context) []error {
	r, _ := humago.Unwrap(hc)
	in.base = front.Scheme(r) + "://" + r.Host
	return nil
}

// treeReport is a report on a branch.
type treeReport struct {
	Page        string              `json:"dashboard_url" doc:"URL of the page about the checkout"`
	URL         string              `json:"git_url" doc:"URL of the repository"`
	Branch      string              `json:"git_branch" doc:"Name of the branch"`
	CommitHash  *string             `json:"commit_hash" doc:"Hash of the commit"`
	Origin      string              `json:"origin" doc:"Origin of the checkout"`
	StartTime   *time.Time          `json:"checkout_start_time" doc:"Start of the checkout"`
	Builds      StatusCount         `json:"build_status_summary" doc:"Builds, by status"`
	Boots       SuffixedStatusCount `json:"boot_status_summary" doc:"Boots, by status"`
	Tests       SuffixedStatusCount `json:"test_status_summary" doc:"Other tests, by status"`
	Regressions histories           `json:"possible_regressions" doc:"Histories of tests that fail now and passed before: by platform, configuration, architecture/compiler and path"`
	Fixed       histories           `json:"fixed_regressions" doc:"Histories of tests that pass now and failed before"`
	Unstable    histories           `json:"unstable_tests" doc:"Histories that changed more than once"`
	Issues      reportedIssues      `json:"issues" doc:"Issues of the revision"`
}

// histories has runs, the newest first, by platform, configuration,
// "architecture/compiler" and path.
type histories map[string]map[string]map[string]map[string][]reportedRun

type reportedRun struct {
	ID        string     `json:"id" doc:"ID of the test"`
	StartTime *time.Time `json:"start_time" doc:"Start"`
	Status    string     `json:"status" doc:"Status; NULL if unknown"`
}

// add adds the history of a variant.
func (h histories) add(v answers.Variant, runs []answers.Run) {
	configs := inner(h, orUnknown(v.Platform))
	made := inner(configs, orUnknown(v.ConfigName))
	paths := inner(made, orUnknown(v.Architecture)+"/"+orUnknown(v.Compiler))
	for _, run := range runs {
		paths[v.Path] = append(paths[v.Path], reportedRun{run.ID, timeOrNull(run.Start), statusText(run.Status)})
	}
}

// inner returns a map within another, and makes it if necessary.
func inner[V any](outer map[string]map[string]V, key string) map[string]V {
	if outer[key] == nil {
		outer[key] = make(map[string]V)
	}
	return outer[key]
}

type reportedIssues struct {
	Builds []reportedIssue `json:"builds" doc:"Issues of the builds"`
}

type reportedIssue struct {
	New       bool       `json:"is_new_issue" doc:"Whether this revision is the first in which it was seen"`
	ID        string     `json:"issue_id" doc:"ID of the issue"`
	Version   int        `json:"version" doc:"Version of the issue"`
	Comment   *string    `json:"comment" doc:"One-line description of the issue"`
	BuildID   string     `json:"build_id" doc:"ID of the build"`
	ReportURL *string    `json:"report_url" doc:"URL of the discussion"`
	FirstSeen *time.Time `json:"first_seen" doc:"Start of the first build or test in which any version was seen"`
	Code      *bool      `json:"culprit_code" doc:"Whether the kernel is at fault"`
	Tool      *bool      `json:"culprit_tool" doc:"Whether the tools that build or test the kernel are at fault"`
	Harness   *bool      `json:"culprit_harness" doc:"Whether the test system is at fault"`
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
			return in.Paths == nil || slices.ContainsFunc(in.Paths, func(pattern string) bool { return matchesLike(path, pattern) })
		},
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, notFound("Tree not found in the given interval")
	}
	base := a.Base
	if base == "" {
		base = in.base
	}
	head := &found.Head
	r := &treeReport{
		Page: cmp.Or(pageurl.Of(base, object.CheckoutRef(head.CheckoutID)), base), URL: in.URL, Branch: in.Branch, CommitHash: optional(head.CommitHash),
		Origin: head.Origin, StartTime: timeOrNull(head.Start), Builds: statusCount(found.Counts[rollup.Builds]),
		Boots: suffixedStatusCount(found.Counts[rollup.Boots]), Tests: suffixedStatusCount(found.Counts[rollup.Tests]),
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
			ID:  i.ID, Version: i.Version, Comment: i.Comment, BuildID: i.BuildID, ReportURL: i.ReportURL,
			FirstSeen: timeOrNull(i.First.At), Code: i.Code, Tool: i.Tool, Harness: i.Harness,
		})
	}
	return r, nil
}

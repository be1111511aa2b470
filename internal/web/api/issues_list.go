// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Limits of the list of issues.
const (
	maxIssues      = 10_000 // versions that are searched: the newest
	issuesAtOnce   = 1_000
	issuesInterval = 7 // days, by default
)

func (a issueAPI) registerList(r *registry, group string) {
	answer(r, operation{
		path: "/api/issue", group: group, title: "List issues",
		text: fmt.Sprintf("The versions of issues that arrived in a time, the newest first: each version is an element. "+
			"The answer also has the first sighting of each issue in any version, and the values to filter by, which the filters do not narrow. "+
			"At most the newest %d versions of the time are searched.", maxIssues),
	}, a.listIssues)
}

type listIssuesInput struct {
	Page
	Start string `query:"startTimestampInSeconds" pattern:"^-?[0-9]{1,12}([.][0-9]*)?$" doc:"Start of the time, in seconds since 1970. Default: the interval before the end"`
	End   string `query:"endTimestampInSeconds" pattern:"^-?[0-9]{1,12}([.][0-9]*)?$" doc:"End of the time, in seconds since 1970. Default: now"`
	Days  int    `query:"interval_in_days" minimum:"1" maximum:"36500" doc:"Length of the time in days, if no start is given. Default: 7"`

	Origins    []string `query:"filter_origin,explode" doc:"Only issues of any of these origins"`
	Culprits   []string `query:"filter_issue.culprit,explode" doc:"Only issues with any of these culprits: code, tool or harness; Unknown if the issue names no culprit"`
	Categories []string `query:"filter_issue.categories,explode" doc:"Only issues of any of these categories; Unknown if the issue has no category"`
	Options    []string `query:"filter_issue.options,explode" doc:"hasIncident for issues that were seen. Other values are ignored"`
}

// accepts reports whether a version of an issue is wanted, by its own properties.
func (in *listIssuesInput) accepts(i *report.Issue, culprits []string) bool {
	any := func(wanted texts, of []string) bool {
		return len(of) == 0 && wanted.accepts("") || slices.ContainsFunc(of, wanted.accepts)
	}
	return texts(in.Origins).accepts(i.Origin) && any(in.Culprits, culprits) && any(in.Categories, i.Categories)
}

type issueList struct {
	Issues  []IssueItem              `json:"issues" doc:"Versions of issues, the newest first"`
	Extras  map[string]issueIncident `json:"extras" doc:"First sighting of each issue, by the ID of the issue. Issues without incidents are missing"`
	Filters issueListFilters         `json:"filters" doc:"Values to filter by"`
}

type issueListFilters struct {
	Origins    []string `json:"origins" doc:"Origins of issues"`
	Culprits   []string `json:"culprits" doc:"Culprits: some of code, harness, tool"`
	Categories []string `json:"categories" doc:"Categories of issues; Unknown if an issue has no category"`
}

// window returns the requested time in microseconds: from a moment on and before
// another. An end in whole seconds includes the whole last second.
func (in *listIssuesInput) window(now time.Time) (from, before int64, err error) {
	end, until := now.UnixMicro(), int64(1)
	if in.End != "" {
		seconds, err := secondsOf("endTimestampInSeconds", in.End)
		if err != nil {
			return 0, 0, err
		}
		if end = microsOf(seconds); seconds == math.Trunc(seconds) {
			until = 1e6
		}
	}
	days := in.Days
	if days == 0 {
		days = issuesInterval
	}
	from = max(end-int64(days)*int64(24*time.Hour/time.Microsecond), beginning)
	if in.Start != "" {
		start, err := secondsOf("startTimestampInSeconds", in.Start)
		if err != nil {
			return 0, 0, err
		}
		from = microsOf(start)
	}
	if from > end {
		return 0, 0, badRequest("startTimestampInSeconds is after endTimestampInSeconds, or after now")
	}
	return from, end + until, nil
}

func (a issueAPI) listIssues(ctx context.Context, in *listIssuesInput) (*issueList, error) {
	from, before, err := in.window(a.Now())
	if err != nil {
		return nil, err
	}
	keys, err := a.answers().IssuesArrived(ctx, from, before, maxIssues)
	if err != nil {
		return nil, err
	}
	var all []IssueItem
	origins, culprits, categories := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for part := range slices.Chunk(keys, issuesAtOnce) {
		err := a.eachIssue(ctx, part, func(i *report.Issue) {
			names := facts.CulpritsOf(i).Names()
			origins[i.Origin] = true
			for _, name := range names {
				culprits[name] = true
			}
			for _, category := range i.Categories {
				categories[category] = true
			}
			if len(i.Categories) == 0 {
				categories[unknown] = true
			}
			if in.accepts(i, names) {
				all = append(all, itemOfIssue(i))
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if slices.Contains(in.Options, "hasIncident") {
		seen, err := a.answers().Seen(ctx, idsOf(all), nil)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(i IssueItem) bool { return seen[i.ID] == nil })
	}
	if len(all) == 0 {
		return nil, nothing("No issues found")
	}
	page, err := pageOf(ctx, in.Page, all, func(i IssueItem) string { return fmt.Sprintf("%s,%d", i.ID, i.Version) })
	if err != nil {
		return nil, err
	}
	seen, err := a.answers().Seen(ctx, idsOf(page), nil)
	if err != nil {
		return nil, err
	}
	out := &issueList{Issues: page, Extras: make(map[string]issueIncident, len(seen)), Filters: issueListFilters{
		Origins: slices.Sorted(maps.Keys(origins)), Culprits: slices.Sorted(maps.Keys(culprits)), Categories: slices.Sorted(maps.Keys(categories)),
	}}
	for id, s := range seen {
		out.Extras[id] = a.incidentOf(s.First)
	}
	return out, nil
}

// eachIssue calls do for each version of an issue that exists, in order.
func (a issueAPI) eachIssue(ctx context.Context, keys []store.Key, do func(*report.Issue)) error {
	found, err := a.query(ctx, store.Query{Issues: keys, Metadata: true})
	if err != nil {
		return err
	}
	byKey := make(map[store.Key]*report.Issue, len(found.Issues))
	for i := range found.Issues {
		byKey[store.Key{ID: found.Issues[i].ID, Version: found.Issues[i].Version}] = &found.Issues[i]
	}
	for _, key := range keys {
		if i := byKey[key]; i != nil {
			do(i)
		}
	}
	return nil
}

func idsOf(items []IssueItem) []string {
	ids := make([]string, len(items))
	for i := range items {
		ids[i] = items[i].ID
	}
	return ids
}

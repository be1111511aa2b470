// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// Limits of the list of issues.
const (
	maxIssues      = 10_000 // versions that are searched: the newest
	issuesAtOnce   = 1_000  // versions that are held at a time, with all their properties
	issuesInterval = 7      // days, by default
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

// accepts reports whether a version of an issue is wanted.
func (in *listIssuesInput) accepts(i *answers.ArrivedIssue) bool {
	any := func(wanted texts, of []string) bool {
		return len(of) == 0 && wanted.accepts("") || slices.ContainsFunc(of, wanted.accepts)
	}
	return texts(in.Origins).accepts(i.Origin) && any(in.Culprits, i.Culprits.Names()) && any(in.Categories, i.Categories) &&
		(i.Seen || !slices.Contains(in.Options, "hasIncident"))
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

// listIssues reads of all versions only the properties to filter by, and of the versions
// on the page everything.
func (a issueAPI) listIssues(ctx context.Context, in *listIssuesInput) (*issueList, error) {
	from, before, err := in.window(a.Now())
	if err != nil {
		return nil, err
	}
	all, err := a.answers().IssuesArrived(ctx, from, before, maxIssues)
	if err != nil {
		return nil, err
	}
	out := &issueList{Extras: make(map[string]issueIncident), Filters: filtersOfIssues(all)}
	all = slices.DeleteFunc(all, func(i answers.ArrivedIssue) bool { return !in.accepts(&i) })
	if len(all) == 0 {
		return nil, notFound("No issues found")
	}
	page, err := pageBehind(ctx, in.Page, all, 3, keyOfIssue, func(key cursor) ([]answers.ArrivedIssue, error) { return issuesBehind(all, key) })
	if err != nil {
		return nil, err
	}
	if out.Issues, err = a.itemsOfIssues(ctx, page); err != nil {
		return nil, err
	}
	var ids []string
	for i := range page {
		ids = append(ids, page[i].ID)
	}
	seen, err := a.answers().Seen(ctx, ids, nil)
	for id, s := range seen {
		out.Extras[id] = a.incidentOf(s.First)
	}
	return out, err
}

// filtersOfIssues returns the values to filter a list of issues by.
func filtersOfIssues(all []answers.ArrivedIssue) issueListFilters {
	origins, culprits, categories := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for i := range all {
		origins[all[i].Origin] = true
		for _, name := range all[i].Culprits.Names() {
			culprits[name] = true
		}
		for _, category := range all[i].Categories {
			categories[category] = true
		}
		if len(all[i].Categories) == 0 {
			categories[unknown] = true
		}
	}
	return issueListFilters{
		Origins: slices.Sorted(maps.Keys(origins)), Culprits: slices.Sorted(maps.Keys(culprits)), Categories: slices.Sorted(maps.Keys(categories)),
	}
}

// keyOfIssue returns the key of a version of an issue in the list.
func keyOfIssue(i *answers.ArrivedIssue) cursor {
	return cursor{strconv.FormatInt(i.At, 10), i.ID, strconv.Itoa(i.Version)}
}

// issuesBehind returns the versions of issues after the version with a key.
func issuesBehind(all []answers.ArrivedIssue, key cursor) ([]answers.ArrivedIssue, error) {
	at, err := strconv.ParseInt(key[0], 10, 64)
	version, err2 := strconv.Atoi(key[2])
	if err != nil || err2 != nil {
		return nil, errCursor
	}
	last := answers.ArrivedIssue{At: at, Key: store.Key{ID: key[1], Version: version}}
	n := slices.IndexFunc(all, func(i answers.ArrivedIssue) bool { return i.Compare(&last) > 0 })
	if n < 0 {
		return nil, nil
	}
	return all[n:], nil
}

// itemsOfIssues returns the versions of issues that still exist as items of a list.
func (a issueAPI) itemsOfIssues(ctx context.Context, page []answers.ArrivedIssue) ([]IssueItem, error) {
	items := make([]IssueItem, 0, len(page))
	for part := range slices.Chunk(page, issuesAtOnce) {
		keys := make([]store.Key, len(part))
		for i := range part {
			keys[i] = part[i].Key
		}
		found, err := a.query(ctx, store.Query{Issues: keys, Metadata: true})
		if err != nil {
			return nil, err
		}
		byKey := make(map[store.Key]*report.Issue, len(found.Issues))
		for i := range found.Issues {
			byKey[store.Key{ID: found.Issues[i].ID, Version: found.Issues[i].Version}] = &found.Issues[i]
		}
		for _, key := range keys {
			if i := byKey[key]; i != nil {
				items = append(items, itemOfIssue(i))
			}
		}
	}
	return items, nil
}

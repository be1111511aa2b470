// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// issueAPI answers for issues.
type issueAPI struct{ *data }

func (a issueAPI) register(r *registry) {
	const group = "Issues"
	a.registerList(r, group)
	a.registerExtras(r, group)
	answer(r, operation{
		path: "/api/issue/{id}", group: group, title: "Get an issue",
		text: "A version of an issue, by default the newest, and where and when the issue was seen.",
	}, a.issue)
	stream[issueSeenInput, []issueBuild](r, operation{
		path: "/api/issue/{id}/builds", group: group, title: "List the builds of an issue",
		text: "The builds in which a version of an issue was seen, by default the newest version. The build that started last is first.",
	}, a.buildsOfIssue)
	stream[issueSeenInput, []issueTest](r, operation{
		path: "/api/issue/{id}/tests", group: group, title: "List the tests of an issue",
		text: "The boots and other tests in which a version of an issue was seen, by default the newest version. The test that started last is first.",
	}, a.testsOfIssue)
}

// IssueItem is a version of an issue in a list.
type IssueItem struct {
	Timestamp  *time.Time `json:"field_timestamp" doc:"When it last arrived at this service"`
	ID         string     `json:"id" doc:"ID of the issue"`
	Version    int        `json:"version" doc:"Version of the issue"`
	Origin     string     `json:"origin" doc:"Origin of the issue"`
	Comment    *string    `json:"comment" doc:"One-line description of the issue"`
	Code       *bool      `json:"culprit_code" doc:"Whether the kernel is at fault"`
	Tool       *bool      `json:"culprit_tool" doc:"Whether the tools that build or test the kernel are at fault"`
	Harness    *bool      `json:"culprit_harness" doc:"Whether the test system is at fault"`
	Categories *[]string  `json:"categories" doc:"Categories of the issue"`
}

func itemOfIssue(i *report.Issue) IssueItem {
	item := IssueItem{
		Timestamp: utcTime(i.Timestamp), ID: i.ID, Version: i.Version, Origin: i.Origin, Comment: i.Comment, Categories: list(i.Categories),
	}
	if c := i.Culprit; c != nil {
		item.Code, item.Tool, item.Harness = c.Code, c.Tool, c.Harness
	}
	return item
}

// IssueDetails is a version of an issue, and where it was seen.
type IssueDetails struct {
	IssueItem
	ReportURL     *string                `json:"report_url" doc:"URL of the discussion"`
	ReportSubject *string                `json:"report_subject" doc:"Subject of the discussion"`
	Misc          *json.RawMessage       `json:"misc" doc:"Free properties from the origin"`
	Extra         *map[string]issueExtra `json:"extra" doc:"Where and when the issue was seen, by the ID of the issue"`
}

// VersionInput says which version of an issue is wanted.
type VersionInput struct {
	ObjectInput
	Version string `query:"version" pattern:"^[0-9]{1,10}$" doc:"Version of the issue. Default: the newest"`
}

// wantedVersion returns the wanted version.
func (a issueAPI) wantedVersion(ctx context.Context, in *VersionInput) (store.Key, error) {
	key := store.Key{ID: in.ID}
	if in.Version != "" {
		n, err := strconv.ParseInt(in.Version, 10, 32)
		if err != nil {
			return key, badRequest("version is " + in.Version + ": expected a number below 2^31")
		}
		key.Version = int(n)
		return key, nil
	}
	version, err := a.answers().NewestVersion(ctx, in.ID)
	if err == nil && version < 0 {
		err = notFound("Issue not found")
	}
	key.Version = version
	return key, err
}

func (a issueAPI) issue(ctx context.Context, in *VersionInput) (*IssueDetails, error) {
	key, err := a.wantedVersion(ctx, in)
	if err != nil {
		return nil, err
	}
	found, err := a.query(ctx, store.Query{Issues: []store.Key{key}, Metadata: true})
	if err != nil {
		return nil, err
	}
	if len(found.Issues) == 0 {
		return nil, notFound("Issue not found")
	}
	i := &found.Issues[0]
	d := &IssueDetails{IssueItem: itemOfIssue(i), ReportURL: i.ReportURL, ReportSubject: i.ReportSubject}
	if i.Misc != nil {
		d.Misc = &i.Misc
	}
	extras, err := a.issueExtras(ctx, []store.Key{key})
	if err == nil && len(extras) > 0 {
		d.Extra = &extras
	}
	return d, err
}

// issueIncident is the first or last sighting of an issue.
type issueIncident struct {
	FirstSeen  *time.Time `json:"first_seen" doc:"Start of the build or test in which it was seen"`
	CommitHash *string    `json:"git_commit_hash" doc:"Hash of the commit"`
	URL        *string    `json:"git_repository_url" doc:"URL of the repository"`
	Branch     *string    `json:"git_repository_branch" doc:"Name of the branch"`
	CommitName *string    `json:"git_commit_name" doc:"Name of the commit, from git describe"`
	TreeName   *string    `json:"tree_name" doc:"Name of the tree"`
	Version    *int       `json:"issue_version" doc:"Version of the issue that was seen"`
	CheckoutID *string    `json:"checkout_id" doc:"ID of the checkout"`
}

func (a issueAPI) incidentOf(o answers.Occurrence) issueIncident {
	i := issueIncident{FirstSeen: timeOrNull(o.At), Version: new(o.Version)}
	if r := o.In; r != nil {
		i.CommitHash, i.CommitName = optional(r.CommitHash), optional(r.CommitName)
		i.URL, i.Branch = optional(r.RepositoryURL), optional(r.Branch)
		i.TreeName, i.CheckoutID = optional(a.Trees.TreeName(r.TreeName, r.RepositoryURL)), &r.CheckoutID
	}
	return i
}

// issueExtra says where and when an issue was seen.
type issueExtra struct {
	First    issueIncident           `json:"first_incident" doc:"First sighting of any version"`
	Last     issueIncident           `json:"last_incident" doc:"Last sighting of any version"`
	Versions map[string]issueVersion `json:"versions" doc:"Where the requested versions were seen, by version"`
}

// issueVersion says where a version of an issue was seen.
type issueVersion struct {
	ID      string        `json:"id" doc:"ID of the issue"`
	Version int           `json:"version" doc:"Version of the issue"`
	Trees   []issueBranch `json:"trees" doc:"Branches in which it was seen"`
	Tags    []string      `json:"tags" doc:"Which of mainline, stable and linux-next are among the branches"`
}

type issueBranch struct {
	TreeName *string `json:"tree_name" doc:"Name of the tree"`
	Branch   *string `json:"git_repository_branch" doc:"Name of the branch"`
}

// issueExtras returns where and when issues were seen, by ID, and where the given
// versions were seen. Issues without incidents are left out.
func (a issueAPI) issueExtras(ctx context.Context, keys []store.Key) (map[string]issueExtra, error) {
	var ids []string
	for _, key := range keys {
		ids = append(ids, key.ID)
	}
	seen, err := a.answers().Seen(ctx, ids, keys)
	if err != nil {
		return nil, err
	}
	extras := make(map[string]issueExtra, len(seen))
	for id, s := range seen {
		extras[id] = issueExtra{First: a.incidentOf(s.First), Last: a.incidentOf(s.Last), Versions: make(map[string]issueVersion)}
	}
	// Versions without a known branch are included, because the KernelCI front end
	// takes the first version without checking that it exists.
	for _, key := range keys {
		if s := seen[key.ID]; s != nil {
			extras[key.ID].Versions[strconv.Itoa(key.Version)] = a.versionOf(key.ID, key.Version, s.Branches[key.Version])
		}
	}
	return extras, nil
}

func (a issueAPI) versionOf(id string, version int, branches []answers.Branch) issueVersion {
	v := issueVersion{ID: id, Version: version}
	for _, b := range branches {
		tree := a.Trees.TreeName(b.TreeName, b.RepositoryURL)
		branch := issueBranch{optional(tree), optional(b.Name)}
		known := func(other issueBranch) bool { return text(other.TreeName) == tree && text(other.Branch) == b.Name }
		if !slices.ContainsFunc(v.Trees, known) {
			v.Trees = append(v.Trees, branch)
		}
		if tag := treeTag(tree); tag != "" && !slices.Contains(v.Tags, tag) {
			v.Tags = append(v.Tags, tag)
		}
	}
	slices.Sort(v.Tags)
	return v
}

// treeTag returns the group of a tree: mainline, stable or linux-next; "" for other
// trees.
func treeTag(tree string) string {
	switch {
	case tree == "mainline":
		return "mainline"
	case tree == "stable", strings.HasPrefix(tree, "stable-"):
		return "stable"
	case tree == "next", tree == "linux-next":
		return "linux-next"
	}
	return ""
}

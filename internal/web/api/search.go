// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/web/find"
)

// searchAPI finds things by a text.
type searchAPI struct{ *data }

func (a searchAPI) register(r *registry) {
	answer(r, operation{
		path: "/api/search", group: "Search", title: "Find anything by a text",
		text: fmt.Sprintf("What the page of the search finds: objects by their ID, revisions by the beginning of their hash or name, "+
			"and everything else by a part of its name or text. Failures and groups of tests are found at the newest revisions only. Each list has at most %d hits.", find.Most),
	}, a.search)
}

type searchInput struct {
	Text string `query:"q" required:"true" minLength:"1" maxLength:"500" doc:"Text to search for"`
}

// Found is what a search found.
type Found struct {
	Objects    []FoundObject   `json:"objects" doc:"Objects with the text as their ID"`
	Submission *string         `json:"submission" doc:"The text, if it is the ID of a submission"`
	Revisions  []FoundRevision `json:"revisions" doc:"Revisions, each on one of its branches, the newest first"`
	Branches   []FoundBranch   `json:"branches" doc:"Branches, with their newest revision"`
	Tests      []FoundTests    `json:"tests" doc:"Groups of tests"`
	Boards     []FoundBoard    `json:"boards" doc:"Platforms"`
	Origins    []string        `json:"origins" doc:"Origins"`
	Labs       []string        `json:"labs" doc:"Labs"`
	Issues     []FoundIssue    `json:"issues" doc:"Issues, the newest first"`
	Failures   []FoundFailure  `json:"failures" doc:"Causes for which results fail"`
	More       []find.List     `json:"more" doc:"Names of the lists that have more hits than the answer"`
}

// FoundObject is an object.
type FoundObject struct {
	Type string `json:"type" doc:"Type of the object: checkout, build, test, issue or incident"`
	ID   string `json:"id" doc:"ID of the object"`
}

// FoundRevision is a revision on a branch.
type FoundRevision struct {
	Tree   string `json:"tree" doc:"Name of the tree, or HOST/PATH of a repository without a name"`
	Branch string `json:"branch" doc:"Name of the branch"`
	VerdictRevision
}

// FoundBranch is a branch.
type FoundBranch struct {
	Tree   string          `json:"tree" doc:"Name of the tree, or HOST/PATH of a repository without a name"`
	Branch string          `json:"branch" doc:"Name of the branch"`
	URL    *string         `json:"git_repository_url" doc:"URL of the repository"`
	Newest VerdictRevision `json:"newest" doc:"Its newest revision"`
}

// FoundTests is a group of tests at a revision that ran them.
type FoundTests struct {
	Path   string `json:"path" doc:"First components of the paths of the tests"`
	Tree   string `json:"tree" doc:"Name of the tree where they ran"`
	Branch string `json:"branch" doc:"Name of the branch where they ran"`
}

// FoundBoard is a platform.
type FoundBoard struct {
	Platform    string   `json:"platform" doc:"Name of the platform"`
	Compatibles []string `json:"hardware" doc:"Compatibles of the platform"`
}

// FoundIssue is an issue.
type FoundIssue struct {
	ID      string  `json:"id" doc:"ID of the issue"`
	Version int     `json:"version" doc:"The newest version that has the text"`
	Comment *string `json:"comment" doc:"Comment of the issue"`
	URL     *string `json:"report_url" doc:"URL of its report"`
}

// FoundFailure is a cause at a revision.
type FoundFailure struct {
	VerdictCause
	At VerdictPlace `json:"at" doc:"The revision"`
}

func (a searchAPI) search(ctx context.Context, in *searchInput) (*Found, error) {
	text := strings.TrimSpace(in.Text)
	if text == "" || len(text) > find.MaxText {
		return nil, badRequest(fmt.Sprintf("q: expected a text of at most %d bytes", find.MaxText))
	}
	finder := &find.Finder{Store: a.Store, Answers: a.answers(), Verdicts: verdicts.Of(a.Store), Now: a.Now}
	f, err := finder.Find(ctx, text)
	if err != nil {
		return nil, err
	}
	return foundOf(f), nil
}

func foundOf(f *find.Found) *Found {
	out := &Found{Submission: optional(f.Submission), Origins: f.Origins, Labs: f.Labs, More: f.More}
	for _, ref := range f.Objects {
		out.Objects = append(out.Objects, FoundObject{string(ref.Type), ref.ID[0]})
	}
	for i := range f.Revisions {
		r := &f.Revisions[i]
		out.Revisions = append(out.Revisions, FoundRevision{r.Tree, r.Branch, verdictRevision(r)})
	}
	for i := range f.Branches {
		b := &f.Branches[i]
		out.Branches = append(out.Branches, FoundBranch{b.Tree, b.Name, optional(b.RepositoryURL), verdictRevision(&b.Recent[0])})
	}
	for _, g := range f.Tests {
		out.Tests = append(out.Tests, FoundTests{g.Name, g.At.Tree, g.At.Branch})
	}
	for _, p := range f.Boards {
		out.Boards = append(out.Boards, FoundBoard{p.Name, p.Compatibles})
	}
	for _, i := range f.Issues {
		out.Issues = append(out.Issues, FoundIssue{i.ID, i.Version, optional(i.Comment), optional(i.ReportURL)})
	}
	for i := range f.Failures {
		c := &f.Failures[i]
		out.Failures = append(out.Failures, FoundFailure{verdictCause(&c.Cause), verdictPlace(c.At)})
	}
	return out
}

// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// buildAPI answers for builds.
type buildAPI struct{ *data }

func (a buildAPI) register(r *registry) {
	const group = "Builds"
	answer(r, operation{
		plain: true, path: "/api/build/{id}", group: group, title: "Get a build",
		text: "A build and its checkout. The fields of the checkout are null if the checkout is unknown.",
	}, a.build)
	stream[testsOfBuildInput, []RunItem](r, operation{
		plain: true, path: "/api/build/{id}/tests", group: group, title: "List the tests of a build",
		text: "All boots and other tests of a build, by path.",
	}, a.testsOfBuild)
	answer(r, operation{
		path: "/api/build/{id}/issues", group: group, title: "List the issues of a build",
		text: "The issues that were seen in a build, not in its tests. An element is a version of an issue that an incident names.",
	}, a.issuesOfBuild)
}

// ObjectInput names an object.
type ObjectInput struct {
	ID string `path:"id" doc:"ID of the object, escaped as a part of a URL path"`
}

// BuildDetails is a build and its checkout.
type BuildDetails struct {
	BuildItem
	Origin      *string   `json:"origin" doc:"Origin of the checkout"`
	BuildOrigin string    `json:"build_origin" doc:"Origin of the build"`
	CheckoutID  string    `json:"checkout_id" doc:"ID of the checkout"`
	Command     *string   `json:"command" doc:"Command that built it"`
	Comment     *string   `json:"comment" doc:"Comment for people"`
	LogExcerpt  *string   `json:"log_excerpt" doc:"Relevant part of the log"`
	InputFiles  *[]file   `json:"input_files" doc:"Input files"`
	OutputFiles *[]file   `json:"output_files" doc:"Output files"`
	TreeName    *string   `json:"tree_name" doc:"Name of the tree"`
	CommitHash  *string   `json:"git_commit_hash" doc:"Hash of the commit"`
	CommitName  *string   `json:"git_commit_name" doc:"Name of the commit, from git describe"`
	CommitTags  *[]string `json:"git_commit_tags" doc:"Tags of the commit"`
}

// file is a file of a build or a test.
type file struct {
	Name string `json:"name" doc:"Name of the file"`
	URL  string `json:"url" doc:"URL of the file"`
}

// files returns files as answers have them; nil for none.
func files(resources []report.Resource) *[]file {
	if resources == nil {
		return nil
	}
	all := make([]file, len(resources))
	for i, r := range resources {
		all[i] = file(r)
	}
	return &all
}

func (a buildAPI) build(ctx context.Context, in *ObjectInput) (*BuildDetails, error) {
	found, err := a.query(ctx, store.Query{Builds: []string{in.ID}, Parents: true})
	if err != nil {
		return nil, err
	}
	if len(found.Builds) == 0 {
		return nil, notFound("Build not found")
	}
	b, c := &found.Builds[0], &report.Checkout{} // an unknown checkout has no properties
	if len(found.Checkouts) > 0 {
		c = &found.Checkouts[0]
	}
	return &BuildDetails{
		BuildItem: buildItem(b, c), Origin: optional(c.Origin), BuildOrigin: b.Origin, CheckoutID: b.CheckoutID, Command: b.Command, Comment: b.Comment,
		LogExcerpt: b.LogExcerpt, InputFiles: files(b.InputFiles), OutputFiles: files(b.OutputFiles),
		TreeName: a.treeName(c), CommitHash: c.GitCommitHash, CommitName: c.GitCommitName, CommitTags: list(c.GitCommitTags),
	}, nil
}

// buildItem returns a build as an item of a list.
func buildItem(b *report.Build, c *report.Checkout) BuildItem {
	return BuildItem{
		ID: b.ID, Origin: b.Origin, Architecture: b.Architecture, ConfigName: b.ConfigName, Misc: orEmpty(b.Misc), ConfigURL: b.ConfigURL,
		Compiler: b.Compiler, Status: statusText(statusOf(b.Status)), Duration: b.Duration, LogURL: b.LogURL, StartTime: utcTime(b.StartTime),
		URL: c.GitRepositoryURL, Branch: c.GitRepositoryBranch,
	}
}

type testsOfBuildInput struct {
	ObjectInput
	Page
}

func (a buildAPI) testsOfBuild(ctx context.Context, in *testsOfBuildInput, w io.Writer) error {
	list := keyedList[store.Run]{
		keySize: 2,
		key:     func(run *store.Run) cursor { return cursor{run.Path, run.ID} },
		size:    sizeOfRun,
		after: func(key cursor, _ int) (iter.Seq2[store.Run, error], error) {
			after := store.RunKey{}
			if key != nil {
				after = store.RunKey{BuildID: in.ID, Path: key[0], ID: key[1]}
			}
			return a.Store.Runs(ctx, []string{in.ID}, after), nil
		},
	}
	page, err := list.page(ctx, in.Page)
	if err != nil {
		return err
	}
	return writeArray(w, page, runItem, "No tests found for this build")
}

func (a buildAPI) issuesOfBuild(ctx context.Context, in *ObjectInput) ([]Issue, error) {
	all, err := a.answers().IssuesOfBuild(ctx, in.ID)
	return issueItems(all, err, "No issues found for this build")
}

// issueItems returns issues as items of a list. For an empty list it returns the error
// missing.
func issueItems(all []answers.SeenIssue, err error, missing notFound) ([]Issue, error) {
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, missing
	}
	items := make([]Issue, len(all))
	for i, seen := range all {
		items[i] = Issue{
			ID: seen.ID, Version: seen.Version, Comment: seen.Comment, ReportURL: seen.ReportURL, Incidents: statusCount(seen.Incidents),
		}
	}
	return items, nil
}

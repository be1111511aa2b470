// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
)

// testAPI answers for boots and other tests.
type testAPI struct{ *data }

func (a testAPI) register(r *registry) {
	const group = "Tests"
	a.registerHistory(r, group)
	answer(r, operation{
		path: "/api/test/{id}", group: group, title: "A boot, or another test",
		text: "A test, its build, and what that was built from. What these tell is null where they are not there.",
	}, a.test)
	answer(r, operation{
		path: "/api/test/{id}/issues", group: group, title: "The issues of a test",
		text: "Issues that were seen in a test: each version of one that an incident is of.",
	}, a.issuesOfTest)
}

// TestDetails are a boot or a test, its build, and what that was built from.
type TestDetails struct {
	Timestamp       *time.Time      `json:"field_timestamp" doc:"When it last arrived"`
	ID              string          `json:"id" doc:"ID of the test"`
	BuildID         string          `json:"build_id" doc:"ID of the build it ran on"`
	TestOrigin      string          `json:"test_origin" doc:"Who ran it"`
	Status          string          `json:"status" doc:"How it ended; NULL where nobody knows"`
	Path            *string         `json:"path" doc:"Which test it was"`
	StartTime       *time.Time      `json:"start_time" doc:"When it began"`
	LogExcerpt      *string         `json:"log_excerpt" doc:"The part of its log that matters"`
	LogURL          *string         `json:"log_url" doc:"Its log"`
	Misc            json.RawMessage `json:"misc" doc:"What else the origin tells"`
	Compatible      *[]string       `json:"environment_compatible" doc:"What the hardware is compatible with"`
	EnvironmentMisc json.RawMessage `json:"environment_misc" doc:"What else is told of the hardware: the platform at least"`
	InputFiles      *[]file         `json:"input_files" doc:"What went in"`
	OutputFiles     *[]file         `json:"output_files" doc:"What came out"`
	Compiler        *string         `json:"compiler" doc:"What compiled the build"`
	Architecture    *string         `json:"architecture" doc:"Architecture of the build"`
	ConfigName      *string         `json:"config_name" doc:"Name of the build's configuration"`
	Origin          *string         `json:"origin" doc:"Who checked out what was built"`
	TreeName        *string         `json:"tree_name" doc:"Tree of what was built"`
	URL             *string         `json:"git_repository_url" doc:"Its repository"`
	Branch          *string         `json:"git_repository_branch" doc:"Its branch"`
	CommitHash      *string         `json:"git_commit_hash" doc:"Hash of the commit that was built"`
	CommitTags      *[]string       `json:"git_commit_tags" doc:"Tags of the commit"`
}

func (a testAPI) test(ctx context.Context, in *ObjectInput) (*TestDetails, error) {
	found, err := a.query(ctx, store.Query{Tests: []string{in.ID}, Parents: true, Metadata: true})
	if err != nil {
		return nil, err
	}
	if len(found.Tests) == 0 {
		return nil, nothing("Test not found")
	}
	t := &found.Tests[0]
	d := &TestDetails{
		Timestamp: instant(t.Timestamp), ID: t.ID, BuildID: t.BuildID, TestOrigin: t.Origin, Status: statusText(statusOf(t.Status)), Path: t.Path,
		StartTime: instant(t.StartTime), LogExcerpt: t.LogExcerpt, LogURL: t.LogURL, Misc: orEmpty(t.Misc), EnvironmentMisc: fullEnvironment(nil),
		InputFiles: files(t.InputFiles), OutputFiles: files(t.OutputFiles),
	}
	if e := t.Environment; e != nil {
		d.Compatible, d.EnvironmentMisc = list(e.Compatible), fullEnvironment(e.Misc)
	}
	if len(found.Builds) > 0 {
		b := &found.Builds[0]
		d.Compiler, d.Architecture, d.ConfigName = b.Compiler, b.Architecture, b.ConfigName
	}
	if len(found.Checkouts) > 0 {
		c := &found.Checkouts[0]
		d.Origin, d.TreeName, d.URL, d.Branch = &c.Origin, a.treeName(c), c.GitRepositoryURL, c.GitRepositoryBranch
		d.CommitHash, d.CommitTags = c.GitCommitHash, list(c.GitCommitTags)
	}
	return d, nil
}

func (a testAPI) issuesOfTest(ctx context.Context, in *ObjectInput) ([]Issue, error) {
	all, err := a.answers().IssuesOfTest(ctx, in.ID)
	return issueItems(all, err, "No issues were found for this test")
}

// RunItem is a boot or a test in a list of one thing's.
type RunItem struct {
	ID              string           `json:"id" doc:"ID of the test"`
	Status          string           `json:"status" doc:"How it ended; NULL where nobody knows"`
	Duration        *float64         `json:"duration" doc:"How long it took, in seconds"`
	Path            *string          `json:"path" doc:"Which test it was"`
	StartTime       *time.Time       `json:"start_time" doc:"When it began"`
	Compatible      *[]string        `json:"environment_compatible" doc:"What the hardware is compatible with"`
	EnvironmentMisc *json.RawMessage `json:"environment_misc" doc:"What else is told of the hardware"`
	Lab             *string          `json:"lab" doc:"Lab that it ran in, else its origin"`
}

// runItem returns a test as lists of one build have it.
func runItem(run *store.Run) RunItem {
	return RunItem{
		ID: run.ID, Status: statusText(run.Status), Duration: run.Duration, Path: optional(run.Path), StartTime: instant(run.Start),
		Compatible: list(run.Compatible), EnvironmentMisc: orNull(run.EnvironmentMisc), Lab: optional(facts.LabOf(facts.Lab(run.Misc), run.Origin)),
	}
}

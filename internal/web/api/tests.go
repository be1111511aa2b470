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
		plain: true, path: "/api/test/{id}", group: group, title: "Get a boot or another test",
		text: "A test, its build and its checkout. The fields of the build and of the checkout are null if these are unknown.",
	}, a.test)
	answer(r, operation{
		path: "/api/test/{id}/issues", group: group, title: "List the issues of a test",
		text: "The issues that were seen in a test. An element is a version of an issue that an incident names.",
	}, a.issuesOfTest)
}

// TestDetails is a boot or a test, its build and its checkout.
type TestDetails struct {
	Timestamp       *time.Time      `json:"field_timestamp" doc:"When it last arrived at this service"`
	ID              string          `json:"id" doc:"ID of the test"`
	BuildID         string          `json:"build_id" doc:"ID of the build"`
	TestOrigin      string          `json:"test_origin" doc:"Origin of the test"`
	Status          string          `json:"status" doc:"Status; NULL if unknown"`
	Path            *string         `json:"path" doc:"Path of the test"`
	StartTime       *time.Time      `json:"start_time" doc:"Start"`
	LogExcerpt      *string         `json:"log_excerpt" doc:"Relevant part of the log"`
	LogURL          *string         `json:"log_url" doc:"URL of the log"`
	Misc            json.RawMessage `json:"misc" doc:"Free properties from the origin"`
	Compatible      *[]string       `json:"environment_compatible" doc:"Compatibles of the hardware"`
	EnvironmentMisc json.RawMessage `json:"environment_misc" doc:"Free properties of the environment; always has a platform, which may be null"`
	InputFiles      *[]file         `json:"input_files" doc:"Input files"`
	OutputFiles     *[]file         `json:"output_files" doc:"Output files"`
	Compiler        *string         `json:"compiler" doc:"Compiler of the build"`
	Architecture    *string         `json:"architecture" doc:"Architecture of the build"`
	ConfigName      *string         `json:"config_name" doc:"Name of the build's configuration"`
	Origin          *string         `json:"origin" doc:"Origin of the checkout"`
	TreeName        *string         `json:"tree_name" doc:"Name of the tree"`
	URL             *string         `json:"git_repository_url" doc:"URL of the repository"`
	Branch          *string         `json:"git_repository_branch" doc:"Name of the branch"`
	CommitHash      *string         `json:"git_commit_hash" doc:"Hash of the commit"`
	CommitTags      *[]string       `json:"git_commit_tags" doc:"Tags of the commit"`
}

func (a testAPI) test(ctx context.Context, in *ObjectInput) (*TestDetails, error) {
	found, err := a.query(ctx, store.Query{Tests: []string{in.ID}, Parents: true, Metadata: true})
	if err != nil {
		return nil, err
	}
	if len(found.Tests) == 0 {
		return nil, notFound("Test not found")
	}
	t := &found.Tests[0]
	d := &TestDetails{
		Timestamp: utcTime(t.Timestamp), ID: t.ID, BuildID: t.BuildID, TestOrigin: t.Origin, Status: statusText(statusOf(t.Status)), Path: t.Path,
		StartTime: utcTime(t.StartTime), LogExcerpt: t.LogExcerpt, LogURL: t.LogURL, Misc: orEmpty(t.Misc), EnvironmentMisc: fullEnvironment(nil),
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

// RunItem is a boot or a test in a list of one build or issue.
type RunItem struct {
	ID              string           `json:"id" doc:"ID of the test"`
	Status          string           `json:"status" doc:"Status; NULL if unknown"`
	Duration        *float64         `json:"duration" doc:"Duration in seconds"`
	Path            *string          `json:"path" doc:"Path of the test"`
	StartTime       *time.Time       `json:"start_time" doc:"Start"`
	Compatible      *[]string        `json:"environment_compatible" doc:"Compatibles of the hardware"`
	EnvironmentMisc *json.RawMessage `json:"environment_misc" doc:"Free properties of the environment"`
	Lab             *string          `json:"lab" doc:"Lab that ran the test, or else the origin"`
}

// runItem returns a test as an item of a list.
func runItem(run *store.Run) RunItem {
	return RunItem{
		ID: run.ID, Status: statusText(run.Status), Duration: run.Duration, Path: optional(run.Path), StartTime: utcTime(run.Start),
		Compatible: list(run.Compatible), EnvironmentMisc: orNull(run.EnvironmentMisc), Lab: labOf(run.Misc, run.Origin),
	}
}

// sizeOfRun returns roughly how many bytes of memory a test takes: its free objects, and
// 1,000 bytes for the rest.
func sizeOfRun(run *store.Run) int { return 1000 + len(run.Misc) + len(run.EnvironmentMisc) }

// labOf returns the lab of a test, by the misc of the test, or else by its origin.
func labOf(misc []byte, origin string) *string {
	return optional(facts.LabOf(facts.Lab(misc), origin))
}

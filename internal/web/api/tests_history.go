// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// Verdicts on the runs of a test.
const (
	regression = "regression" // it fails now, and passed before
	fixed      = "fixed"      // it passes now, and failed before
	unstable   = "unstable"   // it changed more than once
	passes     = "pass"       // it always passed
	fails      = "fail"       // it always failed
)

// judge returns the verdict on runs, the newest first; "" if no run passed or failed.
// Only conclusive runs count (facts.IsConclusive). A test that changed once is a
// regression or fixed; a test that changed more often is unstable.
func judge(runs []answers.Run) string {
	changes := 0
	var newest, last report.Status
	for _, run := range runs {
		if !facts.IsConclusive(run.Status) {
			continue
		}
		switch last {
		case "":
			newest = run.Status
		case run.Status:
		default:
			changes++
		}
		last = run.Status
	}
	switch {
	case newest == "":
		return ""
	case changes > 1:
		return unstable
	case changes == 1 && newest == report.StatusFail:
		return regression
	case changes == 1:
		return fixed
	case newest == report.StatusFail:
		return fails
	}
	return passes
}

func (a testAPI) registerHistory(r *registry, group string) {
	answer(r, operation{
		path: "/api/test/status-history", group: group, title: "Get the history of a test",
		text: "The runs of a test on builds with a configuration, in the newest checkouts of a branch, the newest first, and a verdict: " +
			"the test fails and passed before (regression), passes and failed before (fixed), changed more than once (unstable), always passed (pass) " +
			"or always failed (fail). Only runs that passed or failed count; without such a run the verdict is unstable. " +
			"The runs are searched for in the 1,000 checkouts that started last, and in the 1,000 checkouts without a start that arrived last. " +
			"Runs without a platform are a variant of their own.",
	}, a.history)
}

type historyInput struct {
	Path      string `query:"path" required:"true" minLength:"1" doc:"Path of the test"`
	URL       string `query:"git_repository_url" required:"true" minLength:"1" doc:"URL of the repository"`
	Branch    string `query:"git_repository_branch" required:"true" minLength:"1" doc:"Name of the branch"`
	Config    string `query:"config_name" required:"true" minLength:"1" doc:"Name of the configuration of the builds"`
	Origin    string `query:"origin" doc:"Origin of the tests or of their checkouts. Default: any"`
	Platform  string `query:"platform" doc:"Platform of the runs. Without it, or if it is Unknown: only runs without a platform"`
	Started   string `query:"current_test_start_time" doc:"Only runs that started by this time: in the format of answers, or in seconds since 1970"`
	Arrived   string `query:"field_timestamp" doc:"Only runs that arrived by this time: in the format of answers, or in seconds since 1970"`
	GroupSize int    `query:"group_size" default:"10" minimum:"1" maximum:"200" doc:"Most runs in the answer"`
}

type testHistory struct {
	Runs []historyRun `json:"status_history" doc:"Runs, the newest first"`
	Type string       `json:"regression_type" enum:"regression,fixed,unstable,pass,fail" doc:"Verdict on the runs"`
}

type historyRun struct {
	StartTime *time.Time `json:"start_time" doc:"Start"`
	ID        string     `json:"id" doc:"ID of the test"`
	Status    string     `json:"status" doc:"Status; NULL if unknown"`
	Hash      *string    `json:"git_commit_hash" doc:"Hash of the commit"`
}

func (a testAPI) history(ctx context.Context, in *historyInput) (*testHistory, error) {
	of := answers.HistoryOf{
		Path: in.Path, ConfigName: in.Config, RepositoryURL: in.URL, Branch: in.Branch, Origin: in.Origin, Platform: in.Platform,
	}
	if of.Platform == unknown {
		of.Platform = ""
	}
	var err error
	if of.StartedBy, err = parseTime("current_test_start_time", in.Started); err != nil {
		return nil, err
	}
	if of.ArrivedBy, err = parseTime("field_timestamp", in.Arrived); err != nil {
		return nil, err
	}
	runs, err := a.answers().History(ctx, of, in.GroupSize)
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, notFound("Test status history not found")
	}
	h := &testHistory{Runs: make([]historyRun, len(runs)), Type: judge(runs)}
	if h.Type == "" {
		h.Type = unstable
	}
	for i, run := range runs {
		h.Runs[i] = historyRun{timeOrNull(run.Start), run.ID, statusText(run.Status), optional(run.CommitHash)}
	}
	return h, nil
}

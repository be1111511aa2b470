// SPDX-License-Identifier: Apache-2.0

package answers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// hour returns the moment n hours after noon(1).
func hour(n int) *time.Time { return new(noon(1).Add(time.Duration(n) * time.Hour)) }

// branchReport returns checkouts of a branch, an hour apart. Each has two builds with
// different configurations, and each build has these tests, by checkout:
//
//	ltp.a on board   P P F F P P F P P F ...
//	ltp.a on other   the other way round
//	ltp.b on board   F in the first checkout, then P
//	boot on board    P
func branchReport(checkouts int) *report.Report {
	r := &report.Report{}
	for c := range checkouts {
		origin := "ci"
		if c%5 == 3 {
			origin = "them"
		}
		checkout := report.Checkout{
			ID: fmt.Sprintf("%s:c%d", origin, c), Origin: origin, GitRepositoryURL: new("https://x/a"), GitRepositoryBranch: new("main"),
			GitCommitHash: new(fmt.Sprintf("hash%d", c)), StartTime: hour(c), Timestamp: hour(c),
		}
		r.Checkouts = append(r.Checkouts, checkout)
		for _, config := range []string{"defconfig", "tiny"} {
			build := report.Build{ID: checkout.ID + "." + config, Origin: origin, CheckoutID: checkout.ID, ConfigName: &config,
				Architecture: new("arm64"), Compiler: new("gcc-12"), StartTime: hour(c), Timestamp: hour(c)}
			r.Builds = append(r.Builds, build)
			add := func(path, platform string, passes bool) {
				status := report.StatusPass
				if !passes {
					status = report.StatusFail
				}
				r.Tests = append(r.Tests, report.Test{
					ID: build.ID + "." + path + "." + platform, Origin: origin, BuildID: build.ID, Path: &path, Status: &status, StartTime: hour(c),
					Timestamp: hour(c + 1), Environment: &report.Environment{Misc: fmt.Appendf(nil, `{"platform":%q}`, platform)},
				})
			}
			add("ltp.a", "board", c%4 < 2)
			add("ltp.a", "other", c%4 >= 2)
			add("ltp.b", "board", c > 0)
			add("boot", "board", true)
		}
	}
	return r
}

// describe returns runs in words.
func describe(runs []answers.Run) string {
	var words []string
	for _, r := range runs {
		words = append(words, r.ID+"="+string(r.Status[0])+"@"+r.CommitHash)
	}
	return strings.Join(words, " ")
}

func TestHistory(t *testing.T) {
	db := openedWith(t, branchReport(40))
	base := answers.HistoryOf{Path: "ltp.a", ConfigName: "tiny", RepositoryURL: "git://X/a.git/", Branch: "main", Platform: "board"}
	with := func(f func(of *answers.HistoryOf)) answers.HistoryOf {
		of := base
		f(&of)
		return of
	}
	for _, tt := range []struct {
		name string
		of   answers.HistoryOf
		n    int
		want string
	}{
		{"a platform", base, 3, "ci:c39.tiny.ltp.a.board=F@hash39 them:c38.tiny.ltp.a.board=F@hash38 ci:c37.tiny.ltp.a.board=P@hash37"},
		{"another platform", with(func(of *answers.HistoryOf) { of.Platform = "other" }), 3,
			"ci:c39.tiny.ltp.a.other=P@hash39 them:c38.tiny.ltp.a.other=P@hash38 ci:c37.tiny.ltp.a.other=F@hash37"},
		{"an origin", with(func(of *answers.HistoryOf) { of.Origin = "them" }), 3,
			"them:c38.tiny.ltp.a.board=F@hash38 them:c33.tiny.ltp.a.board=P@hash33 them:c28.tiny.ltp.a.board=P@hash28"},
		{"up to a start", with(func(of *answers.HistoryOf) { of.StartedBy = hour(1).UnixMicro() }), 9,
			"ci:c1.tiny.ltp.a.board=P@hash1 ci:c0.tiny.ltp.a.board=P@hash0"},
		{"up to an arrival", with(func(of *answers.HistoryOf) { of.ArrivedBy = hour(2).UnixMicro() }), 9,
			"ci:c1.tiny.ltp.a.board=P@hash1 ci:c0.tiny.ltp.a.board=P@hash0"},
		{"no platform", with(func(of *answers.HistoryOf) { of.Platform = "" }), 9, ""},
		{"another branch", with(func(of *answers.HistoryOf) { of.Branch = "other" }), 9, ""},
		{"another configuration", with(func(of *answers.HistoryOf) { of.ConfigName = "all" }), 9, ""},
		{"another path", with(func(of *answers.HistoryOf) { of.Path = "ltp" }), 9, ""},
	} {
		runs, err := db.History(t.Context(), tt.of, tt.n)
		if diff := cmp.Diff(tt.want, describe(runs)); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, diff)
		}
	}
	// Old runs are found, too.
	runs, err := db.History(t.Context(), base, 200)
	if err != nil || len(runs) != 40 || !slices.IsSortedFunc(runs, func(a, b answers.Run) int { return int(b.Start - a.Start) }) {
		t.Errorf("%d runs: %v", len(runs), err)
	}
}

// Checkouts without a start have runs, too, and the runs have starts.
func TestHistoryWithoutStarts(t *testing.T) {
	r := branchReport(30)
	for i := range r.Checkouts {
		if i%2 == 1 {
			r.Checkouts[i].StartTime = nil
			r.Checkouts[i].GitRepositoryURL = new("git://x/a.git") // another spelling
		}
	}
	for i := range r.Tests {
		if strings.HasSuffix(r.Tests[i].ID, ".other") {
			r.Tests[i].Environment = nil
		}
	}
	db := openedWith(t, r)
	of := answers.HistoryOf{Path: "ltp.a", ConfigName: "tiny", RepositoryURL: "https://x/a", Branch: "main", Platform: "board"}
	for platform, want := range map[string]string{
		"board": "ci:c29.tiny.ltp.a.board=P@hash29 them:c28.tiny.ltp.a.board=P@hash28 ci:c27.tiny.ltp.a.board=F@hash27",
		"":      "ci:c29.tiny.ltp.a.other=F@hash29 them:c28.tiny.ltp.a.other=F@hash28 ci:c27.tiny.ltp.a.other=P@hash27",
	} {
		of.Platform = platform
		runs, err := db.History(t.Context(), of, 3)
		if diff := cmp.Diff(want, describe(runs)); diff != "" || err != nil {
			t.Errorf("%q: %v (-want +got):\n%s", platform, err, diff)
		}
		if runs, err := db.History(t.Context(), of, 100); len(runs) != 30 || err != nil {
			t.Errorf("%q: %d runs, %v", platform, len(runs), err)
		}
	}
}

func TestBranchReport(t *testing.T) {
	r := branchReport(8)
	r.Issues = []report.Issue{{ID: "ci:i", Version: 2, Origin: "ci", Comment: new("it breaks"), Culprit: &report.Culprit{Tool: new(true), Code: new(false)}}}
	r.Incidents = []report.Incident{
		{ID: "ci:n1", Origin: "ci", IssueID: "ci:i", IssueVersion: 2, BuildID: new("ci:c7.tiny"), Present: new(true)},
		{ID: "ci:n2", Origin: "ci", IssueID: "ci:i", IssueVersion: 1, BuildID: new("ci:c2.tiny")},
		{ID: "ci:n3", Origin: "ci", IssueID: "ci:i", IssueVersion: 2, TestID: new("ci:c7.tiny.boot.board")},
	}
	db := openedWith(t, r)
	any := func(string) bool { return true }
	base := answers.BranchReportOf{
		Origin: "ci", RepositoryURL: "https://x/a", Branch: "main", Tree: any, Path: any, From: hour(0).UnixMicro(), To: hour(20).UnixMicro(), Runs: 3,
	}
	got, err := db.BranchReport(t.Context(), base)
	if err != nil || got == nil {
		t.Fatal(got, err)
	}
	if got.Head.CheckoutID != "ci:c7" {
		t.Error(got.Head)
	}
	counts := answers.CountsByKind{"build": {"": 2}, "boot": {"PASS": 2}, "test": {"PASS": 4, "FAIL": 2}}
	if diff := cmp.Diff(counts, got.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	histories := make(map[string]string)
	for v, runs := range got.Histories {
		if v.Architecture != "arm64" || v.Compiler != "gcc-12" {
			t.Error(v)
		}
		for _, r := range runs {
			histories[v.ConfigName+" "+v.Path+" "+v.Platform] += string(r.Status[0])
		}
	}
	// The checkouts are 7, 6 and 5: 3 and 8 have another origin.
	want := map[string]string{
		"defconfig ltp.a board": "FFP", "tiny ltp.a board": "FFP", "defconfig ltp.a other": "PPF", "tiny ltp.a other": "PPF",
	}
	if diff := cmp.Diff(want, histories); diff != "" {
		t.Errorf("histories (-want +got):\n%s", diff)
	}
	issues := []answers.BuildIssue{{
		SeenIssue: answers.SeenIssue{Key: store.Key{ID: "ci:i", Version: 2}, Comment: new("it breaks")},
		BuildID:   "ci:c7.tiny", Tool: new(true), Code: new(false),
		First: answers.Occurrence{Version: 1, At: hour(2).UnixMicro(), In: &answers.Revision{
			CheckoutID: "ci:c2", Origin: "ci", RepositoryURL: "https://x/a", Branch: "main", CommitHash: "hash2", Start: hour(2).UnixMicro(),
		}},
	}}
	if diff := cmp.Diff(issues, got.Issues); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}

	for _, tt := range []struct {
		name string
		set  func(of *answers.BranchReportOf)
		head string
		n    int // of histories
	}{
		{"until a time", func(of *answers.BranchReportOf) { of.To = hour(2).UnixMicro() }, "ci:c2", 6},
		{"a path", func(of *answers.BranchReportOf) {
			of.To, of.Path = hour(2).UnixMicro(), func(path string) bool { return path == "ltp.b" }
		}, "ci:c2", 2},
		{"from a time", func(of *answers.BranchReportOf) { of.From = hour(8).UnixMicro() }, "", 0},
		{"another tree", func(of *answers.BranchReportOf) { of.Tree = func(name string) bool { return name == "a" } }, "", 0},
		{"another origin", func(of *answers.BranchReportOf) { of.Origin = "them" }, "them:c3", 2},
	} {
		of := base
		tt.set(&of)
		got, err := db.BranchReport(t.Context(), of)
		if err != nil {
			t.Fatal(err)
		}
		if got == nil {
			got = &answers.BranchReport{}
		}
		if got.Head.CheckoutID != tt.head || len(got.Histories) != tt.n {
			t.Errorf("%s: %s, %d histories", tt.name, got.Head.CheckoutID, len(got.Histories))
		}
	}
}

// TestBranchReportIsBounded: a report has a limited number of histories, each complete.
func TestBranchReportIsBounded(t *testing.T) {
	r := branchReport(3)
	for i := range 2_300 {
		for _, build := range []string{"ci:c2.tiny", "ci:c1.tiny"} {
			r.Tests = append(r.Tests, report.Test{ID: fmt.Sprintf("%s.%d", build, i), Origin: "ci", BuildID: build, Path: new(fmt.Sprintf("suite.%d", i)),
				Status: new(report.StatusFail), StartTime: hour(2)})
		}
	}
	db := openedWith(t, r)
	for runs, most := range map[int]int{2: 2_000, 100: 200} {
		got, err := db.BranchReport(t.Context(), answers.BranchReportOf{
			Origin: "ci", RepositoryURL: "https://x/a", Branch: "main", Tree: func(string) bool { return true }, To: hour(9).UnixMicro(), Runs: runs,
			Path: func(path string) bool { return strings.HasPrefix(path, "suite.") },
		})
		if err != nil || len(got.Histories) != most {
			t.Fatalf("%d runs: %d histories, %v", runs, len(got.Histories), err)
		}
		for v, runs := range got.Histories {
			if len(runs) != 2 {
				t.Fatal(v, runs)
			}
		}
	}
}

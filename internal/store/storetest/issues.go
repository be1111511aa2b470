// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// seenReport returns an issue that was seen in a build and in tests of two trees, an issue
// without incidents, and a tree that runs the same tests without it. All arrived on the
// first day.
func seenReport() *report.Report {
	r := &report.Report{}
	for i, tree := range []string{"next", "mainline", "stable"} {
		r.Checkouts = append(r.Checkouts, report.Checkout{
			ID: "ci:" + tree, Origin: "ci", TreeName: new(tree), GitRepositoryURL: new("https://example.org/" + tree), GitRepositoryBranch: new("main"),
			GitCommitHash: new("hash-" + tree), GitCommitName: new("v-" + tree), PatchsetHash: new(""), StartTime: new(moment(10 + i)), Timestamp: new(moment(1)),
		})
		r.Builds = append(r.Builds, report.Build{
			ID: "ci:b-" + tree, Origin: "ci", CheckoutID: "ci:" + tree, Architecture: new("arm64"), Compiler: new("gcc-14"), ConfigName: new("defconfig"),
			Status: new(report.StatusPass), StartTime: new(moment(20 + i)), Timestamp: new(moment(1)),
		})
		r.Tests = append(r.Tests, report.Test{
			ID: "ci:t-" + tree, Origin: "ci", BuildID: "ci:b-" + tree, Path: new("ltp.fork14"), Status: new(report.StatusFail),
			Environment: &report.Environment{Misc: []byte(`{"platform":"board-` + tree + `"}`)}, StartTime: new(moment(30 + i)), Timestamp: new(moment(1)),
		})
	}
	for version := range 2 {
		r.Issues = append(r.Issues, report.Issue{
			ID: "ci:i", Version: version + 1, Origin: "ci", Comment: new(fmt.Sprint("version ", version+1)), ReportURL: new("https://example.org/i"),
			Culprit: &report.Culprit{Tool: new(true)}, Categories: []string{"kernel.test"}, Timestamp: new(moment(2 + version)),
		})
	}
	r.Issues = append(r.Issues, report.Issue{ID: "ci:unseen", Version: 0, Origin: "ci", Timestamp: new(moment(9))})
	for i, in := range []report.Incident{
		{IssueVersion: 1, TestID: new("ci:t-next")},
		{IssueVersion: 2, TestID: new("ci:t-mainline")},
		{IssueVersion: 1, BuildID: new("ci:b-next")},
		{IssueVersion: 1, TestID: new("ci:gone")},
		{IssueVersion: 2, TestID: new("ci:t-stable"), Present: new(false)},
	} {
		in.ID, in.Origin, in.IssueID, in.Timestamp = fmt.Sprint("ci:n", i+1), "ci", "ci:i", new(moment(5+i))
		r.Incidents = append(r.Incidents, in)
	}
	return r
}

// issues asks where and how often issues were seen.
func (s suite) issues(t *testing.T) {
	st := s.store(t)
	mustLoad(t, st, seenReport(), store.LoadOptions{Metadata: true})
	got := askAboutIssues(t, answers.Of(st))
	want := map[string]string{
		"list":     "ci:unseen/0 0 of 0 [] [] 0..0; ci:i/2 4 of 4 [tool] [kernel.test] 20..31",
		"places":   "ci:i/1 next main, ci:i/2 mainline main",
		"versions": "2: 1 and 1 31 n2 to 31 n2; 1: 3 and 0 20 n3 to 30 n1",
		"seen":     "n2 31 test FAIL ltp.fork14 board-mainline arm64 v-mainline; n1 30 test FAIL ltp.fork14 board-next arm64 v-next; n3 20 build PASS   arm64 v-next; n4 0      ",
		"also":     "n3 build",
		"behind":   "n3 20 build PASS   arm64 v-next; n4 0      ",
		"arrived":  "n4 0      ; n3 20 build PASS   arm64 v-next",
		"since":    "next main v-next arm64 gcc-14 2 20..30; mainline main v-mainline arm64 gcc-14 1 31..31",
		"tested":   "mainline main arm64 gcc-14; next main arm64 gcc-14; stable main arm64 gcc-14",
		"built":    "stable main arm64 gcc-14",
		"none":     "",
	}
	for name, answer := range want {
		if got[name] != answer {
			t.Errorf("%s: %q, want %q", name, got[name], answer)
		}
	}
}

// askAboutIssues asks all questions and returns the answers as text.
func askAboutIssues(t *testing.T, db *answers.DB) map[string]string {
	t.Helper()
	ctx := t.Context()
	all := make(map[string]string)
	add := func(name string, parts []string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = strings.Join(parts, "; ")
	}
	hours := func(micros int64) int {
		for h := range 100 {
			if moment(h).UnixMicro() == micros {
				return h
			}
		}
		return 0
	}

	listed, err := db.ListIssues(ctx, moment(0).UnixMicro(), moment(99).UnixMicro(), 9)
	var parts []string
	for _, i := range listed {
		parts = append(parts, fmt.Sprintf("%s/%d %d of %d %v %v %d..%d", i.ID, i.Version, i.Recent, i.Sightings, i.Culprits.Names(), i.Categories, hours(i.First), hours(i.Last)))
	}
	add("list", parts, err)

	keys := []store.Key{{ID: "ci:i", Version: 1}, {ID: "ci:i", Version: 2}, {ID: "ci:none", Version: 1}}
	places, err := db.BranchesSeen(ctx, keys, 9)
	parts = nil
	for _, key := range keys {
		for _, b := range places[key] {
			parts = append(parts, fmt.Sprintf("%s/%d %s %s", key.ID, key.Version, b.TreeName, b.Name))
		}
	}
	add("places", []string{strings.Join(parts, ", ")}, err)

	versions, err := db.IssueVersions(ctx, "ci:i")
	parts = nil
	for _, v := range versions {
		parts = append(parts, fmt.Sprintf("%d: %d and %d %d %s to %d %s", v.Version, v.Sightings, v.Absent,
			hours(v.First), strings.TrimPrefix(v.FirstIncident, "ci:"), hours(v.Last), strings.TrimPrefix(v.LastIncident, "ci:")))
	}
	add("versions", parts, err)

	text := func(found []answers.Sighting) (parts []string) {
		for _, s := range found {
			parts = append(parts, strings.TrimPrefix(s.IncidentID, "ci:")+fmt.Sprintf(" %d %s %s %s %s %s %s",
				hours(s.At), s.Kind, s.Status, s.Path, s.Platform, s.Architecture, s.In.CommitName))
		}
		return parts
	}
	of := answers.SightingsOf{Issue: "ci:i", Versions: []int{2, 1}, N: 9, Also: []string{"ci:n3", "ci:none", ""}}
	found, also, err := db.Sightings(ctx, of)
	add("seen", text(found), err)
	parts = nil
	for id, s := range also {
		parts = append(parts, strings.TrimPrefix(id, "ci:")+" "+string(s.Kind))
	}
	add("also", parts, err)
	of.After, of.Also = &found[1], nil
	found, _, err = db.Sightings(ctx, of)
	add("behind", text(found), err)
	of.After, of.Arrival, of.N = nil, true, 2
	found, _, err = db.Sightings(ctx, of)
	add("arrived", text(found), err)
	found, _, err = db.Sightings(ctx, answers.SightingsOf{Issue: "ci:unseen"})
	add("none", text(found), err)

	of.N = 9
	since, err := db.SeenSince(ctx, of, 1)
	parts = nil
	for _, s := range since {
		parts = append(parts, fmt.Sprintf("%s %s %s %s %s %d %d..%d", s.TreeName, s.Name, s.CommitName, s.Architecture, s.Compiler, s.N, hours(s.First), hours(s.Last)))
	}
	add("since", parts, err)

	branches := func(suites, configs []string, n int) (parts []string, err error) {
		tested, err := db.Tested(ctx, suites, configs, 1, n)
		for _, b := range tested {
			parts = append(parts, fmt.Sprintf("%s %s %s %s", b.TreeName, b.Name, b.Architecture, b.Compiler))
		}
		return parts, err
	}
	parts, err = branches([]string{"boot", "ltp"}, nil, 9)
	add("tested", parts, err)
	parts, err = branches(nil, []string{"defconfig"}, 1)
	add("built", parts, err)
	return all
}

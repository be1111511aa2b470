// SPDX-License-Identifier: Apache-2.0

package answers_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// noon returns noon of a day of March 2026.
func noon(day int) *time.Time { return new(time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC)) }

// march returns days of March 2026.
func march(first, last int) answers.Days { return answers.DaysOf(*noon(first), *noon(last)) }

// someReport returns two checkouts of a tree and one of another, with builds, and tests
// on two platforms. One of the platforms is compatible with odd, a name with unusual
// characters.
func someReport() *report.Report {
	checkout := func(id, tree, hash string, day int) report.Checkout {
		c := report.Checkout{ID: id, Origin: "ci", GitRepositoryURL: new("https://x/" + tree), GitRepositoryBranch: new("main"), GitCommitHash: &hash, StartTime: noon(day)}
		c.Timestamp = noon(day)
		return c
	}
	build := func(id, checkout string, status report.Status, day int) report.Build {
		return report.Build{ID: id, Origin: "ci", CheckoutID: checkout, Status: &status, StartTime: noon(day), Misc: json.RawMessage(`{"runtime":"k8s"}`)}
	}
	test := func(id, build, origin, path, platform string, compatible []string, status report.Status, day int) report.Test {
		return report.Test{
			ID: id, Origin: origin, BuildID: build, Path: &path, Status: &status, StartTime: noon(day), Misc: json.RawMessage(`{"runtime":"lab"}`),
			Environment: &report.Environment{Compatible: compatible, Misc: json.RawMessage(fmt.Sprintf(`{"platform":%q}`, platform))},
		}
	}
	board, other := []string{odd, "soc,x"}, []string{"soc,x"}
	return &report.Report{
		Checkouts: []report.Checkout{
			checkout("c1", "a", "1111", 1), checkout("c2", "a", "2222", 2), checkout("c3", "b", "2222", 3),
		},
		Builds: []report.Build{
			build("b1", "c1", report.StatusPass, 1), build("b2", "c2", report.StatusFail, 2), build("b3", "c3", report.StatusPass, 3),
			build("maestro:dummy_c2", "c2", report.StatusPass, 2), build("b4", "nowhere", report.StatusPass, 2), build("b5", "c1", report.StatusPass, 1),
		},
		Tests: []report.Test{
			test("t1", "b1", "ci", "boot", "board", board, report.StatusPass, 1),
			test("t2", "b1", "ci", "ltp.x", "board", board, report.StatusFail, 1),
			test("t3", "b2", "ci", "boot.nfs", "board", board, report.StatusMiss, 2),
			test("t4", "maestro:dummy_c2", "ci", "ltp.x", "board", board, report.StatusSkip, 2),
			test("t5", "b3", "ci", "boot", "other", other, report.StatusPass, 3),
			test("t6", "b3", "them", "boot", "other", other, report.StatusFail, 3),
			test("t7", "b4", "ci", "boot", "other", nil, report.StatusPass, 3),
			test("t8", "b9", "ci", "boot", "other", nil, report.StatusPass, 2),
			test("t9", "b1", "ci", "boots", "board", board, report.StatusDone, 4),
			{ID: "t10", Origin: "ci", BuildID: "b1", Path: new("boot"), Environment: &report.Environment{Misc: json.RawMessage(`{"platform":"board"}`)}},
		},
		Issues: []report.Issue{
			{ID: "i1", Version: 1, Origin: "ci", Comment: new("first"), Timestamp: noon(1)},
			{ID: "i1", Version: 2, Origin: "ci", Comment: new("second"), Timestamp: noon(3)},
			{ID: "i2", Version: 1, Origin: "ci", Timestamp: noon(3)},
		},
		Incidents: []report.Incident{
			{ID: "n1", Origin: "ci", IssueID: "i1", IssueVersion: 1, BuildID: new("b2"), Timestamp: noon(3)},
			{ID: "n2", Origin: "ci", IssueID: "i1", IssueVersion: 2, BuildID: new("b1"), Timestamp: noon(3)},
			{ID: "n3", Origin: "ci", IssueID: "i2", IssueVersion: 1, BuildID: new("b1"), Timestamp: noon(3)},
			{ID: "n4", Origin: "them", IssueID: "nobody's", IssueVersion: 7, BuildID: new("b1"), Timestamp: noon(3)},
			{ID: "n5", Origin: "ci", IssueID: "i2", IssueVersion: 1, TestID: new("t2"), Timestamp: noon(3)},
			{ID: "n6", Origin: "ci", IssueID: "i2", IssueVersion: 1, BuildID: new("b3"), Present: new(false), Timestamp: noon(3)},
			{ID: "n7", Origin: "ci", IssueID: "i2", IssueVersion: 1, BuildID: new("b3"), Timestamp: noon(5)},
		},
	}
}

const odd = `it's 100% "odd\", /+` + "\u00e9"

type by = map[report.Status]int64

func TestHardware(t *testing.T) {
	db := openedWith(t, someReport())
	board := []string{odd, "soc,x"}
	all := []string{"c1", "c2", "c3", "nowhere"}
	tests := []struct {
		name      string
		days      answers.Days
		origin    string
		checkouts []string
		want      []answers.Hardware
	}{
		{"all", march(1, 9), "ci", all, []answers.Hardware{
			{Platform: "board", Compatibles: board, Counts: answers.CountsByKind{rollup.Builds: by{"PASS": 1, "FAIL": 1}, rollup.Boots: by{"PASS": 1, "MISS": 1}, rollup.Tests: by{"FAIL": 1, "SKIP": 1, "DONE": 1}}},
			{Platform: "other", Compatibles: []string{"soc,x"}, Counts: answers.CountsByKind{rollup.Builds: by{"PASS": 2}, rollup.Boots: by{"PASS": 2}}}, // and a test of a build that does not exist
		}},
		{"a day", march(1, 1), "ci", all, []answers.Hardware{
			{Platform: "board", Compatibles: board, Counts: answers.CountsByKind{rollup.Builds: by{"PASS": 1}, rollup.Boots: by{"PASS": 1}, rollup.Tests: by{"FAIL": 1}}},
		}},
		{"builds nobody knows", march(2, 2), "ci", []string{""}, nil},
		{"another origin", march(1, 9), "them", all, []answers.Hardware{
			{Platform: "other", Compatibles: []string{"soc,x"}, Counts: answers.CountsByKind{rollup.Builds: by{"PASS": 1}, rollup.Boots: by{"FAIL": 1}}},
		}},
		{"checkouts", march(1, 9), "ci", []string{"c2", "none"}, []answers.Hardware{
			{Platform: "board", Compatibles: board, Counts: answers.CountsByKind{rollup.Builds: by{"FAIL": 1}, rollup.Boots: by{"MISS": 1}, rollup.Tests: by{"SKIP": 1}}},
		}},
		{"no checkouts", march(1, 9), "ci", []string{}, nil},
		{"before", answers.DaysOf(time.Unix(-1e11, 0), time.Unix(0, 0)), "ci", all, nil},
		{"long before", answers.DaysOf(time.Unix(-1e11, 0), time.Unix(-1e10, 0)), "ci", all, nil},
		{"a century", answers.DaysOf(time.Unix(-1e11, 0), time.Unix(0, 0).AddDate(200, 0, 0)), "them", all, []answers.Hardware{
			{Platform: "other", Compatibles: []string{"soc,x"}, Counts: answers.CountsByKind{rollup.Builds: by{"PASS": 1}, rollup.Boots: by{"FAIL": 1}}},
		}},
	}
	for _, tt := range tests {
		got, err := db.Hardware(t.Context(), answers.HardwareTests{Days: tt.days, Origin: tt.origin}, tt.checkouts)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, diff)
		}
	}
	got, err := db.HardwareOf(t.Context(), []string{"c1", "c3"}, "ci")
	want := []answers.Hardware{
		{Platform: "board", Compatibles: board, Counts: answers.CountsByKind{rollup.Builds: by{"PASS": 1}, rollup.Boots: by{"PASS": 1, "": 1}, rollup.Tests: by{"FAIL": 1, "DONE": 1}}},
		{Platform: "other", Compatibles: []string{"soc,x"}, Counts: answers.CountsByKind{rollup.Builds: by{"PASS": 1}, rollup.Boots: by{"PASS": 1}}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("of checkouts: %v (-want +got):\n%s", err, diff)
	}
	tested, err := db.TestedCheckouts(t.Context(), answers.HardwareTests{Days: march(2, 3), Origin: "ci"})
	var ids []string
	for _, r := range tested {
		ids = append(ids, r.CheckoutID)
	}
	if diff := cmp.Diff("c3 c2", strings.Join(ids, " ")); diff != "" || err != nil {
		t.Errorf("checkouts: %v (-want +got):\n%s", err, diff)
	}
}

func TestHardwarePage(t *testing.T) {
	db := openedWith(t, someReport())
	tests := []struct {
		hardware              string
		days                  answers.Days
		builds, checkouts, is string
	}{
		{"board", march(1, 9), "b1 b2 maestro:dummy_c2", "c2 c1", odd + "; soc,x"},
		{odd, march(1, 9), "b1 b2 maestro:dummy_c2", "c2 c1", odd + "; soc,x"},
		{"soc,x", march(1, 9), "b1 b2 b3 maestro:dummy_c2", "c3 c2 c1", odd + "; soc,x"},
		{"other", march(1, 9), "b3 b4", "c3", "soc,x"},
		{"other", march(2, 2), "", "", ""}, // only its tests know the build
		{"board", march(3, 3), "", "", ""},
		{"boar", march(1, 9), "", "", ""},
		{"%", march(1, 9), "", "", ""},
	}
	for _, tt := range tests {
		page, err := db.HardwarePage(t.Context(), answers.HardwareTests{Days: tt.days, Origin: "ci"}, tt.hardware)
		if err != nil {
			t.Fatal(err)
		}
		var builds, checkouts []string
		for _, b := range page.Builds {
			builds = append(builds, b.BuildID)
		}
		for _, r := range page.Revisions {
			checkouts = append(checkouts, r.CheckoutID)
		}
		got := []string{strings.Join(builds, " "), strings.Join(checkouts, " "), strings.Join(page.Compatibles, "; ")}
		if diff := cmp.Diff([]string{tt.builds, tt.checkouts, tt.is}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.hardware, diff)
		}
	}
	page, err := db.HardwarePage(t.Context(), answers.HardwareTests{Days: march(1, 1), Origin: "ci"}, "board")
	want := []answers.Revision{{
		CheckoutID: "c1", Origin: "ci", RepositoryURL: "https://x/a", Branch: "main", CommitHash: "1111", Start: noon(1).UnixMicro(),
	}}
	if diff := cmp.Diff(want, page.Revisions); diff != "" || err != nil {
		t.Errorf("revisions: %v (-want +got):\n%s", err, diff)
	}
}

func TestHardwareCounts(t *testing.T) {
	db := openedWith(t, someReport())
	got, err := db.HardwareCounts(t.Context(), odd, []string{"b1", "b2", "b3", "maestro:dummy_c2", "none"})
	want := map[string]answers.CountsByKind{
		"c1": {rollup.Builds: by{"PASS": 1}, rollup.Boots: by{"PASS": 1}, rollup.Tests: by{"FAIL": 1, "DONE": 1}},
		"c2": {rollup.Builds: by{"FAIL": 1}, rollup.Boots: by{"MISS": 1}, rollup.Tests: by{"SKIP": 1}},
		"c3": {rollup.Builds: by{"PASS": 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

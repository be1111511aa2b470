// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/report"
)

// variants finds the results of a variant at other commits, and those of all variants at a
// revision.
func (s suite) variants(t *testing.T) {
	db := s.store(t)
	hash := func(digit string) *string { return new(strings.Repeat(digit, 40)) }
	r := &report.Report{}
	add := func(name, commit, patches, config, path, platform string) {
		c := report.Checkout{ID: "a:" + name, Origin: "a", GitCommitHash: hash(commit), PatchsetHash: new(patches)}
		b := report.Build{
			ID: "a:" + name, Origin: "a", CheckoutID: c.ID, Architecture: new("arm64"), ConfigName: &config, Compiler: new("gcc"), Duration: new(5.5),
			Status: new(report.StatusPass), StartTime: new(moment(1)), Misc: json.RawMessage(`{"lab":"lab-a"}`),
		}
		test := report.Test{
			ID: "a:" + name, Origin: "a", BuildID: b.ID, Path: &path, Status: new(report.StatusFail), StartTime: new(moment(2)), Duration: new(1.5),
			Number: &report.Number{Value: 7, Unit: new("MB")}, Misc: json.RawMessage(`{"runtime":"lab-b"}`),
			Environment: &report.Environment{Misc: json.RawMessage(`{"platform":"` + platform + `"}`)},
		}
		r.Checkouts, r.Builds, r.Tests = append(r.Checkouts, c), append(r.Builds, b), append(r.Tests, test)
	}
	patches := strings.Repeat("0a", 32)
	add("here", "1", "", "def", "ltp.a", "board")
	add("here-config", "1", "", "all", "ltp.a", "board")
	add("here-board", "1", "", "def", "ltp.a", "other")
	add("here-path", "1", "", "def", "ltp.b", "board")
	add("patched", "1", patches, "all", "ltp.a", "board")
	add("other", "2", "", "def", "ltp.a", "board")
	add("other-config", "2", "", "all", "ltp.a", "board")
	add("other-board", "2", "", "def", "ltp.a", "other")
	add("other-patched", "2", patches, "def", "ltp.a", "board")
	add("unasked", "3", "", "def", "ltp.a", "board")
	// Missing texts, and a test that has no build.
	r.Checkouts = append(r.Checkouts, report.Checkout{ID: "a:bare", Origin: "a", GitCommitHash: hash("4")})
	r.Builds = append(r.Builds, report.Build{ID: "a:bare", Origin: "a", CheckoutID: "a:bare"})
	r.Tests = append(r.Tests, report.Test{ID: "a:bare", Origin: "a", BuildID: "a:bare", Path: new("ltp.a")}, report.Test{ID: "a:lone", Origin: "a", BuildID: "a:none", Path: new("ltp.a")})
	mustLoad(t, db, r, store.LoadOptions{})

	names := func(all []answers.VariantRun, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, run := range all {
			ids = append(ids, strings.TrimPrefix(run.ID, "a:"))
		}
		slices.Sort(ids)
		return strings.Join(ids, " ")
	}
	of := answers.RunsOf{
		Variant:    answers.Variant{Path: "ltp.a", Platform: "board", Architecture: "arm64", ConfigName: "def", Compiler: "gcc"},
		CommitHash: *hash("1"), Others: []string{*hash("2"), *hash("9")},
	}
	ask := answers.Of(db)
	if got := names(ask.TestRuns(t.Context(), of)); got != "here here-board here-config other" {
		t.Errorf("tests: %s", got)
	}
	patched := of
	patched.PatchsetHash = patches
	if got := names(ask.TestRuns(t.Context(), patched)); got != "here other patched" {
		t.Errorf("tests with patches: %s", got)
	}
	build := of
	build.Variant.Path, build.Variant.Platform = "", ""
	if got := names(ask.BuildRuns(t.Context(), build)); got != "here here-board here-config here-path other other-board" {
		t.Errorf("builds: %s", got)
	}
	build.Variant.Architecture = "riscv"
	if got := names(ask.BuildRuns(t.Context(), build)); got != "" {
		t.Errorf("builds of another architecture: %s", got)
	}
	of.CommitHash, of.Others = *hash("3"), nil
	runs, err := ask.TestRuns(t.Context(), of)
	want := []answers.VariantRun{{
		Variant: of.Variant, ID: "a:unasked", Origin: "a", Lab: "lab-b", CommitHash: *hash("3"), Status: report.StatusFail,
		Start: moment(2).UnixMicro(), Duration: new(1.5), Number: new(7.0), Unit: "MB",
	}}
	if diff := cmp.Diff(want, runs); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	runs, err = ask.TestRuns(t.Context(), answers.RunsOf{Variant: answers.Variant{Path: "ltp.a"}, CommitHash: *hash("4")})
	want = []answers.VariantRun{{Variant: answers.Variant{Path: "ltp.a"}, ID: "a:bare", Origin: "a", Lab: "a", CommitHash: *hash("4")}}
	if diff := cmp.Diff(want, runs); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	suites, err := ask.SuitesOf(t.Context(), "a:here")
	if diff := cmp.Diff(map[string]map[report.Status]int64{"ltp": {report.StatusFail: 1}}, suites); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// verdictsAround finds the newest revisions of a branch, or those around an older one.
func (s suite) verdictsAround(t *testing.T) {
	db := s.ready(t)
	mustLoad(t, db, storyObjects(t, "checkout c1 next/master 1aaaaaa @1", "checkout c2 next/master 2aaaaaa @2", "checkout c3 next/master 3aaaaaa @3",
		"checkout c4 next/master 4aaaaaa @4", "checkout p3 next/master 3aaaaaa+"+strings.Repeat("0a", 32)+" @3", "checkout o9 next/other 9aaaaaa @9"), store.LoadOptions{})
	judgeAll(t, newJudge(db))
	for _, c := range []struct {
		commit, patches string
		n               int
		want            string
	}{
		{"4aaaaaa", "", 2, "4 3"}, {"3aaaaaa", "", 2, "4 3"}, {"2aaaaaa", "", 2, "2 1"}, {"1aaaaaa", "", 2, "1"}, {"1aaaaaa", "", 9, "4 3 2 1"},
		{"3aaaaaa", "0a", 9, "4 3 3+ 2 1"}, {"3aaaaaa", "0a", 2, "3+ 2"}, {"9aaaaaa", "", 9, "9"},
	} {
		found, err := verdicts.Of(db).Find(t.Context(), c.commit, c.patches)
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %v, %v", c.commit, found, err)
		}
		around, err := verdicts.Of(db).Around(t.Context(), &found[0], c.n)
		var got []string
		for _, r := range around {
			got = append(got, r.CommitHash[:1]+strings.Repeat("+", min(1, len(r.PatchsetHash))))
		}
		if text := strings.Join(got, " "); err != nil || text != c.want && text != strings.Replace(c.want, "3 3+", "3+ 3", 1) {
			t.Errorf("%d around %s+%s: %s, %v, want %s", c.n, c.commit, c.patches, text, err, c.want)
		}
	}
}

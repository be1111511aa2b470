// SPDX-License-Identifier: Apache-2.0

package verdicts_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// TestPlans: the statements of the judge and of pages find their rows by indexes. No
// statement scans a table that grows with the objects.
func TestPlans(t *testing.T) {
	t.Parallel()
	s := sqlite.OpenMemory("test")
	t.Cleanup(func() { s.Close() })
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := s.Load(t.Context(), revision(i), store.LoadOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	steps := make(map[string][]string)
	conn := storetest.WatchPlans(s.SQL().Conn, func(query, step string) { steps[query] = append(steps[query], step) })
	db := verdicts.New(&sqldb.DB{Conn: conn, Dialect: s.SQL().Dialect})
	ctx := t.Context()
	judge := &verdicts.Judge{DB: db, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	if n, err := judge.Once(ctx); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	all, err := db.Branches(ctx, time.Unix(1, 0), time.Now())
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	head := &all[0].Recent[0]
	keys := []int64{head.Key}
	var failures []error
	ask := func(_ any, err error) { failures = append(failures, err) }
	ask(db.BranchNamed(ctx, "next", "master"))
	ask(db.Revisions(ctx, head.BranchKey, head, 5))
	ask(db.Around(ctx, head, 5))
	ask(db.Find(ctx, head.CommitHash[:9], ""))
	ask(db.Find(ctx, "name", "111"))
	ask(db.Checkouts(ctx, head))
	ask(db.Groups(ctx, keys, ""))
	ask(db.Groups(ctx, keys, "ltp"))
	some := verdicts.Selection{Platform: []string{"pc"}, Lab: []string{"-none"}}
	ask(db.GroupsOf(ctx, keys, verdicts.Selection{}, ""))
	ask(db.GroupsOf(ctx, keys, some, "ltp"))
	ask(db.NotPassing(ctx, keys, "ltp", some, 5))
	ask(db.Variants(ctx, keys, []string{"ltp.a", "ltp.b"}, some))
	ask(db.Causes(ctx, keys, nil, 5))
	ask(db.Results(ctx, verdicts.ResultsOf{Revision: head.Key, Verdicts: []verdict.Kind{verdict.New}, Path: []string{"ltp"}, Selection: verdicts.Selection{Platform: []string{"pc"}}}))
	ask(db.Unremarkable(ctx, head, verdicts.ResultsOf{Path: []string{"ltp"}, Selection: verdicts.Selection{Platform: []string{"pc"}}, Status: []string{"PASS"}}))
	ask(db.Unremarkable(ctx, head, verdicts.ResultsOf{Status: []string{"FAIL"}}))
	ask(db.PerCause(ctx, head.Key, []int64{1, 2}, 3))
	ask(db.OfObjects(ctx, "test", []string{"a:t2-0"}))
	ask(db.Own(ctx, []string{"a:c1"}))
	ask(db.Sentences(ctx, []verdicts.Revision{*head}))
	ask(db.OnPlatform(ctx, "pc", time.Unix(1, 0), 5))
	ask(db.Failing(ctx, head.Key, "ltp.a", 5))
	ask(db.PlatformSums(ctx, keys, nil))
	ask(db.Ran(ctx, verdicts.RanOn{Platform: "pc", First: 1, Last: 2}))
	ask(db.Ran(ctx, verdicts.RanOn{Platform: "pc", Revisions: keys}))
	ask(db.Elsewhere(ctx, "pc", []verdicts.At{{Revision: head.Key, Path: "ltp.a"}}))
	ask(db.Sums(ctx, keys, ""))
	ask(db.Sums(ctx, keys, "ltp"))
	ask(db.Breakdown(ctx, []*verdicts.Revision{head, &all[0].Recent[1]}))
	ask(db.Compare(ctx, &all[0].Recent[1], head, verdicts.ResultsOf{Selection: verdicts.Selection{Platform: []string{"pc"}}}))
	ask(db.Newest(ctx, time.Unix(1, 0), 5))
	ask(db.BranchesWith(ctx, "next", 5)) // reads the branches, which are few
	ask(db.RevisionsNamed(ctx, "v6", 5))
	ask(db.CausesWith(ctx, keys, "oops", 5))
	ask(db.GroupsWith(ctx, keys, "ltp", 5))
	ask(db.OfCheckouts(ctx, []string{"a:c1"}))
	_, _, err = db.Neighbours(ctx, head)
	ask(nil, err)
	for _, err := range failures {
		if err != nil {
			t.Fatal(err)
		}
	}
	for query, plan := range steps {
		for _, step := range plan {
			table, scan := strings.CutPrefix(step, "SCAN ")
			table, _, _ = strings.Cut(table, " ")
			// Parameters, rows of subqueries, the marks, and the revisions that wait.
			fine := slices.Contains([]string{"json_each", "v", "newest", "tested", "c", "b", "t", "o", "cells", "CONSTANT", "changed_checkouts", "branches"}, table) || strings.HasPrefix(table, "(subquery") ||
				strings.Contains(step, "USING INDEX revisions_waiting")
			if scan && !fine {
				t.Errorf("%s\n%s", query, strings.Join(plan, "\n"))
			}
		}
	}
	used := fmt.Sprint(steps)
	for _, index := range []string{
		"tests_bad (build_id=?)", "tests_build_path (build_id=? AND path=?)", "revisions_waiting", "revisions_branch (branch=? AND patched=? AND start<?)",
		"revisions_commit (commit_hash>? AND commit_hash<?)", "revisions_name", "branches_head", "branches_tree", "verdicts_object", "verdicts_platform (platform=? AND start>?)",
		"hardware_counts_platform (platform=? AND day>? AND day<?)", "test_counts_platform (build_id=? AND platform=?)",
		"verdicts_cause", "v USING PRIMARY KEY (revision=? AND verdict=? AND path=?)", "sightings_build", "counted_builds_checkout",
		"revisions_commit (commit_hash=? AND patchset_hash=?)", "revision_checkouts_revision", "tests_number",
	} {
		if !strings.Contains(used, index) {
			t.Errorf("no statement uses %s", index)
		}
	}
}

// revision returns a revision with a build and tests.
func revision(n int) *report.Report {
	r := &report.Report{
		Checkouts: []report.Checkout{{
			ID: fmt.Sprint("a:c", n), Origin: "a", TreeName: new("next"), GitRepositoryBranch: new("master"), GitCommitHash: new(fmt.Sprintf("%040d", n)),
			PatchsetHash: new(""), StartTime: new(time.Unix(int64(1000+n), 0)),
		}},
		Builds: []report.Build{{ID: fmt.Sprint("a:b", n), Origin: "a", CheckoutID: fmt.Sprint("a:c", n), Status: new(report.StatusFail), Architecture: new("arm64")}},
	}
	for i, status := range []report.Status{report.StatusPass, report.StatusFail, report.StatusError} {
		r.Tests = append(r.Tests, report.Test{
			ID: fmt.Sprintf("a:t%d-%d", n, i), Origin: "a", BuildID: r.Builds[0].ID, Path: new(fmt.Sprintf("ltp.a%d", (i+n)%3)), Status: &status,
		})
	}
	return r
}

// SPDX-License-Identifier: Apache-2.0

package answers_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// TestPlans: the statements of pages, mails and metrics find their rows by indexes. No
// statement scans a table that grows with the objects.
func TestPlans(t *testing.T) {
	t.Parallel()
	db := answers.New(database(t, issueReport()).SQL())
	var plan []string
	watchPlans(db, func(_, step string) { plan = append(plan, step) })
	ctx, builds := t.Context(), []string{"b1", "b2"}
	key := store.Key{ID: "i1", Version: 1}
	days := answers.Days{First: 0, Last: 7}
	variant := answers.RunsOf{Variant: answers.Variant{Path: "ltp.a"}, CommitHash: "c1", Others: []string{"c2"}}
	for name, c := range map[string]struct {
		read  func() error
		using string // the index to use
	}{
		"Tally":     {func() error { _, err := db.Tally(ctx, builds); return err }, "test_counts USING PRIMARY KEY"},
		"Incidents": {func() error { _, err := db.Incidents(ctx, key); return err }, "sightings_arrived"},
		"Findings":  {func() error { _, err := db.Findings(ctx, builds); return err }, "sightings_build"},
		"Failed":    {func() error { return db.Failed(ctx, builds, func(*answers.FailedTest) {}) }, "tests_bad"},
		"Failed, judged": {func() error { return db.Failed(ctx, builds, func(*answers.FailedTest) {}) },
			"verdicts_object (object_id=? AND revision=?)"},
		"SuiteCounts": {func() error { _, err := db.SuiteCounts(ctx, builds, "boot"); return err },
			"test_counts USING PRIMARY KEY"},
		"PathCounts": {func() error { return db.PathCounts(ctx, builds, "ltp", func(string, report.Status, int64) {}) },
			"tests_build_path (build_id=? AND path>? AND path<?)"},
		"Started":       {func() error { _, err := db.Started(ctx, days); return err }, "daily_counts USING PRIMARY KEY (day>? AND day<?)"},
		"Totals":        {func() error { _, err := db.Totals(ctx, days); return err }, "incident_counts_day"},
		"IssuesArrived": {func() error { _, err := db.IssuesArrived(ctx, 0, 9, 9); return err }, "issues_timestamp"},
		"TagsOf":        {func() error { _, err := db.TagsOf(ctx, builds); return err }, "checkouts USING INDEX"},
		"SuitesOf":      {func() error { _, err := db.SuitesOf(ctx, "b1"); return err }, "test_counts USING PRIMARY KEY (build_id=?)"},
		"TestRuns": {func() error { _, err := db.TestRuns(ctx, variant); return err },
			"tests_build_path (build_id=? AND path=?)"},
		"ProgressOf":    {func() error { _, err := db.ProgressOf(ctx, builds); return err }, "checkouts USING INDEX checkouts_revision"},
		"BuildRuns":     {func() error { _, err := db.BuildRuns(ctx, variant); return err }, "counted_builds_checkout (checkout_id=?)"},
		"ListIssues":    {func() error { _, err := db.ListIssues(ctx, 0, 9, 9); return err }, "incident_counts_day"},
		"BranchesSeen":  {func() error { _, err := db.BranchesSeen(ctx, []store.Key{key, key}, 9); return err }, "sightings_issue"},
		"IssueVersions": {func() error { _, err := db.IssueVersions(ctx, "i1"); return err }, "sightings_arrived"},
		"Sightings": {func() error {
			_, _, err := db.Sightings(ctx, answers.SightingsOf{Issue: "i1", Versions: []int{1, 2}, N: 9, After: &answers.Sighting{At: 9}, Also: builds})
			return err
		}, "sightings_issue (issue_id=? AND issue_version=? AND (seen,incident_id)<(?,?))"},
		"SeenSince": {func() error {
			_, err := db.SeenSince(ctx, answers.SightingsOf{Issue: "i1", Versions: []int{1, 2}, N: 9}, 1)
			return err
		}, "sightings_issue (issue_id=? AND issue_version=? AND seen>?)"},
		"Tested":         {func() error { _, err := db.Tested(ctx, builds, builds, 1, 9); return err }, "tree_heads_start"},
		"CheckoutCounts": {func() error { _, err := db.CheckoutCounts(ctx, builds); return err }, "checkout_counts USING PRIMARY KEY"},
	} {
		plan = nil
		if err := c.read(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkPlan(t, name, plan, c.using)
	}
}

// checkPlan checks that a plan uses an index and scans no table.
func checkPlan(t *testing.T, name string, plan []string, using string) {
	t.Helper()
	found := false
	for _, step := range plan {
		found = found || strings.Contains(step, using)
		// Trees are few, and subqueries have the rows that they found.
		table, scan := strings.CutPrefix(step, "SCAN ")
		if scan && !slices.Contains([]string{"p", "s", "r", "recent", "newest"}, table) && !strings.Contains(step, "VIRTUAL TABLE") && !strings.HasPrefix(step, "SCAN CONSTANT ROW") {
			t.Errorf("%s scans a table:\n%s", name, strings.Join(plan, "\n"))
		}
	}
	if !found {
		t.Errorf("%s does not use %s:\n%s", name, using, strings.Join(plan, "\n"))
	}
}

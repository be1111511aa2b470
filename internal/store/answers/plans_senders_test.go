// SPDX-License-Identifier: Apache-2.0

package answers_test

import (
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
)

// TestPlansOfSenders: the statements about origins and labs find their rows by indexes.
func TestPlansOfSenders(t *testing.T) {
	t.Parallel()
	db := answers.New(database(t, issueReport()).SQL())
	var plan []string
	watchPlans(db, func(_, step string) {
		if !slices.Contains([]string{"SCAN arrivals", "SCAN pauses", "SCAN (subquery-5)"}, step) { // no tables
			plan = append(plan, step)
		}
	})
	ctx, builds := t.Context(), []string{"b1", "b2"}
	days := answers.Days{First: 0, Last: 7}
	moment := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		read  func() error
		using string
	}{
		{func() error { _, err := db.Statistics(ctx, answers.VolumesOf{Days: days, Origin: "o"}); return err }, "tree_heads_start"},
		{func() error { _, err := db.Volumes(ctx, answers.VolumesOf{Days: days, Lab: "l"}); return err }, "daily_counts USING PRIMARY KEY (day>? AND day<?)"},
		{func() error { _, err := db.ReceiptDays(ctx, days); return err }, "receipts_finished"},
		{func() error { _, err := db.Refusals(ctx, days, 9); return err }, "receipts_finished"},
		{func() error { _, err := db.Arrivals(ctx, "o", moment, moment, 9); return err }, "receipts_origin (origin=? AND finished>? AND finished<?)"},
		{func() error { _, err := db.Rejections(ctx, moment); return err }, "receipts_finished"},
		{func() error { _, err := db.LabCounts(ctx, "l", days); return err }, "test_counts_day"},
		{func() error { return db.LostAt(ctx, "l", builds, days, func(int64) {}) }, "tests_bad"},
		{func() error { _, err := db.CheckoutsOfBuilds(ctx, builds); return err }, "SEARCH b USING PRIMARY KEY"},
		{func() error { _, err := db.Health(ctx, moment); return err }, "builds_timestamp"},
	} {
		plan = nil
		if err := c.read(); err != nil {
			t.Fatalf("%s: %v", c.using, err)
		}
		checkPlan(t, "statement", plan, c.using)
	}
}

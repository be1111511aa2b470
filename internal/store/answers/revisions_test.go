// SPDX-License-Identifier: Apache-2.0

package answers_test

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/answers"
)

// TestCheckoutsPlan: the checkouts of a commit are found by the index of commits, with any
// other conditions, because a branch has far more checkouts.
func TestCheckoutsPlan(t *testing.T) {
	db := answers.New(database(t, someReport()).SQL())
	var plans []string
	watchPlans(db, func(_, step string) { plans = append(plans, step) })
	for _, of := range []answers.CheckoutsOf{
		{Commits: []string{"c"}},
		{Commits: []string{"c"}, Origin: "o", RepositoryURL: "u", Branch: "b"},
		{Commits: []string{"c"}, RepositoryURL: "u", Branch: "b", After: 1, Until: 2},
	} {
		plans = nil
		if _, err := db.Checkouts(t.Context(), of); err != nil {
			t.Fatal(err)
		}
		if plan := strings.Join(plans, "\n"); !strings.Contains(plan, "SEARCH c USING INDEX checkouts_revision (git_commit_hash=?)") {
			t.Errorf("%+v: %s", of, plan)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package answers_test

import (
	"context"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// TestCheckoutsPlan: a commit's checkouts are looked for by the commit, whatever
// else is known of them, for a branch has all its history.
func TestCheckoutsPlan(t *testing.T) {
	db := openedWith(t, someReport())
	var plans []string
	db.Conn = wrapped{db.Conn, func(tx sqldb.Tx) sqldb.Tx { return explained{tx.(planned).Tx, &plans} }}
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

// explained notes how statements are carried out.
type explained struct {
	sqldb.Tx
	plans *[]string
}

func (e explained) Query(ctx context.Context, query string, args ...any) (sqldb.Rows, error) {
	var a, b, c any
	var step string
	err := sqldb.Read(ctx, e.Tx, "EXPLAIN QUERY PLAN "+query, args, []any{&a, &b, &c, &step}, func() error {
		*e.plans = append(*e.plans, step)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return e.Tx.Query(ctx, query, args...)
}

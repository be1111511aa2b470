// SPDX-License-Identifier: Apache-2.0

package grafana_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/jackc/pgx/v5"
)

// plan is a node of a plan as EXPLAIN prints it.
type plan struct {
	Node      string `json:"Node Type"`
	Relation  string `json:"Relation Name"`
	IndexCond string `json:"Index Cond"`
	Recheck   string `json:"Recheck Cond"`
	Plans     []plan
}

// history is a year of objects before those of the sample, so that reading all of them is
// never the best plan: 1,000 checkouts with ten builds each, and 30 tests for each build.
var history = []string{
	`INSERT INTO checkouts (_timestamp, id, origin, git_repository_url, git_repository_branch, git_commit_hash, start_time)
		SELECT at, 'past:' || n, 'past', 'https://git.example.org/past.git', 'b' || n % 10, md5(n::text), at
		FROM generate_series(1, 1000) n, LATERAL (SELECT timestamptz '2025-01-01Z' + n * interval '8 hours' AS at) a`,
	`INSERT INTO builds (_timestamp, id, checkout_id, origin, architecture, config_name, compiler, start_time, status)
		SELECT c.start_time, c.id || '-' || n, c.id, 'past', 'a' || n % 5, 'c' || n, 'gcc-14', c.start_time,
			CASE n WHEN 1 THEN 'FAIL' ELSE 'PASS' END::status
		FROM checkouts c, generate_series(1, 10) n WHERE c.origin = 'past'`,
	`INSERT INTO test_rows (_timestamp, id, build_id, origin, path, start_time, status)
		SELECT b.start_time, b.id || '-' || n, b.id, 'past', 'suite.test' || n, b.start_time,
			CASE n WHEN 1 THEN 'FAIL' ELSE 'PASS' END::status
		FROM builds b, generate_series(1, 30) n WHERE b.origin = 'past'`,
	`INSERT INTO incidents (_timestamp, id, origin, issue_id, issue_version, test_id, present)
		SELECT start_time, id, 'past', 'past:issue' || build_id, 1, id, true
		FROM test_rows WHERE origin = 'past' AND status = 'FAIL'`,
	"ANALYZE",
}

// testPlans checks that no SQL reads all builds, tests or incidents.
func testPlans(t *testing.T, conn *pgx.Conn, all map[string]*dashboard, period period) {
	for uid, d := range all {
		values := d.values(text(""))
		maps.Copy(values, subjects(t, conn, uid)[0])
		for where, sql := range d.statements() {
			var out []byte
			err := conn.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON)"+substitute(t, "\n"+sql, values, period)).Scan(&out)
			if err != nil {
				t.Fatalf("%s: %s: %v", uid, where, err)
			}
			var plans []struct{ Plan plan }
			if err := json.Unmarshal(out, &plans); err != nil {
				t.Fatal(err)
			}
			for _, p := range plans {
				if p.Plan.readsAll() {
					t.Errorf("%s: %s reads all builds or all tests:\n%s", uid, where, out)
				}
			}
		}
	}
}

// readsAll reports whether the plan reads the whole of a table that grows without
// limit.
func (p plan) readsAll() bool {
	switch p.Relation {
	case "builds", "test_rows", "incidents":
		if p.IndexCond+p.Recheck == "" {
			return true
		}
	}
	for _, below := range p.Plans {
		if below.readsAll() {
			return true
		}
	}
	return false
}

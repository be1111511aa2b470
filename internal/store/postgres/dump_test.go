// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
)

// TestUnreadable dumps a database with invalid references, with a content that
// is missing, with a list that has a NULL, and with a row that the server itself
// cannot read.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	s, spec := initialized(t, pgtest.Shared(t))
	view := strings.Join(tables[issuesTable].Columns, ", ") + ", times"
	view = strings.Replace(view, "comment", "CASE WHEN id = 'a:2' AND version = 7 THEN (1 / (version - 7))::text END AS comment", 1)
	storetest.Unreadable(t, s, func(tests []string) {
		run(t, spec, "ALTER TABLE test_rows DISABLE TRIGGER ALL",
			`UPDATE test_rows SET log_excerpt = '\x00ff' WHERE id IN ('`+strings.Join(tests[1:], "', '")+"')",
			"DELETE FROM contents WHERE hash = (SELECT encode(substr(log_excerpt, 2), 'hex')::uuid FROM test_rows WHERE id = '"+tests[0]+"')",
			"UPDATE checkouts SET git_commit_tags = ARRAY[NULL] WHERE id = 'a:3'",
			"ALTER TABLE issues RENAME TO sound_issues", "CREATE VIEW issues AS SELECT "+view+" FROM sound_issues")
	})
}

// TestDamagedValues leaves out objects with values that no report has.
func TestDamagedValues(t *testing.T) {
	t.Parallel()
	s, spec := initialized(t, pgtest.Shared(t))
	storetest.Unreadable(t, s, func(tests []string) {
		run(t, spec, "UPDATE test_rows SET misc = '{' WHERE id = '"+tests[0]+"'",
			`UPDATE test_rows SET misc = '{"k":""}{' WHERE id = '`+tests[1]+"'",
			"UPDATE test_rows SET number_value = 'NaN' WHERE id = '"+tests[2]+"'",
			"UPDATE test_rows SET start_time = 'infinity' WHERE id = '"+tests[3]+"'",
			"UPDATE checkouts SET misc = '[]' WHERE id = 'a:3'",
			`UPDATE issues SET misc = '{"kcidb:text":"{"}' WHERE id = 'a:2' AND version = 7`)
	})
}

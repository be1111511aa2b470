// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// outcomesSQL selects outcomes in the order of the result, into which the server sorts
// them. The caller may give the same build twice.
const outcomesSQL = `SELECT o.id, o.build_id, o.origin, coalesce(o.path, ''), coalesce(o.status::text, ''), o.environment_misc, o.start_time
	FROM (SELECT id, min(n) AS n FROM unnest($1::text[]) WITH ORDINALITY AS b(id, n) GROUP BY id) b JOIN test_rows o ON o.build_id = b.id
	ORDER BY b.n, coalesce(o.path, ''), o.id`

func (s *snapshot) Outcomes(ctx context.Context, builds []string, rows sqldb.Rowset, sets *sqldb.Sets) error {
	return s.tests(ctx, rows, sets, outcomesSQL, builds)
}

// tests reads rows of tests by their builds.
func (s *snapshot) tests(ctx context.Context, rows sqldb.Rowset, sets *sqldb.Sets, query string, args ...any) error {
	err := s.byIndex(ctx)
	if err == nil {
		_, err = s.pagesInto(sets).read(ctx, selection(rows), query, args...)
	}
	return s.broken(ctx, err)
}

// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// runsSQL selects runs in the order of the result. The caller may give the same build
// twice. The server reads the tests that a key leaves out, from the index by build,
// because it reads the tests of a build to sort them anyway.
const runsSQL = `SELECT o.id, o.build_id, o.origin, coalesce(o.path, ''), coalesce(o.status::text, ''), o.start_time, o.duration,
		o.environment_compatible, o.environment_misc, o.log_url, o.misc
	FROM (SELECT id, min(n) AS n FROM unnest($1::text[]) WITH ORDINALITY AS b(id, n) GROUP BY id) b JOIN test_rows o ON o.build_id = b.id
	WHERE o.build_id <> $2 OR (coalesce(o.path, ''), o.id) > ($3, $4)
	ORDER BY b.n, coalesce(o.path, ''), o.id`

func (s *snapshot) Runs(ctx context.Context, builds []string, after store.RunKey, rows sqldb.Rowset, sets *sqldb.Sets) error {
	return s.tests(ctx, rows, sets, runsSQL, builds, after.BuildID, after.Path, after.ID)
}

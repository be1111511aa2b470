// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// FailedTest is a test whose status rollup.Fails.
type FailedTest struct {
	ID, BuildID string
	Path        string // "" for none
	Status      report.Status
	Platform    string // "" for none
	Known       bool   // an issue was seen in the test
	// Verdict is that on the branch of the test's checkout; "" if the test is not judged yet.
	Verdict verdict.Kind
}

// isFailed is the condition on a failed test. The index of failed tests has the same
// condition, so the text has to stay the same.
const isFailed = "t.status IN ('FAIL', 'ERROR', 'MISS')"

// Failed calls f for the failed tests of builds, in the order of builds, paths and IDs. It
// reads no other tests, and keeps no tests in memory.
func (db *DB) Failed(ctx context.Context, builds []string, f func(*FailedTest)) error {
	if len(builds) == 0 {
		return nil
	}
	query := `
		SELECT t.id, t.build_id, ` + sqldb.Text("t.path") + ` AS path, ` + sqldb.Text("t.status") + `, ` + sqldb.Text("t.environment_misc") + `,
			EXISTS (SELECT 1 FROM incidents i WHERE i.test_id = t.id AND i.present IS NOT FALSE),
			coalesce((
				SELECT v.verdict FROM counted_builds k CROSS JOIN revision_checkouts c CROSS JOIN verdicts v
				WHERE k.build_id = t.build_id AND c.checkout_id = k.checkout_id
					AND v.object_id = t.id AND v.kind <> 'build' AND v.revision = c.revision AND v.status = ` + sqldb.Text("t.status") + `
			), -1)
		FROM ` + db.Tests() + ` t
		WHERE ` + db.In("t.build_id", 1) + ` AND ` + isFailed + `
		ORDER BY 2, 3, 1`
	var t FailedTest
	var environment string
	var rank int
	into := []any{&t.ID, &t.BuildID, &t.Path, (*string)(&t.Status), &environment, &t.Known, &rank}
	return db.view(ctx, "read tests that failed", func(ctx context.Context, tx sqldb.Tx) error {
		platforms, err := db.platformsOfFailed(ctx, tx, builds)
		if err != nil {
			return err
		}
		return forEachRow(ctx, tx, query, []any{db.List(builds)}, into, func() {
			if t.Platform, t.Verdict = platforms[environment], ""; rank >= 0 {
				t.Verdict = verdict.Kinds[rank]
			}
			f(&t)
		})
	})
}

// platformsOfFailed returns the platforms of the failed tests of builds, by the names of
// the contents that have their environments.
func (db *DB) platformsOfFailed(ctx context.Context, tx sqldb.Tx, builds []string) (map[string]string, error) {
	query := `
		SELECT DISTINCT ` + sqldb.Text("t.environment_misc") + `
		FROM ` + db.Tests() + ` t
		WHERE ` + db.In("t.build_id", 1) + ` AND ` + isFailed + ` AND t.environment_misc IS NOT NULL`
	var names []string
	var name string
	if err := forEachRow(ctx, tx, query, []any{db.List(builds)}, []any{&name}, func() { names = append(names, name) }); err != nil {
		return nil, err
	}
	return db.platformsOf(ctx, tx, names)
}

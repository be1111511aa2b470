// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Measurement is a number that a test measured on a platform.
type Measurement struct {
	Revision           int64 // key of the revision in package verdicts
	TestID             string
	Path, Config, Unit string
	Value              float64
}

// maxMeasurements limits how many numbers Measurements reads, those of all platforms.
const maxMeasurements = 20_000

// Measurements returns the numbers that tests measured on a platform at revisions, in the
// order of path, configuration and unit.
func (db *DB) Measurements(ctx context.Context, platform string, revisions []int64) (all []Measurement, err error) {
	query := `
		SELECT c.revision, o.id, ` + sqldb.Text("o.path") + `, k.config_name, ` + sqldb.Text("o.number_unit") + `, o.number_value, ` + sqldb.Text("o.environment_misc") + `
		FROM revision_checkouts c
			JOIN counted_builds k ON k.checkout_id = c.checkout_id AND k.checkout_id <> ''
			JOIN ` + db.Tests() + ` o ON o.build_id = k.build_id AND o.number_value IS NOT NULL
		WHERE ` + db.In("c.revision", 1) + ` AND EXISTS (
			SELECT 1 FROM test_counts p` + db.Indexed("test_counts_platform") + ` WHERE p.build_id = k.build_id AND p.platform = $2 AND ` + rollup.HasShortPlatform("p") + `
		)
		LIMIT $3`
	err = db.view(ctx, "read measurements", func(ctx context.Context, tx sqldb.Tx) error {
		var m Measurement
		var environment string
		var found []Measurement
		var environments []string // of those found
		into := []any{&m.Revision, &m.TestID, &m.Path, &m.Config, &m.Unit, &m.Value, &environment}
		err := forEachRow(ctx, tx, query, []any{db.Numbers(revisions), platform, maxMeasurements}, into, func() {
			found, environments = append(found, m), append(environments, environment)
		})
		if err != nil {
			return err
		}
		platforms, err := db.platformsOf(ctx, tx, environments)
		for i, m := range found {
			if platforms[environments[i]] == platform {
				all = append(all, m)
			}
		}
		return err
	})
	slices.SortFunc(all, func(a, b Measurement) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Config, b.Config), strings.Compare(a.Unit, b.Unit),
			cmp.Compare(a.Revision, b.Revision), strings.Compare(a.TestID, b.TestID))
	})
	return all, err
}

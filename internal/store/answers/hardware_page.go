// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// HardwareBuild is a build with tests on a hardware.
type HardwareBuild struct{ BuildID, CheckoutID string }

// HardwarePage has the builds of a hardware.
type HardwarePage struct {
	Compatibles []string // of its platforms, sorted
	Builds      []HardwareBuild
	Revisions   []Revision // the checkouts of the builds, the newest first
}

// HardwarePage returns the builds with tests on platforms that have a name or are
// compatible with it, and their checkouts. It leaves out builds without a known checkout.
func (db *DB) HardwarePage(ctx context.Context, tests HardwareTests, name string) (*HardwarePage, error) {
	page := new(HardwarePage)
	query := `
		SELECT DISTINCT b.build_id, b.checkout_id
		FROM counted_builds b
		WHERE b.checkout_id <> '' AND b.build_id IN (
			SELECT h.build_id` + testedSQL + ` AND (h.platform = $4 OR ` + db.In("h.compatible", 5) + `)
		)
		ORDER BY b.build_id`
	err := db.view(ctx, "read a hardware", func(ctx context.Context, tx sqldb.Tx) error {
		lists, found, err := page.readCompatibles(ctx, tx, tests, name)
		if err != nil || !found {
			return err
		}
		var checkouts set
		var b HardwareBuild
		err = forEachRow(ctx, tx, query, tests.args(name, db.List(lists)), []any{&b.BuildID, &b.CheckoutID}, func() {
			page.Builds = append(page.Builds, b)
			checkouts.add(b.CheckoutID)
		})
		if err != nil {
			return err
		}
		page.Revisions, err = db.revisions(ctx, tx, checkouts.sorted())
		return err
	})
	return page, err
}

// readCompatibles reads the compatibles of the hardware. It returns the lists that
// contain the name, and whether the hardware exists. The lists are searched here, because
// the databases have them as text.
func (p *HardwarePage) readCompatibles(ctx context.Context, tx sqldb.Tx, tests HardwareTests, name string) (lists []string, found bool, err error) {
	var platform, compatible string
	var names, containing set
	err = forEachRow(ctx, tx, "SELECT DISTINCT h.platform, h.compatible"+testedSQL, tests.args(), []any{&platform, &compatible}, func() {
		list := listOf(compatible)
		contains := slices.Contains(list, name)
		if contains {
			containing.add(compatible)
		}
		if contains || platform == name {
			found = true
			names.add(list...)
		}
	})
	p.Compatibles = names.sorted()
	return containing.sorted(), found, err
}

// HardwareCounts counts builds, and their tests on platforms that have a name or are
// compatible with it, by their checkouts.
func (db *DB) HardwareCounts(ctx context.Context, name string, builds []string) (map[string]CountsByKind, error) {
	all := make(map[string]CountsByKind)
	var checkout, platform, compatible, suite string
	var status report.Status
	var n int64
	counts := func() CountsByKind {
		if all[checkout] == nil {
			all[checkout] = make(CountsByKind)
		}
		return all[checkout]
	}
	tests := `
		SELECT b.checkout_id, h.platform, h.compatible, h.suite, h.status, CAST(sum(h.n) AS bigint)
		FROM counted_builds b JOIN test_counts h ON h.build_id = b.build_id
		WHERE ` + db.In("b.build_id", 1) + `
		GROUP BY 1, 2, 3, 4, 5`
	ofBuilds := `
		SELECT b.checkout_id, b.status, count(*)
		FROM counted_builds b
		WHERE ` + db.In("b.build_id", 1) + ` AND ` + rollup.NotDummy("b.build_id") + `
		GROUP BY 1, 2`
	err := db.view(ctx, "read a hardware", func(ctx context.Context, tx sqldb.Tx) error {
		into := []any{&checkout, &platform, &compatible, &suite, &status, &n}
		err := forEachRow(ctx, tx, tests, []any{db.List(builds)}, into, func() {
			if platform == name || slices.Contains(listOf(compatible), name) {
				counts().add(rollup.KindOf(suite), status, n)
			}
		})
		if err != nil {
			return err
		}
		return forEachRow(ctx, tx, ofBuilds, []any{db.List(builds)}, []any{&checkout, &status, &n},
			func() { counts().add(rollup.Builds, status, n) })
	})
	return all, err
}

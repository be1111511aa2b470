// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"maps"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// Hardware is a platform with the counts of its results.
type Hardware struct {
	Platform    string
	Compatibles []string // sorted
	// Counts has the boots and other tests of the platform, and the builds that they
	// tested.
	Counts CountsByKind
}

// HardwareTests are the tests of an origin that started on days.
type HardwareTests struct {
	Days   Days
	Origin string
}

// testedSQL selects the rows of hardware_counts of HardwareTests.
const testedSQL = " FROM hardware_counts h WHERE h.day BETWEEN $1 AND $2 AND h.origin = $3"

// args returns the parameters of testedSQL, and more after them.
func (t *HardwareTests) args(more ...any) []any {
	return append([]any{t.Days.First, t.Days.Last, t.Origin}, more...)
}

// Hardware returns the platforms of tests of checkouts, in the order of their names.
func (db *DB) Hardware(ctx context.Context, tests HardwareTests, checkouts []string) (all []Hardware, err error) {
	from := testedSQL + `
			AND h.build_id IN (SELECT build_id FROM counted_builds WHERE checkout_id <> '' AND ` + db.In("checkout_id", 4) + ")"
	err = db.view(ctx, "read hardware", func(ctx context.Context, tx sqldb.Tx) error {
		all, err = readHardware(ctx, tx, from, "h.kind", tests.args(db.List(checkouts)), func(kind string) rollup.Kind { return rollup.Kind(kind) })
		return err
	})
	return all, err
}

// HardwareOf returns the platforms of all tests of checkouts that an origin sent, in the
// order of their names.
func (db *DB) HardwareOf(ctx context.Context, checkouts []string, origin string) (all []Hardware, err error) {
	from := `
		FROM counted_builds c JOIN test_counts h ON h.build_id = c.build_id
		WHERE c.checkout_id <> '' AND h.platform <> '' AND ` + db.In("c.checkout_id", 1) + ` AND h.origin = $2`
	err = db.view(ctx, "read hardware", func(ctx context.Context, tx sqldb.Tx) error {
		all, err = readHardware(ctx, tx, from, "h.suite", []any{db.List(checkouts), origin}, rollup.KindOf)
		return err
	})
	return all, err
}

// readHardware sums up the rows "h" of counts of tests; kindOf returns the kind of the
// tests from a column. The database adds the counts, so the number of rows to read
// grows with the platforms and not with the tests.
func readHardware(ctx context.Context, tx sqldb.Tx, from, column string, args []any, kindOf func(string) rollup.Kind) ([]Hardware, error) {
	found := make(map[string]*Hardware)
	compatibles := make(map[string]set)
	var platform, compatible, value string
	var status report.Status
	var n int64
	hardware := func() *Hardware {
		h := found[platform]
		if h == nil {
			h = &Hardware{Platform: platform, Counts: make(CountsByKind)}
			found[platform] = h
		}
		return h
	}
	query := "SELECT h.platform, h.compatible, " + column + ", h.status, CAST(sum(h.n) AS bigint)" + from + " GROUP BY 1, 2, 3, 4"
	err := forEachRow(ctx, tx, query, args, []any{&platform, &compatible, &value, &status, &n}, func() {
		hardware().Counts.add(kindOf(value), status, n)
		names := compatibles[platform]
		names.add(listOf(compatible)...)
		compatibles[platform] = names
	})
	if err != nil {
		return nil, err
	}
	query = `
		SELECT p.platform, b.status, count(*)
		FROM (SELECT DISTINCT h.platform, h.build_id` + from + `) p
			JOIN counted_builds b ON b.build_id = p.build_id
		WHERE b.checkout_id <> '' AND ` + rollup.NotDummy("b.build_id") + `
		GROUP BY 1, 2`
	err = forEachRow(ctx, tx, query, args, []any{&platform, &status, &n}, func() { hardware().Counts.add(rollup.Builds, status, n) })
	if err != nil {
		return nil, err
	}
	var all []Hardware
	for _, name := range slices.Sorted(maps.Keys(found)) {
		found[name].Compatibles = compatibles[name].sorted()
		all = append(all, *found[name])
	}
	return all, nil
}

// TestedCheckouts returns the existing checkouts of the builds of tests. The newest come
// first.
func (db *DB) TestedCheckouts(ctx context.Context, tests HardwareTests) (all []Revision, err error) {
	query := `
		SELECT DISTINCT b.checkout_id
		FROM counted_builds b
		WHERE b.checkout_id <> '' AND b.build_id IN (SELECT h.build_id` + testedSQL + `)`
	err = db.view(ctx, "read tested checkouts", func(ctx context.Context, tx sqldb.Tx) error {
		var ids []string
		var id string
		err := forEachRow(ctx, tx, query, tests.args(), []any{&id}, func() { ids = append(ids, id) })
		if err == nil {
			all, err = db.revisions(ctx, tx, ids)
		}
		return err
	})
	return all, err
}

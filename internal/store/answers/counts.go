// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// CountsByKind are numbers of builds, boots and tests by their status.
type CountsByKind map[rollup.Kind]map[report.Status]int64

// add adds n objects of a kind and a status.
func (c CountsByKind) add(kind rollup.Kind, status report.Status, n int64) {
	if c[kind] == nil {
		c[kind] = make(map[report.Status]int64)
	}
	c[kind][status] += n
}

// CheckoutCounts returns the numbers of builds and tests of each of the checkouts.
func (db *DB) CheckoutCounts(ctx context.Context, checkouts []string) (map[string]CountsByKind, error) {
	all := make(map[string]CountsByKind, len(checkouts))
	for _, id := range checkouts {
		all[id] = make(CountsByKind)
	}
	err := db.view(ctx, "count checkouts", func(ctx context.Context, tx sqldb.Tx) error {
		return db.addCheckoutCounts(ctx, tx, checkouts, func(id string) CountsByKind { return all[id] })
	})
	return all, err
}

// addCheckoutCounts adds the numbers of builds and tests of checkouts to the counts of
// each.
func (db *DB) addCheckoutCounts(ctx context.Context, tx sqldb.Tx, checkouts []string, countsOf func(checkout string) CountsByKind) error {
	var checkout string
	var kind rollup.Kind
	var status report.Status
	var n int64
	query := "SELECT checkout_id, kind, status, n FROM checkout_counts WHERE " + db.In("checkout_id", 1)
	return forEachRow(ctx, tx, query, []any{db.List(checkouts)}, []any{&checkout, &kind, &status, &n}, func() {
		countsOf(checkout).add(kind, status, n)
	})
}

// Tally returns the numbers of tests of each of the builds, by status; "" stands for no
// status. It leaves out builds without tests.
func (db *DB) Tally(ctx context.Context, builds []string) (map[string]map[report.Status]int64, error) {
	all := make(map[string]map[report.Status]int64)
	var build string
	var status report.Status
	var n int64
	query := `
		SELECT build_id, status, CAST(sum(n) AS bigint)
		FROM test_counts
		WHERE ` + db.In("build_id", 1) + `
		GROUP BY build_id, status`
	err := db.read(ctx, "count tests", query, []any{db.List(builds)}, []any{&build, &status, &n}, func() {
		if all[build] == nil {
			all[build] = make(map[report.Status]int64)
		}
		all[build][status] = n
	})
	return all, err
}

// SuiteCounts returns the numbers of tests of a suite in builds, by status.
func (db *DB) SuiteCounts(ctx context.Context, builds []string, suite string) (map[report.Status]int64, error) {
	all := make(map[report.Status]int64)
	var status report.Status
	var n int64
	query := `
		SELECT status, CAST(sum(n) AS bigint)
		FROM test_counts
		WHERE ` + db.In("build_id", 1) + ` AND suite = $2
		GROUP BY status`
	err := db.read(ctx, "count tests", query, []any{db.List(builds), suite}, []any{&status, &n}, func() { all[status] = n })
	return all, err
}

// PathCounts calls f with the numbers of tests in builds, by path and status. It counts
// the tests whose path is the prefix or continues it by a dot; all tests for "". f may
// also get paths that sort between these, such as "ltp-x" for "ltp".
func (db *DB) PathCounts(ctx context.Context, builds []string, prefix string, f func(path string, status report.Status, n int64)) error {
	args, condition := []any{db.List(builds)}, ""
	if prefix != "" { // "/" follows "." in the order of paths
		args, condition = append(args, prefix, prefix+"/"), " AND t.path >= $2 AND t.path < $3"
	}
	query := `
		SELECT ` + sqldb.Text("t.path") + `, ` + sqldb.Text("t.status") + `, count(*)
		FROM ` + db.Tests() + ` t
		WHERE ` + db.In("t.build_id", 1) + condition + `
		GROUP BY t.path, t.status`
	var path string
	var status report.Status
	var n int64
	return db.read(ctx, "count tests", query, args, []any{&path, &status, &n}, func() { f(path, status, n) })
}

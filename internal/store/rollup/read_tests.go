// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"slices"

	"github.com/kcidb-go/kcidb/report"
)

// FailedTest is a test that Fails.
type FailedTest struct {
	ID, BuildID string
	Path        string // "" for none
	Status      report.Status
	Platform    string // "" for none
	Known       bool   // an issue was seen in it
}

// failedSQL selects what failed: the index of these tests has the same condition.
const failedSQL = "t.status IN ('FAIL', 'ERROR', 'MISS')"

// platformsAtOnce is how many environments are in memory at a time.
const platformsAtOnce = 500

// Failed calls f for the tests of builds that failed, in the order of builds, paths
// and IDs. It reads no other tests, and keeps none.
func (db *DB) Failed(ctx context.Context, builds []string, f func(*FailedTest)) error {
	if len(builds) == 0 {
		return nil
	}
	err := db.View(ctx, func(ctx context.Context, tx Tx) error {
		platforms, err := db.platformsOfFailed(ctx, tx, builds)
		if err != nil {
			return err
		}
		var t FailedTest
		var status, environment string
		return Read(ctx, tx, "SELECT t.id, t.build_id, "+Text("t.path")+" AS path, "+Text("t.status")+", "+Text("t.environment_misc")+
			", EXISTS (SELECT 1 FROM incidents i WHERE i.test_id = t.id AND i.present IS NOT FALSE)"+
			" FROM "+db.Tests()+" t WHERE "+db.In("t.build_id", 1)+" AND "+failedSQL+" ORDER BY 2, 3, 1", []any{db.List(builds)},
			[]any{&t.ID, &t.BuildID, &t.Path, &status, &environment, &t.Known}, func() error {
				t.Status, t.Platform = report.Status(status), platforms[environment]
				f(&t)
				return nil
			})
	})
	return db.Failure(ctx, "read tests that failed", err)
}

// platformsOfFailed returns the platforms that failed tests name, by the names of
// the contents that have them.
func (d *Dialect) platformsOfFailed(ctx context.Context, tx Tx, builds []string) (map[string]string, error) {
	var names []string
	var name string
	err := Read(ctx, tx, "SELECT DISTINCT "+Text("t.environment_misc")+" FROM "+d.Tests()+" t WHERE "+d.In("t.build_id", 1)+" AND "+failedSQL+
		" AND t.environment_misc IS NOT NULL", []any{d.List(builds)}, []any{&name}, func() error { names = append(names, name); return nil })
	if err != nil {
		return nil, err
	}
	platforms := make(map[string]string, len(names))
	var of Platforms
	for some := range slices.Chunk(names, platformsAtOnce) {
		contents, err := d.Contents(ctx, tx, some)
		if err != nil {
			return nil, err
		}
		for _, name := range some {
			platforms[name] = of.Of([]byte(contents[name]))
		}
	}
	return platforms, nil
}

// SuiteCounts returns the numbers of tests of a suite, by status, in builds.
func (db *DB) SuiteCounts(ctx context.Context, builds []string, suite string) (map[report.Status]int64, error) {
	all := make(map[report.Status]int64)
	err := db.View(ctx, func(ctx context.Context, tx Tx) error {
		clear(all)
		var status string
		var n int64
		return Read(ctx, tx, "SELECT status, CAST(sum(n) AS bigint) FROM test_counts WHERE "+db.In("build_id", 1)+" AND suite = $2 GROUP BY status",
			[]any{db.List(builds), suite}, []any{&status, &n}, func() error { all[report.Status(status)] = n; return nil })
	})
	return all, db.Failure(ctx, "count tests", err)
}

// PathCounts calls f with the numbers of tests in builds, by path and status, of
// those whose path is above or begins with it: all for "".
func (db *DB) PathCounts(ctx context.Context, builds []string, above string, f func(path string, status report.Status, n int64)) error {
	args, condition := []any{db.List(builds)}, ""
	if above != "" { // a dot follows it in the paths below, and a slash the dot in their order
		args, condition = append(args, above, above+"/"), " AND t.path >= $2 AND t.path < $3"
	}
	err := db.View(ctx, func(ctx context.Context, tx Tx) error {
		var path, status string
		var n int64
		return Read(ctx, tx, "SELECT "+Text("t.path")+", "+Text("t.status")+", count(*) FROM "+db.Tests()+" t WHERE "+db.In("t.build_id", 1)+condition+
			" GROUP BY t.path, t.status", args, []any{&path, &status, &n}, func() error { f(path, report.Status(status), n); return nil })
	})
	return db.Failure(ctx, "count tests", err)
}

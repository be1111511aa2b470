// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// LabCount counts boots or tests of a lab that have all other values in common.
type LabCount struct {
	Day      int64 // since 1970
	BuildID  string
	Origin   string
	Platform string // "" for none
	Reason   string // why they failed, in the words of the lab; "" for none
	Kind     rollup.Kind
	Status   report.Status
	N        int64
}

// Lost reports whether the results say nothing about the kernel.
func (c *LabCount) Lost() bool { return rollup.Lost(c.Status) }

// LabCounts counts the boots and tests of a lab that started on days. It looks at the
// counts of all labs on these days, so ask for few days.
func (db *DB) LabCounts(ctx context.Context, lab string, days Days) (all []LabCount, err error) {
	query := `
		SELECT day, build_id, origin, platform, reason, suite, status, n
		FROM test_counts
		WHERE day BETWEEN $1 AND $2 AND ` + inLab(3)
	var c LabCount
	var suite string
	into := []any{&c.Day, &c.BuildID, &c.Origin, &c.Platform, &c.Reason, &suite, &c.Status, &c.N}
	err = db.read(ctx, "count the results of a lab", query, []any{days.First, days.Last, lab}, into, func() {
		c.Kind = rollup.KindOf(suite)
		all = append(all, c)
	})
	return all, err
}

// CheckoutsOfBuilds returns the checkouts of builds, the newest first.
func (db *DB) CheckoutsOfBuilds(ctx context.Context, builds []string) (all []Revision, err error) {
	err = db.view(ctx, "read checkouts of builds", func(ctx context.Context, tx sqldb.Tx) error {
		all, err = db.newestRevisions(ctx, tx, `
			FROM checkouts c
			WHERE c.id IN (SELECT b.checkout_id FROM counted_builds b WHERE `+db.In("b.build_id", 1)+`)`, db.List(builds))
		return err
	})
	return all, err
}

// maxLost limits the tests that LostAt reads.
const maxLost = 20_000

// LostAt calls f with the start of each lost boot or test of a lab on days, in microseconds
// since 1970, of those with the builds. It stops at 20,000 tests.
func (db *DB) LostAt(ctx context.Context, lab string, builds []string, days Days, f func(start int64)) error {
	start := db.Micros("t.start_time")
	query := `
		SELECT ` + start + `, t.origin, ` + sqldb.Text("t.misc") + `
		FROM ` + db.Tests() + ` t
		WHERE ` + db.In("t.build_id", 1) + ` AND ` + isFailed + ` AND t.status <> 'FAIL' AND ` + start + ` >= $2 AND ` + start + ` < $3
		LIMIT ` + fmt.Sprint(maxLost)
	begin, end := days.micros()
	var at int64
	var origin, misc string
	return db.read(ctx, "read lost tests", query, []any{db.List(builds), begin, end}, []any{&at, &origin, &misc}, func() {
		if facts.LabOf(facts.Lab([]byte(misc)), origin) == lab {
			f(at)
		}
	})
}

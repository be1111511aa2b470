// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// ErrAgain: a concurrent transaction moved one of the objects to another build or
// issue, so we hold the wrong locks. Roll back and retry.
var ErrAgain = errors.New("another transaction moved one of the objects at the same time: try again")

// Apply updates the roll-ups for the changes. The transaction must have changed the
// objects already, and should end soon: it holds locks that other loaders need.
func (d *Delta) Apply(ctx context.Context, tx sqldb.Tx, dialect sqldb.Dialect) error {
	if d.Empty() {
		return nil
	}
	a := &applier{
		Delta: d, transaction: transaction{tx, dialect},
		checkoutCounts: make(counter[checkoutCount]), daily: make(counter[dailyCount]), incidentCounts: make(counter[incidentCount]),
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"locks", a.lockBuilds},
		{"builds", a.countBuilds},
		{"tests", a.countTests},
		{"trees", a.countCheckouts},
		{"incidents", a.countIncidents},
		{"issues of days", func(ctx context.Context) error { return add(ctx, a.transaction, incidentCounts, a.incidentCounts) }},
		{"checkouts", func(ctx context.Context) error { return add(ctx, a.transaction, checkoutCounts, a.checkoutCounts) }},
		{"days", func(ctx context.Context) error { return add(ctx, a.transaction, dailyCounts, a.daily) }},
		{"objects", a.countObjects},
		{"changed checkouts", a.markCheckouts},
	} {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("roll-ups, %s: %w", step.name, err)
		}
	}
	return nil
}

// applier applies a delta.
type applier struct {
	*Delta
	transaction
	locked         []string // builds, sorted
	checkoutCounts counter[checkoutCount]
	daily          counter[dailyCount]
	incidentCounts counter[incidentCount]
	orphans        []countedBuild          // rows to delete if their builds have no tests
	changedBuilds  map[string]countedBuild // builds whose change affects their incidents
	toJudge        set                     // checkouts to mark, unless they are in Delta
	seenBuilds     set                     // builds of the incidents, whose checkouts are to be marked
}

// lockBuilds locks each build that the transaction changes: the build itself, its
// tests, or incidents of either. So if one transaction changes an incident and another
// changes its build or test, the later transaction sees what the earlier one did. If
// an incident is of a test that does not exist yet, its build is unknown: then the
// transaction waits for all others.
func (a *applier) lockBuilds(ctx context.Context) error {
	ids := make(set)
	for test := range a.tests {
		ids.add(test.buildID)
	}
	for id := range a.builds {
		ids.add(id)
	}
	var ofIncidents set
	var unknown bool
	var err error
	if a.Concurrent() {
		if ofIncidents, unknown, err = a.buildsOfIncidents(ctx); err != nil {
			return err
		}
		if err := a.Lock(ctx, a.transaction, sqldb.CountsLock, unknown); err != nil {
			return err
		}
		if unknown {
			if ofIncidents, _, err = a.buildsOfIncidents(ctx); err != nil {
				return err
			}
		}
		maps.Copy(ids, ofIncidents)
	}
	a.locked = ids.sorted()
	var rows []countedBuild
	for _, id := range a.locked {
		rows = append(rows, unknownBuild(id))
	}
	if err := countedBuilds.lock(ctx, a.transaction, rows); err != nil || len(ofIncidents) == 0 || unknown {
		return err
	}
	// Another transaction may have moved or deleted a test before its build was locked.
	ofIncidents, moved, err := a.buildsOfIncidents(ctx)
	if err != nil {
		return err
	}
	for id := range ofIncidents {
		moved = moved || !ids.has(id)
	}
	if moved {
		return ErrAgain
	}
	return nil
}

// buildsOfIncidents returns the builds of the incidents and of their tests, and whether
// a test does not exist, so that its build is unknown.
func (a *applier) buildsOfIncidents(ctx context.Context) (builds set, unknown bool, err error) {
	builds = make(set)
	if len(a.incidents) == 0 {
		return builds, false, nil
	}
	query := `
		SELECT ` + sqldb.Text("i.build_id") + `, ` + sqldb.Text("t.build_id") + `, i.test_id IS NOT NULL AND t.id IS NULL
		FROM incidents i LEFT JOIN ` + a.Tests() + ` t ON t.id = i.test_id
		WHERE ` + a.In("i.id", 1)
	var build, testBuild string
	var noTest bool
	err = a.read(ctx, query, []any{a.List(a.incidents.sorted())}, []any{&build, &testBuild, &noTest}, func() error {
		builds.add(build)
		builds.add(testBuild)
		unknown = unknown || noTest
		return nil
	})
	delete(builds, "")
	return builds, unknown, err
}

// countTests counts the tests by build and by platform, and deletes the rows of builds
// that do not exist and have no tests.
func (a *applier) countTests(ctx context.Context) error {
	hardware := make(counter[hardwareCount])
	for test, n := range a.tests {
		if test.platform != "" {
			hardware[test.hardware()] += n
		}
	}
	if err := add(ctx, a.transaction, testCounts, a.tests); err != nil {
		return err
	}
	if err := add(ctx, a.transaction, hardwareCounts, hardware); err != nil {
		return err
	}
	return countedBuilds.remove(ctx, a.transaction, a.orphans,
		" AND checkout_id = '' AND NOT EXISTS (SELECT 1 FROM test_counts t WHERE t.build_id = counted_builds.build_id)")
}

// countInCheckout adds n to a row of checkout_counts, unless it has no checkout.
func (a *applier) countInCheckout(r checkoutCount, n int64) {
	if r.checkoutID != "" {
		a.checkoutCounts[r] += n
	}
}

// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"

	"github.com/kcidb-go/kcidb/report"
)

// testsByStatus has numbers of tests of a build.
type testsByStatus map[kindStatus]int64

type kindStatus struct {
	kind   Kind
	status report.Status
}

// countBuilds counts the builds that changed. If a build moved to another checkout,
// its tests move with it.
func (a *applier) countBuilds(ctx context.Context) error {
	if len(a.locked) == 0 {
		return nil
	}
	added := make(map[string]testsByStatus) // by build
	for test, n := range a.tests {
		if n != 0 {
			if added[test.buildID] == nil {
				added[test.buildID] = make(testsByStatus)
			}
			added[test.buildID][kindStatus{test.kind(), test.status}] += n
			a.daily[test.daily()] += n
		}
	}
	before, err := countedBuilds.read(ctx, a.transaction, a.In("build_id", 1), a.List(a.locked))
	if err != nil {
		return err
	}
	existing, err := a.buildsByID(ctx, a.builds.sorted())
	if err != nil {
		return err
	}
	// A build that was noted, and does not exist, was deleted.
	rowNow := func(was countedBuild) countedBuild {
		if !a.builds.has(was.id) {
			return was
		}
		if now, ok := existing[was.id]; ok {
			return now
		}
		return unknownBuild(was.id)
	}
	var moved []string
	for _, was := range before {
		if rowNow(was).checkoutID != was.checkoutID {
			moved = append(moved, was.id)
		}
	}
	tests, err := a.testsOf(ctx, moved)
	if err != nil {
		return err
	}
	a.changedBuilds = make(map[string]countedBuild)
	var changed []countedBuild
	for _, was := range before {
		now := rowNow(was)
		if a.builds.has(was.id) {
			a.countBuild(&was, -1)
			a.countBuild(&now, +1)
			if was != now {
				changed = append(changed, now)
			}
			if was.seenAs() != now.seenAs() {
				a.changedBuilds[was.id] = now
			}
		}
		for what, n := range tests[was.id] {
			a.countInCheckout(checkoutCount{checkoutID: was.checkoutID, kind: what.kind, status: what.status}, -n)
			a.countInCheckout(checkoutCount{checkoutID: now.checkoutID, kind: what.kind, status: what.status}, n)
		}
		more := int64(0)
		for what, n := range added[was.id] {
			a.countInCheckout(checkoutCount{checkoutID: now.checkoutID, kind: what.kind, status: what.status}, n)
			more += n
		}
		if now.checkoutID == "" && more <= 0 { // with more > 0 the build has tests
			a.orphans = append(a.orphans, now)
		}
	}
	return countedBuilds.put(ctx, a.transaction, changed)
}

// countBuild adds n to the counts of a build itself.
func (a *applier) countBuild(b *countedBuild, n int64) {
	if b.counts() {
		a.countInCheckout(b.ofCheckout(), n)
		a.daily[b.daily()] += n
	}
}

// testsOf returns the numbers of tests of builds as they were before the transaction.
func (a *applier) testsOf(ctx context.Context, builds []string) (map[string]testsByStatus, error) {
	all := make(map[string]testsByStatus)
	if len(builds) == 0 {
		return all, nil
	}
	var id, suite string
	var status report.Status
	var n int64
	query := "SELECT build_id, suite, status, n FROM test_counts WHERE " + a.In("build_id", 1)
	err := a.read(ctx, query, []any{a.List(builds)}, []any{&id, &suite, &status, &n}, func() error {
		if all[id] == nil {
			all[id] = make(testsByStatus)
		}
		all[id][kindStatus{KindOf(suite), status}] += n
		return nil
	})
	return all, err
}

// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"

	"github.com/kcidb-go/kcidb/report"
)

// testsByStatus has numbers of tests of a build.
type testsByStatus map[kindStatus]int64

// sum returns the number of all tests.
func (t testsByStatus) sum() (n int64) {
	for _, of := range t {
		n += of
	}
	return n
}

type kindStatus struct {
	kind   Kind
	status report.Status
}

// buildChange is a build before and after the transaction.
type buildChange struct{ was, now countedBuild }

// countBuilds counts the builds that changed. If a build moved to another checkout,
// its tests move with it.
func (a *applier) countBuilds(ctx context.Context) error {
	if len(a.locked) == 0 {
		return nil
	}
	added := a.countAddedTests()
	builds, err := a.lockedBuilds(ctx)
	if err != nil {
		return err
	}
	tests, err := a.testsOf(ctx, movedBuilds(builds))
	if err != nil {
		return err
	}
	a.changedBuilds = make(map[string]countedBuild)
	var changed []countedBuild
	for _, b := range builds {
		id := b.was.id
		a.toJudge.add(b.was.checkoutID)
		a.toJudge.add(b.now.checkoutID)
		if a.builds.has(id) {
			a.recountBuild(b)
			if b.was != b.now {
				changed = append(changed, b.now)
			}
		}
		a.countTestsInCheckout(b.was.checkoutID, tests[id], -1)
		a.countTestsInCheckout(b.now.checkoutID, tests[id], +1)
		a.countTestsInCheckout(b.now.checkoutID, added[id], +1)
		if b.now.checkoutID == "" && added[id].sum() <= 0 { // with added tests the build has tests
			a.orphans = append(a.orphans, b.now)
		}
	}
	return countedBuilds.put(ctx, a.transaction, changed)
}

// countAddedTests counts the tests of each day that the transaction added or removed. It
// returns their numbers by build.
func (a *applier) countAddedTests() map[string]testsByStatus {
	added := make(map[string]testsByStatus)
	for test, n := range a.tests {
		if n != 0 {
			if added[test.buildID] == nil {
				added[test.buildID] = make(testsByStatus)
			}
			added[test.buildID][kindStatus{test.kind(), test.status}] += n
			a.daily[test.daily()] += n
		}
	}
	return added
}

// lockedBuilds returns the builds whose rows the transaction locked. Only builds that
// were noted may have changed.
func (a *applier) lockedBuilds(ctx context.Context) ([]buildChange, error) {
	before, err := countedBuilds.read(ctx, a.transaction, a.In("build_id", 1), a.List(a.locked))
	if err != nil {
		return nil, err
	}
	existing, err := a.buildsByID(ctx, a.builds.sorted())
	if err != nil {
		return nil, err
	}
	all := make([]buildChange, len(before))
	for i, was := range before {
		now := was
		if a.builds.has(was.id) {
			var exists bool
			if now, exists = existing[was.id]; !exists { // it was deleted
				now = unknownBuild(was.id)
			}
		}
		all[i] = buildChange{was, now}
	}
	return all, nil
}

// movedBuilds returns the IDs of builds that moved to another checkout.
func movedBuilds(builds []buildChange) (ids []string) {
	for _, b := range builds {
		if b.was.checkoutID != b.now.checkoutID {
			ids = append(ids, b.was.id)
		}
	}
	return ids
}

// recountBuild counts a build itself as it is now, and no longer as it was. It notes the
// build if the change affects how the incidents of the build are counted.
func (a *applier) recountBuild(b buildChange) {
	a.countBuild(&b.was, -1)
	a.countBuild(&b.now, +1)
	if b.was.seenAs() != b.now.seenAs() {
		a.changedBuilds[b.was.id] = b.now
	}
}

// countTestsInCheckout adds numbers of tests, or with sign -1 subtracts them, in
// a checkout.
func (a *applier) countTestsInCheckout(checkoutID string, tests testsByStatus, sign int64) {
	for of, n := range tests {
		a.countInCheckout(checkoutCount{checkoutID: checkoutID, kind: of.kind, status: of.status}, sign*n)
	}
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

// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kcidb-go/kcidb/report"
)

// Apply brings the roll-ups after what changed. The transaction has changed the
// objects already, and ends soon after.
func (d *Delta) Apply(ctx context.Context, tx Tx, dialect *Dialect) error {
	if d.Empty() {
		return nil
	}
	a := &applier{
		Delta: d, Dialect: dialect, tx: tx,
		checkoutCounts: newCounter(checkoutCounts), daily: newCounter(dailyCounts), incidentCounts: newCounter(incidentCounts),
	}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"locks", a.lockBuilds},
		{"builds", a.countBuilds},
		{"tests", a.countTests},
		{"trees", a.countCheckouts},
		{"incidents", a.countIncidents},
		{"issues of days", func(ctx context.Context) error { return a.add(ctx, tx, incidentCounts, a.incidentCounts.all()) }},
		{"checkouts", func(ctx context.Context) error { return a.add(ctx, tx, checkoutCounts, a.checkoutCounts.all()) }},
		{"days", func(ctx context.Context) error { return a.add(ctx, tx, dailyCounts, a.daily.all()) }},
		{"objects", a.countObjects},
	} {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("roll-ups, %s: %w", step.what, err)
		}
	}
	return nil
}

// ErrAgain: what changed is of something else now, by what another transaction
// changed beside it, and so others are to be waited for than were. The transaction
// is to be rolled back, and begun again.
var ErrAgain = errors.New("something else was changed at the same time: try again")

// applier applies a delta.
type applier struct {
	*Delta
	*Dialect
	tx                    Tx
	locked                []string // builds, in their order
	checkoutCounts, daily *counter
	incidentCounts        *counter
	forget                []row          // keys of counted_builds that nothing may be known of
	toldBuilds            map[string]row // builds whose incidents tell something else now, as they are counted
}

// lockBuilds has all builds for the transaction alone that it changes anything of:
// themselves, their tests, and incidents of both. So of those who change an
// incident, and those who change what it is of, the later ones see what the earlier
// ones did. Where an incident is of a test that is not there yet, nobody knows the
// build: then everybody is waited for.
func (a *applier) lockBuilds(ctx context.Context) error {
	ids := make(set)
	for g := range a.tests {
		ids.add(g.build)
	}
	for id := range a.builds {
		ids.add(id)
	}
	var of set
	var late bool
	var err error
	if a.Alone != nil {
		if of, late, err = a.buildsOfIncidents(ctx); err != nil {
			return err
		}
		if err := a.Alone(ctx, a.tx, late); err != nil {
			return err
		}
		if late {
			if of, _, err = a.buildsOfIncidents(ctx); err != nil {
				return err
			}
		}
		maps.Copy(ids, of)
	}
	a.locked = ids.sorted()
	var unknown []row
	for _, id := range a.locked {
		unknown = append(unknown, unknownBuild(id))
	}
	if err := a.lock(ctx, a.tx, countedBuilds, unknown); err != nil || len(of) == 0 || late {
		return err
	}
	// Somebody may have moved or removed a test before it was locked.
	of, moved, err := a.buildsOfIncidents(ctx)
	if err != nil {
		return err
	}
	for id := range of {
		moved = moved || !ids.has(id)
	}
	if moved {
		return ErrAgain
	}
	return nil
}

// buildsOfIncidents returns the builds that the incidents are of, themselves or by
// their tests, and whether there is one of a test that is not there.
func (a *applier) buildsOfIncidents(ctx context.Context) (of set, late bool, err error) {
	of = make(set)
	if len(a.incidents) == 0 {
		return of, false, nil
	}
	var build, testBuild string
	var absent bool
	err = Read(ctx, a.tx, "SELECT "+Text("i.build_id")+", "+Text("t.build_id")+", i.test_id IS NOT NULL AND t.id IS NULL FROM incidents i LEFT JOIN "+
		a.Tests+" t ON t.id = i.test_id WHERE "+a.In("i.id", 1), []any{a.List(a.incidents.sorted())}, []any{&build, &testBuild, &absent}, func() error {
		of.add(build)
		of.add(testBuild)
		late = late || absent
		return nil
	})
	delete(of, "")
	return of, late, err
}

// countBuilds counts the builds that changed, and moves what belongs to them to
// the checkouts they are of now.
func (a *applier) countBuilds(ctx context.Context) error {
	if len(a.locked) == 0 {
		return nil
	}
	changes := make(map[string]counts) // of the tests of builds
	for g, n := range a.tests {
		if n != 0 {
			if changes[g.build] == nil {
				changes[g.build] = make(counts)
			}
			changes[g.build][counted{g.kind(), g.status}] += n
			a.daily.dailyCount(g.day, g.origin, g.lab, counted{g.kind(), g.status}, n)
		}
	}
	was, err := countedBuilds.read(ctx, a.tx, a.In("build_id", 1), a.List(a.locked))
	if err != nil {
		return err
	}
	is, err := a.buildsByID(ctx, a.tx, a.builds.sorted())
	if err != nil {
		return err
	}
	before, err := a.testsOfMoved(ctx, was, is)
	if err != nil {
		return err
	}
	a.toldBuilds = make(map[string]row)
	var changed, gone []row
	for _, w := range was {
		id := w[0].(string)
		now := w
		if a.builds.has(id) {
			if now = is[id]; now == nil {
				now = unknownBuild(id)
			}
			a.countBuild(w, -1)
			a.countBuild(now, +1)
			if !slices.Equal(w, now) {
				changed = append(changed, now)
			}
			if !slices.Equal(toldOfBuild(w), toldOfBuild(now)) {
				a.toldBuilds[id] = now
			}
		}
		if w[1] != now[1] {
			for what, n := range before[id] {
				a.checkoutCounts.checkoutCount(w[1].(string), what, -n)
				a.checkoutCounts.checkoutCount(now[1].(string), what, n)
			}
		}
		more := int64(0)
		for what, n := range changes[id] {
			a.checkoutCounts.checkoutCount(now[1].(string), what, n)
			more += n
		}
		if now[1] == "" && more <= 0 { // or else it has tests
			gone = append(gone, row{id})
		}
	}
	if err := a.put(ctx, a.tx, countedBuilds, changed); err != nil {
		return err
	}
	a.forget = gone
	return nil
}

// countBuild counts a build by its row of counted_builds.
func (a *applier) countBuild(r row, n int64) {
	id, checkout, origin := r[0].(string), r[1].(string), r[2].(string)
	if checkout == "" || IsDummy(id) {
		return
	}
	what := counted{Builds, report.Status(r[3].(string))}
	a.checkoutCounts.checkoutCount(checkout, what, n)
	a.daily.dailyCount(r[8].(int64), origin, r[7].(string), what, n)
}

// testsOfMoved returns the tests, as they are counted, of the builds that are of
// another checkout now.
func (a *applier) testsOfMoved(ctx context.Context, was []row, is map[string]row) (map[string]counts, error) {
	var moved []string
	for _, w := range was {
		id := w[0].(string)
		if !a.builds.has(id) {
			continue
		}
		if now := is[id]; now == nil && w[1] != "" || now != nil && now[1] != w[1] {
			moved = append(moved, id)
		}
	}
	all := make(map[string]counts)
	if len(moved) == 0 {
		return all, nil
	}
	var id, suite, status string
	var n int64
	err := Read(ctx, a.tx, "SELECT build_id, suite, status, n FROM test_counts WHERE "+a.In("build_id", 1), []any{a.List(moved)},
		[]any{&id, &suite, &status, &n}, func() error {
			if all[id] == nil {
				all[id] = make(counts)
			}
			all[id][counted{KindOf(suite), report.Status(status)}] += n
			return nil
		})
	return all, err
}

// countTests counts the tests of builds, and on platforms, and forgets the builds
// that nothing is known of any more.
func (a *applier) countTests(ctx context.Context) error {
	tests, hardware := newCounter(testCounts), newCounter(hardwareCounts)
	for g, n := range a.tests {
		if n != 0 {
			tests.testCount(g, n)
			hardware.hardwareCount(g, n)
		}
	}
	if err := a.add(ctx, a.tx, testCounts, tests.all()); err != nil {
		return err
	}
	if err := a.add(ctx, a.tx, hardwareCounts, hardware.all()); err != nil {
		return err
	}
	return a.remove(ctx, a.tx, countedBuilds, a.forget,
		" AND checkout_id = '' AND NOT EXISTS (SELECT 1 FROM test_counts t WHERE t.build_id = counted_builds.build_id)")
}

// countCheckouts counts the checkouts that changed, and finds the heads of their
// trees.
func (a *applier) countCheckouts(ctx context.Context) error {
	if len(a.checkouts) == 0 {
		return nil
	}
	ids := a.checkouts.sorted()
	was, err := countedCheckouts.read(ctx, a.tx, a.In("checkout_id", 1), a.List(ids))
	if err != nil {
		return err
	}
	is, err := a.checkoutsByID(ctx, a.tx, ids)
	if err != nil {
		return err
	}
	trees := make(map[int64]row) // a row to lock each by
	var changed, gone []row
	for _, w := range was {
		a.countCheckout(w, -1)
		now, ok := is[w[0].(string)]
		if !ok {
			gone = append(gone, countedCheckouts.key(w))
		}
		if !ok || !slices.Equal(w, now.counted) {
			trees[w[2].(int64)] = row{w[2], "", "", "", "", "", int64(0)}
		}
	}
	for _, now := range is {
		a.countCheckout(now.counted, +1)
		changed = append(changed, now.counted)
		trees[now.head[0].(int64)] = slices.Clone(now.head)
	}
	keys := slices.Sorted(maps.Keys(trees))
	if err := a.lock(ctx, a.tx, treeHeads, slices.Collect(maps.Values(trees))); err != nil {
		return err
	}
	if err := a.put(ctx, a.tx, countedCheckouts, changed); err != nil {
		return err
	}
	if err := a.remove(ctx, a.tx, countedCheckouts, gone, ""); err != nil {
		return err
	}
	return a.findHeads(ctx, a.tx, keys)
}

func (a *applier) countCheckout(r row, n int64) {
	a.daily.dailyCount(r[3].(int64), r[1].(string), "", counted{kind: Checkouts}, n)
}

// findHeads finds the heads of trees anew.
func (d *Dialect) findHeads(ctx context.Context, tx Tx, trees []int64) error {
	var heads []string
	var gone []row
	for _, tree := range trees {
		head := ""
		err := Read(ctx, tx, "SELECT checkout_id FROM counted_checkouts WHERE tree = $1 ORDER BY start DESC, checkout_id DESC LIMIT 1",
			[]any{tree}, []any{&head}, func() error { return nil })
		if err != nil {
			return err
		}
		if head == "" {
			gone = append(gone, row{tree})
		} else {
			heads = append(heads, head)
		}
	}
	facts, err := d.checkoutsByID(ctx, tx, heads)
	if err != nil {
		return err
	}
	var rows []row
	for _, f := range facts {
		rows = append(rows, f.head)
	}
	if err := d.put(ctx, tx, treeHeads, rows); err != nil {
		return err
	}
	return d.remove(ctx, tx, treeHeads, gone, "")
}

// IsDummy tells whether a build stands for none, but for the tests that need one:
// it is not counted.
func IsDummy(id string) bool {
	const dummy = "maestro:dummy_"
	return len(id) >= len(dummy) && id[:len(dummy)] == dummy
}

// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"maps"
	"slices"
	"strconv"
)

// recountBuilds recounts builds and their tests.
func (tx transaction) recountBuilds(ctx context.Context, ids []string) ([]recount, error) {
	builds, err := tx.buildsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	tests := make(counter[testCount])
	err = ReadTests(ctx, tx, tx.Dialect, "build_id", ids, func(t *Test) error {
		tests[t.counted()]++
		if _, ok := builds[t.BuildID]; !ok {
			builds[t.BuildID] = unknownBuild(t.BuildID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	isBuilds, err := countedBuilds.read(ctx, tx, tx.In("build_id", 1), tx.List(ids))
	if err != nil {
		return nil, err
	}
	isTests, err := testCounts.read(ctx, tx, tx.In("build_id", 1), tx.List(ids))
	return []recount{
		comparison[countedBuild]{countedBuilds, isBuilds, slices.Collect(maps.Values(builds))},
		comparison[testCount]{testCounts, isTests, tests.rows()},
	}, err
}

// recountCheckouts recounts checkouts, and the builds and tests of each.
func (tx transaction) recountCheckouts(ctx context.Context, ids []string) ([]recount, error) {
	rows, err := tx.checkoutsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	var checkouts []countedCheckout
	for _, r := range rows {
		checkouts = append(checkouts, r.counted)
	}
	isCheckouts, err := countedCheckouts.read(ctx, tx, tx.In("checkout_id", 1), tx.List(ids))
	if err != nil {
		return nil, err
	}
	counts := make(counter[checkoutCount])
	builds, err := countedBuilds.read(ctx, tx, tx.In("checkout_id", 1)+" AND checkout_id <> ''", tx.List(ids))
	if err != nil {
		return nil, err
	}
	for _, b := range builds {
		if b.counts() {
			counts[b.ofCheckout()]++
		}
	}
	var r checkoutCount
	var suite string
	query := `
		SELECT b.checkout_id, t.suite, t.status, t.n
		FROM counted_builds b JOIN test_counts t ON t.build_id = b.build_id
		WHERE b.checkout_id <> '' AND ` + tx.In("b.checkout_id", 1)
	err = tx.read(ctx, query, []any{tx.List(ids)}, []any{&r.checkoutID, &suite, &r.status, &r.n}, func() error {
		counts[checkoutCount{checkoutID: r.checkoutID, kind: KindOf(suite), status: r.status}] += r.n
		return nil
	})
	if err != nil {
		return nil, err
	}
	isCounts, err := checkoutCounts.read(ctx, tx, tx.In("checkout_id", 1), tx.List(ids))
	return []recount{
		comparison[countedCheckout]{countedCheckouts, isCheckouts, checkouts},
		comparison[checkoutCount]{checkoutCounts, isCounts, counts.rows()},
	}, err
}

// recountTrees finds the heads of all trees.
func (tx transaction) recountTrees(ctx context.Context, _ []string) ([]recount, error) {
	latest := make(map[int64]string)
	var tree int64
	var checkout string
	err := tx.read(ctx, "SELECT tree, checkout_id FROM counted_checkouts ORDER BY start, checkout_id", nil, []any{&tree, &checkout},
		func() error { latest[tree] = checkout; return nil })
	if err != nil {
		return nil, err
	}
	rows, err := tx.checkoutsByID(ctx, slices.Collect(maps.Values(latest)))
	if err != nil {
		return nil, err
	}
	var due []treeHead
	for _, r := range rows {
		due = append(due, r.head)
	}
	is, err := treeHeads.read(ctx, tx, "true")
	return []recount{comparison[treeHead]{treeHeads, is, due}}, err
}

// recountIncidents recounts which builds and tests incidents are of.
func (tx transaction) recountIncidents(ctx context.Context, ids []string) ([]recount, error) {
	due, err := tx.incidentsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	isSightings, err := sightings.read(ctx, tx, tx.In("incident_id", 1), tx.List(ids))
	if err != nil {
		return nil, err
	}
	isAbsences, err := absences.read(ctx, tx, tx.In("incident_id", 1), tx.List(ids))
	return []recount{
		comparison[sighting]{sightings, isSightings, slices.Collect(maps.Values(due.sightings))},
		comparison[absence]{absences, isAbsences, slices.Collect(maps.Values(due.absences))},
	}, err
}

// recountIssues recounts the incidents of issues.
func (tx transaction) recountIssues(ctx context.Context, ids []string) ([]recount, error) {
	issues := make(map[issueKey]issueCount)
	incidents := make(counter[incidentCount])
	query := `
		SELECT issue_id, issue_version, seen, incident_id, build_id, test_id, origin, arrived
		FROM sightings
		WHERE ` + tx.In("issue_id", 1) + `
		ORDER BY issue_id, issue_version, seen, incident_id`
	var s sighting
	into := []any{&s.issueID, &s.version, &s.seen, &s.incidentID, &s.buildID, &s.testID, &s.origin, &s.arrived}
	err := tx.read(ctx, query, []any{tx.List(ids)}, into, func() error {
		incidents[s.counted()]++
		r := issues[s.issueKey]
		r.issueKey = s.issueKey
		r.n++
		if s.seen > 0 {
			if r.firstSeen == 0 {
				r.firstSeen, r.firstIncident = s.seen, s.incidentID
			}
			r.lastSeen, r.lastIncident = s.seen, s.incidentID
		}
		issues[s.issueKey] = r
		return nil
	})
	if err != nil {
		return nil, err
	}
	absent, err := absences.read(ctx, tx, tx.In("issue_id", 1), tx.List(ids))
	if err != nil {
		return nil, err
	}
	for _, a := range absent {
		incidents[a.counted()]++
	}
	isIssues, err := issueCounts.read(ctx, tx, tx.In("issue_id", 1), tx.List(ids))
	if err != nil {
		return nil, err
	}
	isIncidents, err := incidentCounts.read(ctx, tx, tx.In("issue_id", 1), tx.List(ids))
	return []recount{
		comparison[issueCount]{issueCounts, isIssues, slices.Collect(maps.Values(issues))},
		comparison[incidentCount]{incidentCounts, isIncidents, incidents.rows()},
	}, err
}

// recountDays recounts the objects that started on days.
func (tx transaction) recountDays(ctx context.Context, days []string) (all []recount, err error) {
	for _, text := range days {
		day, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, err
		}
		counts, err := tx.recountDay(ctx, day)
		if err != nil {
			return nil, err
		}
		all = append(all, counts...)
	}
	return all, nil
}

func (tx transaction) recountDay(ctx context.Context, day int64) ([]recount, error) {
	daily, hardware := make(counter[dailyCount]), make(counter[hardwareCount])
	tests, err := testCounts.read(ctx, tx, "day = $1", day)
	if err != nil {
		return nil, err
	}
	for _, t := range tests {
		daily[t.daily()] += t.n
		if t.platform != "" {
			hardware[t.hardware()] += t.n
		}
	}
	builds, err := countedBuilds.read(ctx, tx, "day = $1 AND checkout_id <> ''", day)
	if err != nil {
		return nil, err
	}
	for _, b := range builds {
		if b.counts() {
			daily[b.daily()]++
		}
	}
	checkouts, err := countedCheckouts.read(ctx, tx, "day = $1", day)
	if err != nil {
		return nil, err
	}
	for _, c := range checkouts {
		daily[c.daily()]++
	}
	isDaily, err := dailyCounts.read(ctx, tx, "day = $1", day)
	if err != nil {
		return nil, err
	}
	isHardware, err := hardwareCounts.read(ctx, tx, "day = $1", day)
	return []recount{
		comparison[dailyCount]{dailyCounts, isDaily, daily.rows()},
		comparison[hardwareCount]{hardwareCounts, isHardware, hardware.rows()},
	}, err
}

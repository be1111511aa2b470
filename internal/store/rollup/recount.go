// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/report"
)

// A pass counts something anew, a chunk at a time: the first ones from the objects,
// the others from what those before them counted. So what passes hold equal, is
// equal to the objects.
type pass struct {
	what  string
	total string // a query of about how many there are
	// next returns what there is to count behind what is given, nil at the beginning,
	// a chunk of it, in order.
	next func(ctx context.Context, tx Tx, after *string) ([]string, error)
	// count returns what there is of the chunk, and what there should be.
	count func(ctx context.Context, tx Tx, chunk []string) ([]recount, error)
}

// recount is some rows of a table as they are, and as they should be.
type recount struct {
	table   *table
	is, due []row
}

// How much is in a chunk: as much as others may wait for.
const (
	chunkOfBuilds = 20
	chunkOfOthers = 500
)

func (d *Dialect) passes() []pass {
	return []pass{
		{"builds", "SELECT count(*) FROM builds",
			d.ids(chunkOfBuilds, "builds.id", d.Tests+".build_id", "counted_builds.build_id", "test_counts.build_id"), d.recountBuilds},
		{"checkouts", "SELECT count(*) FROM checkouts",
			d.ids(chunkOfOthers, "checkouts.id", "counted_checkouts.checkout_id", "counted_builds.checkout_id AND checkout_id <> ''", "checkout_counts.checkout_id"), d.recountCheckouts},
		{"trees", "SELECT count(*) FROM tree_heads", d.trees, d.recountTrees},
		{"incidents", "SELECT count(*) FROM incidents", d.ids(chunkOfOthers, "incidents.id", "sightings.incident_id", "absences.incident_id"), d.recountIncidents},
		{"issues", "SELECT count(*) FROM issue_counts", d.ids(chunkOfOthers, "sightings.issue_id", "absences.issue_id", "issue_counts.issue_id", "incident_counts.issue_id"), d.recountIssues},
		{"days", "SELECT count(DISTINCT day) FROM daily_counts", d.days, d.recountDays},
		{"lists", "SELECT count(DISTINCT list) FROM object_counts", d.objectLists, d.recountObjects},
	}
}

// ids returns the function that goes through the IDs in some columns, TABLE.COLUMN,
// with a condition behind it where the index has one.
func (d *Dialect) ids(limit int, columns ...string) func(context.Context, Tx, *string) ([]string, error) {
	query := func(comparison string) string {
		var each []string
		for i, c := range columns {
			table, column, _ := strings.Cut(c, ".")
			column, condition, _ := strings.Cut(column, " ")
			each = append(each, fmt.Sprintf("SELECT id FROM (SELECT DISTINCT %[1]s AS id FROM %[2]s WHERE %[1]s %[3]s $1 %[4]s ORDER BY 1 LIMIT %[5]d) a%[6]d",
				column, table, comparison, condition, limit, i))
		}
		return strings.Join(each, " UNION ") + fmt.Sprintf(" ORDER BY 1 LIMIT %d", limit)
	}
	first, others := query(">="), query(">")
	return func(ctx context.Context, tx Tx, after *string) (all []string, err error) {
		query, from := first, ""
		if after != nil {
			query, from = others, *after
		}
		var id string
		err = Read(ctx, tx, query, []any{from}, []any{&id}, func() error { all = append(all, id); return nil })
		return all, err
	}
}

// trees returns the keys of all trees, as texts, at once: they are few.
func (d *Dialect) trees(ctx context.Context, tx Tx, after *string) (all []string, err error) {
	if after != nil {
		return nil, nil
	}
	var key int64
	err = Read(ctx, tx, "SELECT DISTINCT tree FROM counted_checkouts UNION SELECT key FROM tree_heads", nil, []any{&key},
		func() error { all = append(all, fmt.Sprint(key)); return nil })
	return all, err
}

// days returns the next day, as a text.
func (d *Dialect) days(ctx context.Context, tx Tx, after *string) (all []string, err error) {
	last, behind := int64(math.MinInt64), ">="
	if after != nil {
		behind = ">"
		if last, err = strconv.ParseInt(*after, 10, 64); err != nil {
			return nil, err
		}
	}
	var each []string
	for _, t := range []*table{testCounts, hardwareCounts, dailyCounts, countedBuilds, countedCheckouts} {
		each = append(each, "SELECT min(day) AS day FROM "+t.name+" WHERE day "+behind+" $1")
	}
	var day string
	err = Read(ctx, tx, "SELECT "+Text("min(day)")+" FROM ("+strings.Join(each, " UNION ALL ")+") d", []any{last}, []any{&day}, func() error {
		if day != "" {
			all = append(all, day)
		}
		return nil
	})
	return all, err
}

// recountBuilds counts the tests of builds, and notes the builds.
func (d *Dialect) recountBuilds(ctx context.Context, tx Tx, builds []string) ([]recount, error) {
	known, err := d.buildsByID(ctx, tx, builds)
	if err != nil {
		return nil, err
	}
	due := newCounter(testCounts)
	err = d.testsBy(ctx, tx, "build_id", builds, func(t *Test) error {
		due.testCount(t.group(), 1)
		if known[t.BuildID] == nil {
			known[t.BuildID] = unknownBuild(t.BuildID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	noted, err := countedBuilds.read(ctx, tx, d.In("build_id", 1), d.List(builds))
	if err != nil {
		return nil, err
	}
	is, err := testCounts.read(ctx, tx, d.In("build_id", 1), d.List(builds))
	return []recount{
		{countedBuilds, noted, slices.Collect(maps.Values(known))},
		{testCounts, is, due.all()},
	}, err
}

// recountCheckouts counts what belongs to checkouts, and notes the checkouts.
func (d *Dialect) recountCheckouts(ctx context.Context, tx Tx, checkouts []string) ([]recount, error) {
	facts, err := d.checkoutsByID(ctx, tx, checkouts)
	if err != nil {
		return nil, err
	}
	var known []row
	for _, f := range facts {
		known = append(known, f.counted)
	}
	noted, err := countedCheckouts.read(ctx, tx, d.In("checkout_id", 1), d.List(checkouts))
	if err != nil {
		return nil, err
	}
	due := newCounter(checkoutCounts)
	builds, err := countedBuilds.read(ctx, tx, d.In("checkout_id", 1)+" AND checkout_id <> ''", d.List(checkouts))
	if err != nil {
		return nil, err
	}
	for _, b := range builds {
		if !IsDummy(b[0].(string)) {
			due.checkoutCount(b[1].(string), counted{Builds, report.Status(b[3].(string))}, 1)
		}
	}
	var checkout, suite, status string
	var n int64
	err = Read(ctx, tx, "SELECT b.checkout_id, t.suite, t.status, t.n FROM counted_builds b JOIN test_counts t ON t.build_id = b.build_id WHERE "+
		d.In("b.checkout_id", 1)+" AND b.checkout_id <> ''", []any{d.List(checkouts)}, []any{&checkout, &suite, &status, &n}, func() error {
		due.checkoutCount(checkout, counted{KindOf(suite), report.Status(status)}, n)
		return nil
	})
	if err != nil {
		return nil, err
	}
	is, err := checkoutCounts.read(ctx, tx, d.In("checkout_id", 1), d.List(checkouts))
	return []recount{{countedCheckouts, noted, known}, {checkoutCounts, is, due.all()}}, err
}

// recountTrees finds the heads of trees.
func (d *Dialect) recountTrees(ctx context.Context, tx Tx, _ []string) ([]recount, error) {
	latest := make(map[int64]string)
	var tree int64
	var checkout string
	err := Read(ctx, tx, "SELECT tree, checkout_id FROM counted_checkouts ORDER BY start, checkout_id", nil, []any{&tree, &checkout},
		func() error { latest[tree] = checkout; return nil })
	if err != nil {
		return nil, err
	}
	facts, err := d.checkoutsByID(ctx, tx, slices.Collect(maps.Values(latest)))
	if err != nil {
		return nil, err
	}
	var due []row
	for _, f := range facts {
		due = append(due, f.head)
	}
	is, err := treeHeads.read(ctx, tx, "true")
	return []recount{{treeHeads, is, due}}, err
}

// recountIncidents notes what incidents are of.
func (d *Dialect) recountIncidents(ctx context.Context, tx Tx, incidents []string) ([]recount, error) {
	due, err := d.incidentsByID(ctx, tx, incidents)
	if err != nil {
		return nil, err
	}
	seen, err := sightings.read(ctx, tx, d.In("incident_id", 1), d.List(incidents))
	if err != nil {
		return nil, err
	}
	missed, err := absences.read(ctx, tx, d.In("incident_id", 1), d.List(incidents))
	return []recount{
		{sightings, seen, slices.Collect(maps.Values(due.sightings))},
		{absences, missed, slices.Collect(maps.Values(due.absences))},
	}, err
}

// recountIssues counts the incidents of issues.
func (d *Dialect) recountIssues(ctx context.Context, tx Tx, issues []string) ([]recount, error) {
	type issue struct {
		id      string
		version int64
	}
	due := make(map[issue]row)
	arrived := newCounter(incidentCounts)
	var at issue
	var seen, arrivedAt int64
	var incident, build, test, origin string
	err := Read(ctx, tx, "SELECT issue_id, issue_version, seen, incident_id, build_id, test_id, origin, arrived FROM sightings WHERE "+d.In("issue_id", 1)+
		" ORDER BY issue_id, issue_version, seen, incident_id", []any{d.List(issues)},
		[]any{&at.id, &at.version, &seen, &incident, &build, &test, &origin, &arrivedAt}, func() error {
			arrived.sighting(row{incident, at.id, at.version, build, test, "", "", seen, origin, arrivedAt}, 1)
			r := due[at]
			if r == nil {
				r = row{at.id, at.version, int64(0), "", int64(0), "", int64(0)}
				due[at] = r
			}
			r[6] = r[6].(int64) + 1
			if seen > 0 {
				if r[2] == int64(0) {
					r[2], r[3] = seen, incident
				}
				r[4], r[5] = seen, incident
			}
			return nil
		})
	if err != nil {
		return nil, err
	}
	missed, err := absences.read(ctx, tx, d.In("issue_id", 1), d.List(issues))
	if err != nil {
		return nil, err
	}
	for _, r := range missed {
		arrived.absence(r, 1)
	}
	is, err := issueCounts.read(ctx, tx, d.In("issue_id", 1), d.List(issues))
	if err != nil {
		return nil, err
	}
	wasArrived, err := incidentCounts.read(ctx, tx, d.In("issue_id", 1), d.List(issues))
	return []recount{
		{issueCounts, is, slices.Collect(maps.Values(due))},
		{incidentCounts, wasArrived, arrived.all()},
	}, err
}

// recountDays counts what started on a day, and the tests on platforms.
func (d *Dialect) recountDays(ctx context.Context, tx Tx, days []string) (all []recount, err error) {
	for _, text := range days {
		day, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, err
		}
		daily, hardware := newCounter(dailyCounts), newCounter(hardwareCounts)
		groups, err := testCounts.read(ctx, tx, "day = $1", day)
		if err != nil {
			return nil, err
		}
		for _, r := range groups {
			g := groupOf(r)
			n := r[10].(int64)
			daily.dailyCount(day, g.origin, g.lab, counted{g.kind(), g.status}, n)
			hardware.hardwareCount(g, n)
		}
		builds, err := countedBuilds.read(ctx, tx, "day = $1 AND checkout_id <> ''", day)
		if err != nil {
			return nil, err
		}
		for _, b := range builds {
			if !IsDummy(b[0].(string)) {
				daily.dailyCount(day, b[2].(string), b[7].(string), counted{Builds, report.Status(b[3].(string))}, 1)
			}
		}
		checkouts, err := countedCheckouts.read(ctx, tx, "day = $1", day)
		if err != nil {
			return nil, err
		}
		for _, c := range checkouts {
			daily.dailyCount(day, c[1].(string), "", counted{kind: Checkouts}, 1)
		}
		isDaily, err := dailyCounts.read(ctx, tx, "day = $1", day)
		if err != nil {
			return nil, err
		}
		isHardware, err := hardwareCounts.read(ctx, tx, "day = $1", day)
		if err != nil {
			return nil, err
		}
		all = append(all, recount{dailyCounts, isDaily, daily.all()}, recount{hardwareCounts, isHardware, hardware.all()})
	}
	return all, nil
}

// groupOf returns the group of a row of test_counts.
func groupOf(r row) group {
	return group{
		build: r[0].(string), day: r[2].(int64), origin: r[3].(string), suite: r[4].(string), platform: r[5].(string),
		compatible: r[6].(string), lab: r[7].(string), reason: r[8].(string), status: report.Status(r[9].(string)),
	}
}

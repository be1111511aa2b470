// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A pass recounts some of the roll-ups, a chunk at a time. The first passes count
// objects, and later passes count the rows that earlier passes checked: so all of them
// agree with the objects.
type pass struct {
	name  string
	total string // query for the approximate number of items
	// next returns the next chunk of items, sorted, after an item; nil is the start.
	next func(ctx context.Context, tx Tx, after *string) ([]string, error)
	// count recounts the rows of a chunk.
	count func(ctx context.Context, tx Tx, chunk []string) ([]recount, error)
}

// Items of a chunk. Rebuild locks others out for a chunk, so chunks are small.
const (
	chunkOfBuilds = 20
	chunkOfOthers = 500
)

func (d *Dialect) passes() []pass {
	return []pass{
		{"builds", "SELECT count(*) FROM builds",
			d.ids(chunkOfBuilds, "builds.id", d.Tests()+".build_id", "counted_builds.build_id", "test_counts.build_id"), d.recountBuilds},
		{"checkouts", "SELECT count(*) FROM checkouts",
			d.ids(chunkOfOthers, "checkouts.id", "counted_checkouts.checkout_id", "counted_builds.checkout_id AND checkout_id <> ''", "checkout_counts.checkout_id"), d.recountCheckouts},
		{"trees", "SELECT count(*) FROM tree_heads", d.trees, d.recountTrees},
		{"incidents", "SELECT count(*) FROM incidents", d.ids(chunkOfOthers, "incidents.id", "sightings.incident_id", "absences.incident_id"), d.recountIncidents},
		{"issues", "SELECT count(*) FROM issue_counts", d.ids(chunkOfOthers, "sightings.issue_id", "absences.issue_id", "issue_counts.issue_id", "incident_counts.issue_id"), d.recountIssues},
		{"days", "SELECT count(DISTINCT day) FROM daily_counts", d.days, d.recountDays},
		{"lists", "SELECT count(DISTINCT list) FROM object_counts", d.objectLists, d.recountObjects},
	}
}

// ids returns a function that returns the next IDs in any of some columns. A column is
// TABLE.COLUMN, followed by the condition of its index if the index has one.
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

// trees returns the hashes of all trees, as texts, all at once: trees are few.
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
	for _, table := range []string{testCounts.name, hardwareCounts.name, dailyCounts.name, countedBuilds.name, countedCheckouts.name} {
		each = append(each, "SELECT min(day) AS day FROM "+table+" WHERE day "+behind+" $1")
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

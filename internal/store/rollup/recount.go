// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// A pass recounts some of the roll-ups, a chunk at a time. The first passes count
// objects, and later passes count the rows that earlier passes checked: so all of them
// agree with the objects.
type pass struct {
	name  string
	total string // query for the approximate number of items
	// next returns the next chunk of items, sorted, after an item; nil is the start.
	next func(tx transaction, ctx context.Context, after *string) ([]string, error)
	// count recounts the rows of a chunk.
	count func(tx transaction, ctx context.Context, chunk []string) ([]recount, error)
}

// Items of a chunk. Rebuild locks others out for a chunk, so chunks are small.
const (
	chunkOfBuilds = 20
	chunkOfOthers = 500
)

func passes(d sqldb.Dialect) []pass {
	return []pass{
		{"builds", "SELECT count(*) FROM builds",
			ids(chunkOfBuilds, "builds.id", d.Tests()+".build_id", "counted_builds.build_id", "test_counts.build_id"),
			transaction.recountBuilds},
		{"checkouts", "SELECT count(*) FROM checkouts",
			ids(chunkOfOthers, "checkouts.id", "counted_checkouts.checkout_id", "counted_builds.checkout_id AND checkout_id <> ''",
				"checkout_counts.checkout_id"),
			transaction.recountCheckouts},
		{"trees", "SELECT count(*) FROM tree_heads", transaction.trees, transaction.recountTrees},
		{"incidents", "SELECT count(*) FROM incidents",
			ids(chunkOfOthers, "incidents.id", "sightings.incident_id", "absences.incident_id"),
			transaction.recountIncidents},
		{"issues", "SELECT count(*) FROM issue_counts",
			ids(chunkOfOthers, "sightings.issue_id", "absences.issue_id", "issue_counts.issue_id", "incident_counts.issue_id"),
			transaction.recountIssues},
		{"days", "SELECT count(DISTINCT day) FROM daily_counts", transaction.days, transaction.recountDays},
		{"lists", "SELECT count(DISTINCT list) FROM object_counts", transaction.objectLists, transaction.recountObjects},
	}
}

// ids returns a function that returns the next IDs in any of some columns. A column is
// TABLE.COLUMN, followed by the condition of its index if the index has one.
func ids(limit int, columns ...string) func(transaction, context.Context, *string) ([]string, error) {
	query := func(comparison string) string {
		var each []string
		for i, c := range columns {
			table, column, _ := strings.Cut(c, ".")
			column, condition, _ := strings.Cut(column, " ")
			each = append(each, fmt.Sprintf(`
				SELECT id FROM (
					SELECT DISTINCT %[1]s AS id FROM %[2]s WHERE %[1]s %[3]s $1 %[4]s ORDER BY 1 LIMIT %[5]d
				) a%[6]d`, column, table, comparison, condition, limit, i))
		}
		return strings.Join(each, " UNION ") + fmt.Sprintf(" ORDER BY 1 LIMIT %d", limit)
	}
	first, others := query(">="), query(">")
	return func(tx transaction, ctx context.Context, after *string) (all []string, err error) {
		query, from := first, ""
		if after != nil {
			query, from = others, *after
		}
		var id string
		err = tx.read(ctx, query, []any{from}, []any{&id}, func() error { all = append(all, id); return nil })
		return all, err
	}
}

// trees returns the hashes of all trees, as texts, all at once: trees are few.
func (tx transaction) trees(ctx context.Context, after *string) (all []string, err error) {
	if after != nil {
		return nil, nil
	}
	var key int64
	err = tx.read(ctx, "SELECT DISTINCT tree FROM counted_checkouts UNION SELECT key FROM tree_heads", nil, []any{&key},
		func() error { all = append(all, fmt.Sprint(key)); return nil })
	return all, err
}

// days returns the next day, as a text.
func (tx transaction) days(ctx context.Context, after *string) (all []string, err error) {
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
	err = tx.read(ctx, "SELECT "+sqldb.Text("min(day)")+" FROM ("+strings.Join(each, " UNION ALL ")+") d", []any{last}, []any{&day}, func() error {
		if day != "" {
			all = append(all, day)
		}
		return nil
	})
	return all, err
}

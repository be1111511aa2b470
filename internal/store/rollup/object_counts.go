// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"maps"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// countObjects counts the objects of each list. It is the last step, because all
// loaders change these rows. If the database has shards, concurrent loaders add to
// different shards.
func (a *applier) countObjects(ctx context.Context) error {
	var rows []objectCount
	for _, list := range slices.Sorted(maps.Keys(a.objects)) {
		if n := a.objects[list]; n != 0 {
			rows = append(rows, objectCount{list: list, n: n})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	c := objectCounts.cursor()
	query := "INSERT INTO object_counts (list, shard, n) SELECT r.list, " + a.Shard() + ", r.n FROM " + a.Source(typed(c.columns())) +
		" WHERE true ON CONFLICT (list, shard) DO UPDATE SET n = object_counts.n + excluded.n"
	return each(ctx, a.transaction, query, c, c.columns(), rows)
}

// Objects returns the number of objects in each list of the store.
func Objects(ctx context.Context, tx sqldb.Tx) (map[string]int64, error) {
	all := make(map[string]int64)
	var list string
	var n int64
	err := sqldb.Read(ctx, tx, "SELECT list, CAST(sum(n) AS bigint) FROM object_counts GROUP BY list", nil, []any{&list, &n},
		func() error { all[list] = n; return nil })
	return all, err
}

// recountObjects counts the objects of each list: checkouts and tests by the roll-ups
// that earlier passes counted, because there are many.
func (tx transaction) recountObjects(ctx context.Context, lists []string) (all []recount, err error) {
	for _, list := range lists {
		query := "SELECT count(*) FROM " + list
		switch list {
		case "checkouts":
			query = "SELECT count(*) FROM counted_checkouts"
		case "tests":
			query = "SELECT CAST(coalesce(sum(n), 0) AS bigint) FROM daily_counts WHERE kind IN ('boot', 'test')"
		}
		var n, recorded int64
		if err := tx.readRow(ctx, query, nil, &n); err != nil {
			return nil, err
		}
		is, err := objectCounts.read(ctx, tx, "list = $1", list)
		if err != nil {
			return nil, err
		}
		for _, r := range is {
			recorded += r.n
		}
		due := is
		if recorded != n {
			due = []objectCount{{list: list, n: n}}
		}
		all = append(all, comparison[objectCount]{objectCounts, is, due})
	}
	return all, nil
}

// objectLists returns the lists that have objects or a count, all at once.
func (tx transaction) objectLists(ctx context.Context, after *string) (all []string, err error) {
	if after != nil {
		return nil, nil
	}
	query := "SELECT list FROM object_counts"
	for list, rows := range map[string]string{
		"builds": "builds", "checkouts": "checkouts", "incidents": "incidents", "issues": "issues", "tests": tx.Tests(),
	} {
		query += " UNION SELECT '" + list + "' WHERE EXISTS (SELECT 1 FROM " + rows + ")"
	}
	var list string
	err = tx.read(ctx, query+" ORDER BY 1", nil, []any{&list}, func() error { all = append(all, list); return nil })
	return all, err
}

// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/lists"
)

// table is one of the roll-ups. The first columns, keys of them, identify a row.
type table struct {
	name    string
	keys    int
	columns []string
	numbers []bool // by column: it is a number, and else a text
}

// newTable reads columns, of which those that are numbers end in "#", and those
// that identify a row stand before the bar.
func newTable(name, columns string) *table {
	t := &table{name: name}
	for _, column := range strings.Fields(columns) {
		if column == "|" {
			t.keys = len(t.columns)
			continue
		}
		column, number := strings.CutSuffix(column, "#")
		t.columns = append(t.columns, column)
		t.numbers = append(t.numbers, number)
	}
	return t
}

var (
	testCounts       = newTable("test_counts", "build_id key# | day# origin suite platform compatible lab reason status n#")
	hardwareCounts   = newTable("hardware_counts", "day# key# | platform compatible origin build_id kind status n#")
	checkoutCounts   = newTable("checkout_counts", "checkout_id kind status | n#")
	dailyCounts      = newTable("daily_counts", "day# key# | origin lab kind status n#")
	countedBuilds    = newTable("counted_builds", "build_id | checkout_id origin status architecture compiler config_name lab day# start#")
	countedCheckouts = newTable("counted_checkouts", "checkout_id | origin tree# day# start#")
	treeHeads        = newTable("tree_heads", "key# | origin tree_name url branch checkout_id start#")
	sightings        = newTable("sightings", "incident_id | issue_id issue_version# build_id test_id kind status seen# origin arrived#")
	absences         = newTable("absences", "incident_id | issue_id issue_version# origin arrived#")
	issueCounts      = newTable("issue_counts", "issue_id issue_version# | first_seen# first_incident last_seen# last_incident n#")
	incidentCounts   = newTable("incident_counts", "issue_id issue_version# day# origin kind | n#")
	objectCounts     = newTable("object_counts", "list shard# | n#")
)

// Tables are the names of the tables of the roll-ups, but for "rollups", which
// tells whether they are complete.
var Tables = []string{
	testCounts.name, hardwareCounts.name, checkoutCounts.name, dailyCounts.name,
	countedBuilds.name, countedCheckouts.name, treeHeads.name, sightings.name, absences.name, issueCounts.name, incidentCounts.name,
	objectCounts.name,
}

// row is the values of a table's columns: texts and int64.
type row []any

// key returns what identifies the row.
func (t *table) key(r row) row { return r[:t.keys] }

// sort sorts rows by what identifies them, which is the order in which all lock them.
func (t *table) sort(rows []row) {
	slices.SortFunc(rows, func(a, b row) int { return compare(a[:t.keys], b[:t.keys]) })
}

func compare(a, b row) int {
	for i := range a {
		var c int
		if text, ok := a[i].(string); ok {
			c = strings.Compare(text, b[i].(string))
		} else {
			c = cmp.Compare(a[i].(int64), b[i].(int64))
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// add adds the last column, n, of rows to those with the same key, and removes
// those of which none are left.
func (d *Dialect) add(ctx context.Context, tx Tx, t *table, rows []row) error {
	rows = slices.DeleteFunc(rows, func(r row) bool { return r[len(r)-1] == int64(0) })
	err := d.insert(ctx, tx, t, rows, fmt.Sprintf("DO UPDATE SET n = %s.n + excluded.n", t.name))
	if err != nil {
		return err
	}
	var fewer []row
	for _, r := range rows {
		if r[len(r)-1].(int64) < 0 {
			fewer = append(fewer, t.key(r))
		}
	}
	return d.remove(ctx, tx, t, fewer, " AND n = 0")
}

// put puts rows in place of those with the same keys.
func (d *Dialect) put(ctx context.Context, tx Tx, t *table, rows []row) error {
	var sets []string
	for _, c := range t.columns[t.keys:] {
		sets = append(sets, c+" = excluded."+c)
	}
	return d.insert(ctx, tx, t, rows, "DO UPDATE SET "+strings.Join(sets, ", "))
}

// lock has the rows with the keys of those given for the transaction alone: nobody
// else changes, makes or removes one until its end. Those that are not there are
// made. It is one statement, so that rows are locked in one order, whether they
// were there or not.
func (d *Dialect) lock(ctx context.Context, tx Tx, t *table, rows []row) error {
	return d.insert(ctx, tx, t, rows, fmt.Sprintf("DO UPDATE SET %s = %s.%[1]s WHERE false", t.columns[t.keys], t.name))
}

// insert inserts rows, with what is to be done where there is one with the key.
func (d *Dialect) insert(ctx context.Context, tx Tx, t *table, rows []row, conflict string) error {
	if len(rows) == 0 {
		return nil
	}
	t.sort(rows)
	query := "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") "
	if d.Arrays {
		query += "SELECT * FROM " + t.unnest(len(t.columns)) + " WHERE true"
	} else {
		query += "VALUES (" + parameters(len(t.columns)) + ")"
	}
	query += " ON CONFLICT (" + strings.Join(t.columns[:t.keys], ", ") + ") " + conflict
	return d.each(ctx, tx, t, query, rows, len(t.columns))
}

// remove removes the rows with keys, where a condition on them holds, too.
func (d *Dialect) remove(ctx context.Context, tx Tx, t *table, keys []row, condition string) error {
	if len(keys) == 0 {
		return nil
	}
	t.sort(keys)
	query := "DELETE FROM " + t.name
	var conditions []string
	for i, c := range t.columns[:t.keys] {
		value := fmt.Sprintf("$%d", i+1)
		if d.Arrays {
			value = "r." + c
		}
		conditions = append(conditions, t.name+"."+c+" = "+value)
	}
	if d.Arrays {
		query += " USING " + t.unnest(t.keys)
	}
	query += " WHERE " + strings.Join(conditions, " AND ")
	return d.each(ctx, tx, t, query+condition, keys, t.keys)
}

// each runs a statement for rows, all at once where the dialect has arrays.
func (d *Dialect) each(ctx context.Context, tx Tx, t *table, query string, rows []row, columns int) error {
	if !d.Arrays {
		all := make([][]any, len(rows))
		for i, r := range rows {
			all[i] = r
		}
		return tx.Each(ctx, query, all)
	}
	args := make([]any, columns)
	for c := range columns {
		if t.numbers[c] {
			args[c] = columnOf[int64](rows, c)
		} else {
			args[c] = columnOf[string](rows, c)
		}
	}
	return tx.Exec(ctx, query, args...)
}

func columnOf[T any](rows []row, column int) []T {
	all := make([]T, len(rows))
	for i, r := range rows {
		all[i] = r[column].(T)
	}
	return all
}

// rowsOf returns a table "r" of the columns of rows, for a statement that each runs.
func (d *Dialect) rowsOf(t *table, columns int) string {
	if d.Arrays {
		return t.unnest(columns)
	}
	var values []string
	for i, c := range t.columns[:columns] {
		values = append(values, fmt.Sprintf("$%d AS %s", i+1, c))
	}
	return "(SELECT " + strings.Join(values, ", ") + ") AS r"
}

// unnest returns a table "r" of the first columns, from parameters.
func (t *table) unnest(columns int) string {
	var arrays []string
	for i := range columns {
		kind := "text"
		if t.numbers[i] {
			kind = "bigint"
		}
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, kind))
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") AS r(" + strings.Join(t.columns[:columns], ", ") + ")"
}

// parameters returns the first n parameters.
func parameters(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("$%d", i+1))
	}
	return strings.Join(all, ", ")
}

// In returns the condition that an expression is among a list of texts, which is
// the parameter with the number, as List returns it.
func (d *Dialect) In(expression string, parameter int) string {
	if d.Arrays {
		return fmt.Sprintf("%s = ANY($%d)", expression, parameter)
	}
	return fmt.Sprintf("%s IN (SELECT value FROM json_each($%d))", expression, parameter)
}

// inMany is In for a list of thousands, which PostgreSQL would look at one by one to
// guess how many rows there are of each.
func (d *Dialect) inMany(expression string, parameter int) string {
	if d.Arrays {
		return fmt.Sprintf("%s IN (SELECT unnest($%d::text[]))", expression, parameter)
	}
	return d.In(expression, parameter)
}

// List returns a list of texts as a parameter.
func (d *Dialect) List(texts []string) any {
	if d.Arrays {
		return texts
	}
	return string(lists.AppendStrings(nil, texts))
}

// Micros returns the expression of a time of an object in microseconds since
// 1970, 0 for none.
func (d *Dialect) Micros(column string) string {
	if d.Arrays {
		return "coalesce((extract(epoch FROM " + column + ") * 1000000)::bigint, 0)"
	}
	return "coalesce(" + column + ", 0)"
}

// Text returns the expression of a value as a text, "" for none.
func Text(column string) string { return "coalesce(CAST(" + column + " AS text), '')" }

// Read calls f for each row of a query, with its values in into.
func Read(ctx context.Context, tx Tx, query string, args []any, into []any, f func() error) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// read returns the rows of a table for which a condition holds, in the order of
// their keys.
func (t *table) read(ctx context.Context, tx Tx, condition string, args ...any) ([]row, error) {
	query := "SELECT " + strings.Join(t.columns, ", ") + " FROM " + t.name + " WHERE " + condition +
		" ORDER BY " + strings.Join(t.columns[:t.keys], ", ")
	texts, numbers := make([]string, len(t.columns)), make([]int64, len(t.columns))
	into := make([]any, len(t.columns))
	for i := range into {
		if t.numbers[i] {
			into[i] = &numbers[i]
		} else {
			into[i] = &texts[i]
		}
	}
	var all []row
	err := Read(ctx, tx, query, args, into, func() error {
		r := make(row, len(t.columns))
		for i := range r {
			if t.numbers[i] {
				r[i] = numbers[i]
			} else {
				r[i] = texts[i]
			}
		}
		all = append(all, r)
		return nil
	})
	return all, err
}

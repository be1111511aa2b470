// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// table is a roll-up table with rows of type R.
type table[R comparable] struct {
	name    string
	layout  func(*R) layout
	compare func(a, b R) int // compares keys
}

func newTable[R comparable](name string, layout func(*R) layout, compare func(a, b R) int) *table[R] {
	return &table[R]{name, layout, compare}
}

// layout has the columns of a row in the order of the table.
type layout struct {
	key    []column // identify the row
	about  []column // identify the row for people, if the key is a hash
	values []column
}

func (l layout) columns() []column { return slices.Concat(l.key, l.about, l.values) }

// Tables are the names of the roll-up tables, without "rollups", which records whether
// they are complete.
var Tables = []string{
	testCounts.name, hardwareCounts.name, checkoutCounts.name, dailyCounts.name, countedBuilds.name, countedCheckouts.name,
	treeHeads.name, sightings.name, absences.name, issueCounts.name, incidentCounts.name, objectCounts.name,
}

// column is a column of a row: a text or a number.
type column struct {
	name   string
	text   *string // nil for a number
	number *int64  // nil for a text
	unit   unit
}

// unit is the meaning of a number to people.
type unit int

const (
	plainNumber  unit = iota
	hashNumber        // means nothing
	dayNumber         // days since 1970, or noDay
	momentNumber      // microseconds since 1970, 0 for none
)

func text(name string, value *string) column      { return column{name: name, text: value} }
func number(name string, value *int64) column     { return column{name, nil, value, plainNumber} }
func hash(name string, value *int64) column       { return column{name, nil, value, hashNumber} }
func day(name string, value *int64) column        { return column{name, nil, value, dayNumber} }
func timeColumn(name string, value *int64) column { return column{name, nil, value, momentNumber} }

// cursor is a row that takes the values of one row after another, with its columns.
type cursor[R comparable] struct {
	row R
	layout
}

func newCursor[R comparable](layout func(*R) layout) *cursor[R] {
	c := new(cursor[R])
	c.layout = layout(&c.row)
	return c
}

func (t *table[R]) cursor() *cursor[R] { return newCursor(t.layout) }

// names returns the names of columns.
func names(columns []column) []string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.name
	}
	return all
}

// scanTargets returns where to scan the values of columns.
func scanTargets(columns []column) []any {
	all := make([]any, len(columns))
	for i, c := range columns {
		if c.text != nil {
			all[i] = c.text
		} else {
			all[i] = c.number
		}
	}
	return all
}

// sort sorts rows by their keys. All transactions lock rows in this order.
func (t *table[R]) sort(rows []R) {
	slices.SortFunc(rows, t.compare)
}

// read returns the rows that meet a condition, in the order of their keys.
func (t *table[R]) read(ctx context.Context, tx transaction, condition string, args ...any) (all []R, err error) {
	c := t.cursor()
	query := "SELECT " + strings.Join(names(c.columns()), ", ") + " FROM " + t.name + " WHERE " + condition +
		" ORDER BY " + strings.Join(names(c.key), ", ")
	err = tx.read(ctx, query, args, scanTargets(c.columns()), func() error { all = append(all, c.row); return nil })
	return all, err
}

// put inserts rows, or updates the rows with the same keys.
func (t *table[R]) put(ctx context.Context, tx transaction, rows []R) error {
	var sets []string
	c := t.cursor()
	for _, c := range slices.Concat(c.about, c.values) {
		sets = append(sets, c.name+" = excluded."+c.name)
	}
	return t.insert(ctx, tx, rows, "DO UPDATE SET "+strings.Join(sets, ", "))
}

// lock locks the rows with the keys of the rows given until the end of the transaction:
// no other transaction changes, inserts or deletes any of them. It inserts missing
// rows. It is one statement, so all rows are locked in the order of their keys,
// whether or not they existed.
func (t *table[R]) lock(ctx context.Context, tx transaction, rows []R) error {
	c := t.cursor()
	column := slices.Concat(c.about, c.values)[0].name
	return t.insert(ctx, tx, rows, fmt.Sprintf("DO UPDATE SET %s = %s.%[1]s WHERE false", column, t.name))
}

// insert inserts rows; conflict says what to do if a row with the key exists.
func (t *table[R]) insert(ctx context.Context, tx transaction, rows []R, conflict string) error {
	t.sort(rows)
	c := t.cursor()
	query := tx.Insert(t.name, typed(c.columns())) + " ON CONFLICT (" + strings.Join(names(c.key), ", ") + ") " + conflict
	return each(ctx, tx, query, c, c.columns(), rows)
}

// remove deletes the rows with the keys of the rows given that meet a condition.
func (t *table[R]) remove(ctx context.Context, tx transaction, rows []R, condition string) error {
	t.sort(rows)
	c := t.cursor()
	return each(ctx, tx, tx.Delete(t.name, typed(c.key))+condition, c, c.key, rows)
}

// each runs a statement for columns of rows, which are columns of the cursor.
func each[R comparable](ctx context.Context, tx transaction, query string, c *cursor[R], columns []column, rows []R) error {
	if len(rows) == 0 {
		return nil
	}
	all := make([][]any, len(rows))
	for i := range rows {
		c.row = rows[i]
		all[i] = make([]any, len(columns))
		for j, c := range columns {
			if c.text != nil {
				all[i][j] = *c.text
			} else {
				all[i][j] = *c.number
			}
		}
	}
	_, err := tx.Each(ctx, query, typed(columns), all)
	return err
}

// typed returns the names and the types of columns.
func typed(columns []column) []sqldb.Column {
	all := make([]sqldb.Column, len(columns))
	for i, c := range columns {
		all[i].Name = c.name
		if c.number != nil {
			all[i].Type = sqldb.NumberColumn
		}
	}
	return all
}

// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/merging"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// table is the table of a list. A row is the values of all columns, in order. In
// memory a row has the text of a content, and in the database a reference to it.
type table struct {
	columns.Table
	contents []int // indexes of the columns that refer to contents
	status   int   // index of the column, 0 if the table has none
}

// Indexes of the columns that rows begin with.
const (
	timestampColumn = merging.TimestampColumn
	idColumn        = merging.IDColumn
)

// tables are in the order of the graph. The columns named here refer to contents,
// because their values are long, and the same in many objects.
var tables = []table{
	newTable(store.Checkouts, "log_url", "log_excerpt"),
	newTable(store.Builds, "input_files", "output_files", "log_url", "log_excerpt"),
	newTable(store.Tests, merging.Hashed...),
	newTable(store.Issues),
	newTable(store.Incidents),
}

func newTable(list store.List, contents ...string) table {
	t := table{Table: columns.Of(list)}
	for _, column := range contents {
		t.contents = append(t.contents, t.Index(column))
	}
	t.status = max(slices.Index(t.Kinds, columns.Status), 0)
	return t
}

// tableOf returns the table of a list.
func tableOf(list store.List) *table { return &tables[slices.Index(store.Lists, list)] }

// selection returns a table of columns of a list.
func selection(rows *sqldb.Rowset) *table {
	of := tableOf(rows.List)
	t := &table{Table: columns.Table{List: rows.List, Columns: rows.Columns}}
	for i, name := range rows.Columns {
		if n := slices.Index(of.Columns, name); n >= 0 && of.isContent(n) {
			t.contents = append(t.contents, i)
		}
	}
	return t
}

// columnList returns the columns of a table known by the alias "o".
func (t *table) columnList() string { return "o." + strings.Join(t.Columns, ", o.") }

// statusOf returns the status of the object in a row, "" for none.
func (t *table) statusOf(row []any) report.Status {
	status, _ := row[t.status].(string) // the first column is a number
	return report.Status(status)
}

// isContent reports whether a column refers to contents.
func (t *table) isContent(column int) bool { return slices.Contains(t.contents, column) }

// insertSQL inserts a row and the times of its units, unless the object is in the
// table.
func (t *table) insertSQL() string {
	return "INSERT INTO " + string(t.List) + " (" + strings.Join(t.Columns, ", ") + ", times) VALUES (?" +
		strings.Repeat(", ?", len(t.Columns)) + ") ON CONFLICT DO NOTHING"
}

// selectSQL selects the rowid, the times and all columns of an object.
func (t *table) selectSQL() string {
	return "SELECT rowid, times, " + strings.Join(t.Columns, ", ") + " FROM " + string(t.List) + " WHERE " +
		strings.Join(t.Columns[idColumn:idColumn+t.Keys], " = ? AND ") + " = ?"
}

// updateSQL sets all columns, and the times, of the row with the last parameter's
// rowid.
func (t *table) updateSQL() string {
	return "UPDATE " + string(t.List) + " SET " + strings.Join(t.Columns, " = ?, ") + " = ?, times = ? WHERE rowid = ?"
}

// touchSQL sets _timestamp and the times of the row with the last parameter's rowid.
func (t *table) touchSQL() string {
	return "UPDATE " + string(t.List) + " SET _timestamp = ?, times = ? WHERE rowid = ?"
}

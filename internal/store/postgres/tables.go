// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// table is the relation with the objects of a list.
type table struct {
	columns.Table
	name     string
	storage  []storage // of the columns
	contents []int     // indexes of the columns that always refer to contents
	excerpt  int       // index of the column that is inExcerpt, -1 for none
}

// storage is the form of the values in a column.
type storage int

const (
	// inline: text, number or time; a list of texts in text[], others in jsonb.
	inline storage = iota
	// inText: a free object in a column of type text, as markedMisc writes it.
	inText
	// inContent: a reference to a content. Lists and free objects are JSON text there.
	inContent
	// inEnvironment: a reference to a content that tests are counted by.
	inEnvironment
	// inExcerpt: a reference to a content if the text is long, the text itself otherwise.
	inExcerpt
)

// Indexes of tables.
const (
	checkoutsTable = iota
	buildsTable
	testsTable
	issuesTable
	incidentsTable
)

// Indexes of the columns that rows begin with.
const (
	timestampColumn = iota
	idColumn
)

// tables are in the order of the graph.
var tables = []table{
	newTable(store.Checkouts, "checkouts", nil),
	newTable(store.Builds, "builds", nil),
	newTable(store.Tests, "test_rows", map[string]storage{
		"environment_compatible": inEnvironment, "environment_misc": inEnvironment, "log_url": inContent, "log_excerpt": inExcerpt,
		"input_files": inContent, "output_files": inContent, "misc": inText,
	}),
	newTable(store.Issues, "issues", nil),
	newTable(store.Incidents, "incidents", nil),
}

func newTable(list store.List, name string, stored map[string]storage) table {
	t := table{Table: columns.Of(list), name: name}
	t.store(stored)
	if list == store.Checkouts {
		// The server generates the column patchset_hash, which readers search, of this one.
		t.Columns[t.Index("patchset_hash")] = "patchset_hash_given"
	}
	return t
}

// selection returns a table of columns of a list. The rows name them as the objects do.
func selection(rows *sqldb.Rowset) *table {
	of, names := &tables[slices.Index(store.Lists, rows.List)], columns.Of(rows.List)
	t := &table{Table: columns.Table{List: rows.List}, name: of.name}
	stored := make(map[string]storage)
	for _, name := range rows.Columns {
		i := names.Index(name)
		column := of.Columns[i]
		t.Columns, t.Kinds = append(t.Columns, column), append(t.Kinds, of.Kinds[i])
		stored[column] = of.storage[i]
	}
	t.store(stored)
	return t
}

// store sets how the columns are stored: inline if stored does not name them.
func (t *table) store(stored map[string]storage) {
	t.excerpt = -1
	for i, column := range t.Columns {
		s := stored[column]
		t.storage = append(t.storage, s)
		switch s {
		case inContent, inEnvironment:
			t.contents = append(t.contents, i)
		case inExcerpt:
			t.excerpt = i
		}
	}
}

// columnList returns the columns of a table known by the alias "o".
func (t *table) columnList() string { return "o." + strings.Join(t.Columns, ", o.") }

// keyList returns the columns that identify an object.
func (t *table) keyList() string { return strings.Join(t.Columns[idColumn:idColumn+t.Keys], ", ") }

// isContent reports whether a column always refers to contents.
func (t *table) isContent(column int) bool { return slices.Contains(t.contents, column) }

// hasStatus reports whether the objects have a status.
func (t *table) hasStatus() bool { return slices.Contains(t.Kinds, columns.Status) }

// enum returns the type of a column that has one of our types, "" for others.
func (t *table) enum(column int) string {
	switch t.Kinds[column] {
	case columns.Status:
		return "status"
	case columns.Prefix:
		return "unit_prefix"
	}
	return ""
}

// stageName returns the name of the temporary table that rows are copied into.
func (t *table) stageName() string { return "kcidb_stage_" + t.name }

// stageSQL makes the temporary table. Its columns are text in place of our types,
// because a type cannot be dropped while another connection has such a table.
func (t *table) stageSQL() string {
	var names []string
	for i, c := range t.Columns {
		if t.enum(i) != "" {
			c += "::text"
		}
		names = append(names, c)
	}
	return "CREATE TEMPORARY TABLE IF NOT EXISTS " + t.stageName() + " ON COMMIT DELETE ROWS AS SELECT " +
		strings.Join(names, ", ") + ", times FROM " + t.name + " WITH NO DATA"
}

// copySQL copies rows into the temporary table.
func (t *table) copySQL() string {
	return "COPY " + t.stageName() + " (" + strings.Join(t.Columns, ", ") + ", times) FROM STDIN BINARY"
}

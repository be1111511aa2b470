// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// table is the relation that keeps a list, and the way between its rows and
// objects. The first column is _timestamp and the next ones, keys of them,
// identify the object.
type table struct {
	list     store.List
	name     string
	keys     int
	columns  []string
	units    []store.Unit      // how they are merged
	contents []int             // indexes of the columns that refer to contents
	excerpt  int               // index of the one that does so only where it is long, -1 for none
	enums    map[string]string // the types of the columns that have one of ours
	rows     func(*report.Report, *encoder) []row
	add      func(*object.Set, *values) // appends the object in a row
}

// tables are in the order of the graph. A star marks what refers to contents, two
// what does so where it is long, and a type of ours stands behind a colon.
var tables = []table{
	newTable(store.Checkouts, "checkouts", 1, `_timestamp id origin tree_name git_repository_url git_commit_hash git_commit_name
		git_commit_tags git_commit_message git_repository_branch git_repository_branch_tip patchset_files patchset_hash_given
		message_id comment start_time origin_builds_finish_time origin_tests_finish_time log_url log_excerpt valid misc`,
		func(r *report.Report, e *encoder) []row { return rowsOf(e, r.Checkouts, e.checkout) },
		func(s *object.Set, v *values) { s.Report.Checkouts = append(s.Report.Checkouts, v.checkout()) }),
	newTable(store.Builds, "builds", 1, `_timestamp id origin checkout_id comment start_time duration architecture command
		compiler input_files output_files config_name config_url log_url log_excerpt status:status misc`,
		func(r *report.Report, e *encoder) []row { return rowsOf(e, r.Builds, e.build) },
		func(s *object.Set, v *values) { s.Report.Builds = append(s.Report.Builds, v.build()) }),
	newTable(store.Tests, "test_rows", 1, `_timestamp id origin build_id environment_comment environment_compatible* environment_misc*
		path comment log_url* log_excerpt** status:status number_value number_unit number_prefix:unit_prefix start_time duration input_files*
		output_files* misc`,
		func(r *report.Report, e *encoder) []row { return rowsOf(e, r.Tests, e.test) },
		func(s *object.Set, v *values) { s.Report.Tests = append(s.Report.Tests, v.test()) }),
	newTable(store.Issues, "issues", 2, `_timestamp id version origin report_url report_subject culprit_code culprit_tool
		culprit_harness categories comment misc`,
		func(r *report.Report, e *encoder) []row { return rowsOf(e, r.Issues, e.issue) },
		func(s *object.Set, v *values) { s.Report.Issues = append(s.Report.Issues, v.issue()) }),
	newTable(store.Incidents, "incidents", 1, `_timestamp id origin issue_id issue_version build_id test_id present comment misc`,
		func(r *report.Report, e *encoder) []row { return rowsOf(e, r.Incidents, e.incident) },
		func(s *object.Set, v *values) { s.Report.Incidents = append(s.Report.Incidents, v.incident()) }),
}

func newTable(list store.List, name string, keys int, columns string,
	rows func(*report.Report, *encoder) []row, add func(*object.Set, *values)) table {
	t := table{list: list, name: name, keys: keys, rows: rows, add: add, excerpt: -1, enums: map[string]string{}}
	for i, column := range strings.Fields(columns) {
		column, refers := strings.CutSuffix(column, "*")
		column, sometimes := strings.CutSuffix(column, "*")
		column, enum, ok := strings.Cut(column, ":")
		if ok {
			t.enums[column] = enum
		}
		t.columns = append(t.columns, column)
		switch {
		case sometimes:
			t.excerpt = i
		case refers:
			t.contents = append(t.contents, i)
		}
	}
	t.units = store.Units(t.columns, keys)
	return t
}

// columnList returns the columns of a table known by the alias "o".
func (t *table) columnList() string { return "o." + strings.Join(t.columns, ", o.") }

// keyList returns the columns that identify an object.
func (t *table) keyList() string { return strings.Join(t.columns[1:1+t.keys], ", ") }

func (t *table) index(column string) int { return slices.Index(t.columns, column) }

// isContent tells whether a column always refers to contents.
func (t *table) isContent(column int) bool { return slices.Contains(t.contents, column) }

// stage returns the name of the temporary table that rows are copied into.
func (t *table) stage() string { return "kcidb_stage_" + t.name }

// stageSQL makes the temporary table. It has texts where there are types of
// ours, which could not be dropped while other connections have such tables.
func (t *table) stageSQL() string {
	var columns []string
	for _, c := range t.columns {
		if t.enums[c] != "" {
			c += "::text"
		}
		columns = append(columns, c)
	}
	return "CREATE TEMPORARY TABLE IF NOT EXISTS " + t.stage() + " ON COMMIT DELETE ROWS AS SELECT " +
		strings.Join(columns, ", ") + ", times FROM " + t.name + " WITH NO DATA"
}

// copySQL copies rows into the temporary table.
func (t *table) copySQL() string {
	return "COPY " + t.stage() + " (" + strings.Join(t.columns, ", ") + ", times) FROM STDIN BINARY"
}

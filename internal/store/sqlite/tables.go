// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"iter"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// table is the relation of a list, and the way between its rows and objects.
// A row is the values of all columns, in order; the first is _timestamp and
// the next ones, keys of them, identify the object. In memory a row has the
// value of a content where in the database it has a reference to it.
type table struct {
	list     store.List // and the table's name
	keys     int
	columns  []string
	units    []store.Unit // how they are merged
	contents []int        // indexes of the columns that refer to contents
	status   int          // index of the column, 0 for none
	rows     func(*report.Report) iter.Seq[[]any]
	add      func(*object.Set, *values) // appends the object in a row
}

// tables are in the order of the graph. A star marks what refers to contents:
// values that are long, and the same in many objects.
var tables = []table{
	newTable(store.Checkouts, 1, `_timestamp id origin tree_name git_repository_url git_commit_hash git_commit_name
		git_commit_tags git_commit_message git_repository_branch git_repository_branch_tip patchset_files patchset_hash
		message_id comment start_time origin_builds_finish_time origin_tests_finish_time log_url* log_excerpt* valid misc`,
		func(r *report.Report) iter.Seq[[]any] { return rowsOf(r.Checkouts, checkoutRow) },
		func(s *object.Set, v *values) { s.Report.Checkouts = append(s.Report.Checkouts, v.checkout()) }),
	newTable(store.Builds, 1, `_timestamp id origin checkout_id comment start_time duration architecture command
		compiler input_files* output_files* config_name config_url log_url* log_excerpt* status misc`,
		func(r *report.Report) iter.Seq[[]any] { return rowsOf(r.Builds, buildRow) },
		func(s *object.Set, v *values) { s.Report.Builds = append(s.Report.Builds, v.build()) }),
	newTable(store.Tests, 1, `_timestamp id origin build_id environment_comment environment_compatible* environment_misc*
		path comment log_url* log_excerpt* status number_value number_unit number_prefix start_time duration input_files*
		output_files* misc`,
		func(r *report.Report) iter.Seq[[]any] { return rowsOf(r.Tests, testRow) },
		func(s *object.Set, v *values) { s.Report.Tests = append(s.Report.Tests, v.test()) }),
	newTable(store.Issues, 2, `_timestamp id version origin report_url report_subject culprit_code culprit_tool
		culprit_harness categories comment misc`,
		func(r *report.Report) iter.Seq[[]any] { return rowsOf(r.Issues, issueRow) },
		func(s *object.Set, v *values) { s.Report.Issues = append(s.Report.Issues, v.issue()) }),
	newTable(store.Incidents, 1, `_timestamp id origin issue_id issue_version build_id test_id present comment misc`,
		func(r *report.Report) iter.Seq[[]any] { return rowsOf(r.Incidents, incidentRow) },
		func(s *object.Set, v *values) { s.Report.Incidents = append(s.Report.Incidents, v.incident()) }),
}

func newTable(list store.List, keys int, columns string,
	rows func(*report.Report) iter.Seq[[]any], add func(*object.Set, *values)) table {
	t := table{list: list, keys: keys, rows: rows, add: add}
	for i, name := range strings.Fields(columns) {
		name, refers := strings.CutSuffix(name, "*")
		t.columns = append(t.columns, name)
		if refers {
			t.contents = append(t.contents, i)
		}
		if name == "status" {
			t.status = i
		}
	}
	t.units = store.Units(t.columns, keys)
	return t
}

// rowsOf returns the objects as rows, all in the same slice.
func rowsOf[T any](objects []T, row func([]any, *T) []any) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		var values []any
		for i := range objects {
			values = row(values[:0], &objects[i])
			if !yield(values) {
				return
			}
		}
	}
}

// key returns the identity of the object in a row.
func (t *table) key(row []any) store.Key {
	k := store.Key{ID: row[1].(string)}
	if t.keys == 2 {
		k.Version = int(row[2].(int64))
	}
	return k
}

// statusOf returns the status of the object in a row, "" for none.
func (t *table) statusOf(row []any) report.Status {
	status, _ := row[t.status].(string) // the first column is a number
	return report.Status(status)
}

// isContent tells whether a column refers to contents.
func (t *table) isContent(column int) bool { return slices.Contains(t.contents, column) }

// insertSQL inserts a row, and the times of its units, unless its object is there.
func (t *table) insertSQL() string {
	return "INSERT INTO " + string(t.list) + " (" + strings.Join(t.columns, ", ") + ", times) VALUES (?" +
		strings.Repeat(", ?", len(t.columns)) + ") ON CONFLICT DO NOTHING"
}

// selectSQL selects the rowid, the times and all columns of an object.
func (t *table) selectSQL() string {
	return "SELECT rowid, times, " + strings.Join(t.columns, ", ") + " FROM " + string(t.list) + " WHERE " +
		strings.Join(t.columns[1:1+t.keys], " = ? AND ") + " = ?"
}

// updateSQL sets all columns, and the times, of the row with the last parameter's
// rowid.
func (t *table) updateSQL() string {
	return "UPDATE " + string(t.list) + " SET " + strings.Join(t.columns, " = ?, ") + " = ?, times = ? WHERE rowid = ?"
}

// touchSQL sets _timestamp and the times of the row with the last parameter's rowid.
func (t *table) touchSQL() string {
	return "UPDATE " + string(t.list) + " SET _timestamp = ?, times = ? WHERE rowid = ?"
}

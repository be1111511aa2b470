// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
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
	return t
}

// columnList returns the columns of a table known by the alias "o".
func (t *table) columnList() string { return "o." + strings.Join(t.columns, ", o.") }

// keyList returns the columns that identify an object.
func (t *table) keyList() string { return strings.Join(t.columns[1:1+t.keys], ", ") }

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
		strings.Join(columns, ", ") + " FROM " + t.name + " WITH NO DATA"
}

// copySQL copies rows into the temporary table.
func (t *table) copySQL() string {
	return "COPY " + t.stage() + " (" + strings.Join(t.columns, ", ") + ") FROM STDIN BINARY"
}

// mergeSQL merges the rows of the temporary table, in the order they were
// copied: an object that is not there is inserted, one that is there gets what
// the new one has of its own, and gets all of it where that is not older. It
// returns the objects that changed in more than their timestamp, whether each was
// inserted, which leaves no trace of an older version, xmax, in its row, and the
// status before and after, where it has any: of a test that was not inserted all
// that it is counted by. All rows that are there are locked, whether they change
// or not.
//
// A subquery would not do for what was before: it sees what there was when the
// statement began, and another loader may have changed the row since. What the
// row has once it is locked is left in a setting, until the row is returned, which
// is before the next one is looked at.
//
// It leaves out the untimed rows, which a second statement merges: an object that
// is there keeps its timestamp and takes the new values, one that is not there
// gets the time $1.
func (t *table) mergeSQL(untimed bool) string {
	newer, latest := "EXCLUDED._timestamp >= o._timestamp", "greatest(o._timestamp, EXCLUDED._timestamp)"
	arrived, which := "_timestamp", "_timestamp IS NOT NULL"
	if untimed {
		newer, latest = "TRUE", "o._timestamp"
		arrived, which = "$1::timestamptz", "_timestamp IS NULL"
	}
	sets := []string{"_timestamp = " + latest}
	was, now := "''", "''"
	if t.enums["status"] != "" {
		told := "coalesce(o.status::text, '')"
		now = told
		if t.list == store.Tests {
			told = countedSQL("o")
			now = "CASE WHEN o.xmax = 0 THEN " + now + " ELSE " + told + " END"
		}
		sets[0] = "_timestamp = CASE WHEN set_config('kcidb.was', " + told + ", true) IS NOT NULL " +
			"THEN " + latest + " END"
		was = "CASE WHEN o.xmax = 0 THEN '' ELSE current_setting('kcidb.was') END"
	}
	var changes []string
	for _, c := range t.columns[1+t.keys:] {
		sets = append(sets, fmt.Sprintf("%s = CASE WHEN %[2]s "+
			"THEN coalesce(EXCLUDED.%[1]s, o.%[1]s) ELSE coalesce(o.%[1]s, EXCLUDED.%[1]s) END", c, newer))
		changes = append(changes, fmt.Sprintf("EXCLUDED.%s IS DISTINCT FROM o.%[1]s AND EXCLUDED.%[1]s IS NOT NULL "+
			"AND (o.%[1]s IS NULL OR %[2]s)", c, newer))
	}
	values := []string{arrived}
	for _, c := range t.columns[1:] {
		if t.enums[c] != "" {
			c += "::" + t.enums[c]
		}
		values = append(values, c)
	}
	return "INSERT INTO " + t.name + " AS o (" + strings.Join(t.columns, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + t.stage() +
		" WHERE " + which + " ON CONFLICT (" + t.keyList() + ") DO UPDATE SET " + strings.Join(sets, ", ") +
		" WHERE " + strings.Join(changes, " OR ") +
		" RETURNING " + t.keyList() + ", o.xmax = 0, " + was + ", " + now
}

// touchSQL sets the timestamps of objects where they are older: of those with the
// IDs $1 and the versions $2, to $3.
func (t *table) touchSQL() string {
	on := "o.id = s.id"
	if t.keys == 2 {
		on += " AND o.version = s.version"
	}
	return "UPDATE " + t.name + " o SET _timestamp = s.at FROM unnest($1::text[], $2::int[], $3::timestamptz[]) AS s(id, version, at) " +
		"WHERE " + on + " AND o._timestamp < s.at"
}

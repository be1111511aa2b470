// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
)

// merging writes the SQL that merges a new row of an object into the one that is
// there, which is o. See store.Store.Load for the rules.
//
// The time of a unit, number i, is times[i], or the row's _timestamp where that is
// NULL. An untimed row has the time of the one that is there, and its values stay.
type merging struct {
	table   *table
	new     string // the new row's name
	untimed bool
}

// given is true where a row has a unit.
func (m *merging) given(of string, u store.Unit) string {
	var each []string
	for _, c := range m.table.columns[u.From:u.To] {
		each = append(each, of+"."+c+" IS NOT NULL")
	}
	return "(" + strings.Join(each, " OR ") + ")"
}

// time is that of a unit.
func (m *merging) time(of string, unit int) string {
	if of == m.new && m.untimed {
		return "o._timestamp"
	}
	return fmt.Sprintf("coalesce(%s.times[%d], %[1]s._timestamp)", of, unit+1)
}

// latest is the new _timestamp.
func (m *merging) latest() string {
	if m.untimed {
		return "o._timestamp"
	}
	return "greatest(o._timestamp, " + m.new + "._timestamp)"
}

// wins is true where the new row's value of a unit stays.
func (m *merging) wins(unit int) string {
	u := m.table.units[unit]
	given := m.given(m.new, u)
	if m.untimed {
		return given
	}
	was, is := m.time("o", unit), m.time(m.new, unit)
	return given + " AND (NOT " + m.given("o", u) + " OR " + is + " > " + was + " OR " + is + " = " + was + " AND " + m.greater(u) + ")"
}

// greater is true where the new row's value of a unit is the greater one: the
// first of its columns in which they differ decides, and NULL is less than all
// else.
func (m *merging) greater(u store.Unit) string {
	sql := "CASE"
	for _, c := range m.table.columns[u.From:u.To] {
		sql += fmt.Sprintf(" WHEN %s IS DISTINCT FROM %s THEN o.%s IS NULL OR coalesce(%s > %s, FALSE)",
			m.table.written(m.new, c), m.table.written("o", c), c, m.table.measure(m.new+"."+c), m.table.measure("o."+c))
	}
	return sql + " ELSE FALSE END"
}

// differs is true where the new row has another value of a unit.
func (m *merging) differs(u store.Unit) string {
	var is, was []string
	for _, c := range m.table.columns[u.From:u.To] {
		is, was = append(is, m.table.written(m.new, c)), append(was, m.table.written("o", c))
	}
	return "(" + strings.Join(is, ", ") + ") IS DISTINCT FROM (" + strings.Join(was, ", ") + ")"
}

// written is a value as it is written: to the type jsonb 1 and 1.0 are equal.
func (t *table) written(of, column string) string {
	if column == "misc" && t.list != store.Tests {
		return of + "." + column + "::text"
	}
	return of + "." + column
}

// times is the new value of that column.
func (m *merging) times() string {
	var each []string
	for i, u := range m.table.units {
		each = append(each, fmt.Sprintf("nullif(greatest(CASE WHEN %s THEN %s END, CASE WHEN %s THEN %s END), %s)",
			m.given("o", u), m.time("o", i), m.given(m.new, u), m.time(m.new, i), m.latest()))
	}
	return fmt.Sprintf("nullif(ARRAY[%s], array_fill(NULL::timestamptz, ARRAY[%d]))", strings.Join(each, ", "), len(each))
}

// measure is what values of a column are compared by, where they have the same
// time: the same for values that are in other drivers, too.
func (t *table) measure(value string) string {
	_, column, _ := strings.Cut(value, ".")
	switch i := t.index(column); {
	case t.isContent(i), strings.HasSuffix(column, "_time"), column == "duration", column == "number_value", column == "issue_version":
		return value
	case i == t.excerpt: // the hash, also of a text that is in the row
		return "CASE get_byte(" + value + ", 0) WHEN 0 THEN substr(" + value + ", 2) ELSE substr(sha256(substr(" + value + ", 2)), 1, 16) END"
	case column == "git_commit_tags", column == "categories":
		value = "to_json(" + value + ")"
	}
	return value + `::text COLLATE "C"`
}

// mergeSQL merges the rows of the temporary table, in the order they were copied:
// an object that is not there is inserted, and one that is there is merged with.
// It returns the objects that changed in more than times, whether each was inserted,
// which leaves no trace of an older version, xmax, in its row, and the status before
// and after, where it has any: of a test that was not inserted all that it is counted
// by. All rows that are there are locked, whether they change or not.
//
// A subquery would not do for what was before: it sees what there was when the
// statement began, and another loader may have changed the row since. What the
// row has once it is locked is left in a setting, until the row is returned, which
// is before the next one is looked at.
//
// It leaves out the untimed rows, which a second statement merges. An object that
// is not there gets the time $1 by that.
func (t *table) mergeSQL(untimed bool) string {
	m := merging{t, "EXCLUDED", untimed}
	arrived, which := "_timestamp", "_timestamp IS NOT NULL"
	if untimed {
		arrived, which = "$1::timestamptz", "_timestamp IS NULL"
	}
	sets := []string{"times = " + m.times(), "_timestamp = " + m.latest()}
	was, now := "''", "''"
	if t.enums["status"] != "" {
		told := "coalesce(o.status::text, '')"
		now = told
		if t.list == store.Tests {
			told = countedSQL("o")
			now = "CASE WHEN o.xmax = 0 THEN " + now + " ELSE " + told + " END"
		}
		sets[1] = "_timestamp = CASE WHEN set_config('kcidb.was', " + told + ", true) IS NOT NULL THEN " + m.latest() + " END"
		was = "CASE WHEN o.xmax = 0 THEN '' ELSE current_setting('kcidb.was') END"
	}
	var changes []string
	for i, u := range t.units {
		for _, c := range t.columns[u.From:u.To] {
			sets = append(sets, fmt.Sprintf("%s = CASE WHEN %s THEN EXCLUDED.%[1]s ELSE o.%[1]s END", c, m.wins(i)))
		}
		changes = append(changes, m.differs(u)+" AND "+m.wins(i))
	}
	values := []string{arrived}
	for _, c := range t.columns[1:] {
		if t.enums[c] != "" {
			c += "::" + t.enums[c]
		}
		values = append(values, c)
	}
	return "INSERT INTO " + t.name + " AS o (" + strings.Join(t.columns, ", ") + ", times) SELECT " + strings.Join(values, ", ") + ", times FROM " + t.stage() +
		" WHERE " + which + " ON CONFLICT (" + t.keyList() + ") DO UPDATE SET " + strings.Join(sets, ", ") +
		" WHERE " + strings.Join(changes, " OR ") +
		" RETURNING " + t.keyList() + ", o.xmax = 0, " + was + ", " + now
}

// touchSQL sets the times of objects that did not change otherwise, by the rows of
// the temporary table with the IDs $1 and the versions $2.
func (t *table) touchSQL(untimed bool) string {
	m := merging{t, "n", untimed}
	on, stage, which := "o.id = n.id", "n.id = s.id", "n._timestamp IS NOT NULL"
	if t.keys == 2 {
		on += " AND o.version = n.version"
		stage += " AND n.version = s.version"
	}
	newer := "o.times IS NOT NULL AND o.times IS DISTINCT FROM " + m.times()
	if untimed {
		which = "n._timestamp IS NULL"
	} else {
		newer = "o._timestamp < n._timestamp OR " + newer
	}
	return "UPDATE " + t.name + " o SET _timestamp = " + m.latest() + ", times = " + m.times() +
		" FROM unnest($1::text[], $2::int[]) AS s(id, version) JOIN " + t.stage() + " n ON " + stage +
		" WHERE " + which + " AND " + on + " AND (" + newer + ")"
}

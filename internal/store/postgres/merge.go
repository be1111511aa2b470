// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
)

// merging writes the SQL that merges a new row of an object into the existing row, o.
// See store.Store.Load for the rules.
//
// The time of unit i is times[i], or the row's _timestamp if times[i] is NULL. An
// untimed row takes the time of the existing row, and replaces the row's values.
type merging struct {
	table   *table
	new     string // the new row's name
	untimed bool
}

// hasUnit is true if a row has a unit.
func (m *merging) hasUnit(of string, u columns.Unit) string {
	var each []string
	for _, c := range m.table.Columns[u.From:u.To] {
		each = append(each, of+"."+c+" IS NOT NULL")
	}
	return "(" + strings.Join(each, " OR ") + ")"
}

// time is the time of a unit.
func (m *merging) time(of string, unit int) string {
	if of == m.new && m.untimed {
		return "o._timestamp"
	}
	return fmt.Sprintf("coalesce(%s.times[%d], %[1]s._timestamp)", of, unit+1)
}

// newTimestamp is the new _timestamp.
func (m *merging) newTimestamp() string {
	if m.untimed {
		return "o._timestamp"
	}
	return "greatest(o._timestamp, " + m.new + "._timestamp)"
}

// newWins is true if the new row's value of a unit stays.
func (m *merging) newWins(unit int) string {
	u := m.table.Units[unit]
	given := m.hasUnit(m.new, u)
	if m.untimed {
		return given
	}
	was, is := m.time("o", unit), m.time(m.new, unit)
	return given + " AND (NOT " + m.hasUnit("o", u) + " OR " + is + " > " + was + " OR " + is + " = " + was + " AND " + m.isGreater(u) + ")"
}

// isGreater is true if the new row's value of a unit is the greater one: the first of
// its columns in which they differ decides, and NULL is less than any other value.
func (m *merging) isGreater(u columns.Unit) string {
	sql := "CASE"
	for i := u.From; i < u.To; i++ {
		sql += fmt.Sprintf(" WHEN %s IS DISTINCT FROM %s THEN o.%s IS NULL OR coalesce(%s > %s, FALSE)",
			m.table.written(m.new, i), m.table.written("o", i), m.table.Columns[i], m.table.measure(m.new, i), m.table.measure("o", i))
	}
	return sql + " ELSE FALSE END"
}

// differs is true if the new row has another value of a unit.
func (m *merging) differs(u columns.Unit) string {
	var is, was []string
	for i := u.From; i < u.To; i++ {
		is, was = append(is, m.table.written(m.new, i)), append(was, m.table.written("o", i))
	}
	return "(" + strings.Join(is, ", ") + ") IS DISTINCT FROM (" + strings.Join(was, ", ") + ")"
}

// written is a value of a column as it was written, because the type jsonb takes 1
// and 1.0 for equal.
func (t *table) written(row string, column int) string {
	value := row + "." + t.Columns[column]
	if t.Kinds[column] == columns.Misc && t.storage[column] == inline {
		value += "::text"
	}
	return value
}

// times is the new value of the column times.
func (m *merging) times() string {
	var each []string
	for i, u := range m.table.Units {
		each = append(each, fmt.Sprintf("nullif(greatest(CASE WHEN %s THEN %s END, CASE WHEN %s THEN %s END), %s)",
			m.hasUnit("o", u), m.time("o", i), m.hasUnit(m.new, u), m.time(m.new, i), m.newTimestamp()))
	}
	return fmt.Sprintf("nullif(ARRAY[%s], array_fill(NULL::timestamptz, ARRAY[%d]))", strings.Join(each, ", "), len(each))
}

// measure is the expression that values of a column with equal times are compared by.
// It puts them in the same order as all drivers do.
func (t *table) measure(row string, column int) string {
	value := row + "." + t.Columns[column]
	switch t.storage[column] {
	case inContent, inEnvironment:
		return value
	case inExcerpt: // the hash, also of a text that is in the row
		return "CASE get_byte(" + value + ", 0) WHEN 0 THEN substr(" + value + ", 2) ELSE substr(sha256(substr(" + value + ", 2)), 1, 16) END"
	}
	switch t.Kinds[column] {
	case columns.Time, columns.Float, columns.Version:
		return value
	case columns.Texts:
		value = "to_json(" + value + ")"
	}
	return value + `::text COLLATE "C"`
}

// mergeSQL merges the rows of the temporary table in the order of the copy. It inserts an
// object that is new, and merges a row into an object that exists. It returns the objects
// that changed in more than times. For each object it returns whether it was inserted,
// which it knows because an inserted row has no trace of an older version (xmax); its
// status before and after, if it has one; and for an existing test all its counted values.
// It locks all existing rows, changed or not.
//
// A subquery cannot return the values before the change: it sees the rows as they were
// when the statement began, and another loader may have changed a row since. So the
// values of the locked row are kept in a setting until the row is returned, which
// happens before the next row is locked.
//
// It leaves out the untimed rows, which a second statement merges. That statement gives
// new objects the time $1.
func (t *table) mergeSQL(untimed bool) string {
	m := merging{t, "EXCLUDED", untimed}
	arrived, which := "_timestamp", "_timestamp IS NOT NULL"
	if untimed {
		arrived, which = "$1::timestamptz", "_timestamp IS NULL"
	}
	sets := []string{"times = " + m.times(), "_timestamp = " + m.newTimestamp()}
	was, now := "''", "''"
	if t.hasStatus() {
		kept := "coalesce(o.status::text, '')"
		now = kept
		if t.List == store.Tests {
			kept = countedSQL("o")
			now = "CASE WHEN o.xmax = 0 THEN " + now + " ELSE " + kept + " END"
		}
		sets[1] = "_timestamp = CASE WHEN set_config('kcidb.was', " + kept + ", true) IS NOT NULL THEN " + m.newTimestamp() + " END"
		was = "CASE WHEN o.xmax = 0 THEN '' ELSE current_setting('kcidb.was') END"
	}
	var changes []string
	for i, u := range t.Units {
		for _, c := range t.Columns[u.From:u.To] {
			sets = append(sets, fmt.Sprintf("%s = CASE WHEN %s THEN EXCLUDED.%[1]s ELSE o.%[1]s END", c, m.newWins(i)))
		}
		changes = append(changes, m.differs(u)+" AND "+m.newWins(i))
	}
	values := []string{arrived}
	for i, c := range t.Columns[1:] {
		if enum := t.enum(1 + i); enum != "" {
			c += "::" + enum
		}
		values = append(values, c)
	}
	return `
		INSERT INTO ` + t.name + ` AS o (` + strings.Join(t.Columns, ", ") + `, times)
		SELECT ` + strings.Join(values, ", ") + `, times
		FROM ` + t.stageName() + `
		WHERE ` + which + `
		ON CONFLICT (` + t.keyList() + `) DO UPDATE
		SET ` + strings.Join(sets, ", ") + `
		WHERE ` + strings.Join(changes, " OR ") + `
		RETURNING ` + t.keyList() + `, o.xmax = 0, ` + was + `, ` + now
}

// touchSQL sets the times of objects that changed in nothing else, by the rows of the
// temporary table with the IDs $1 and the versions $2.
func (t *table) touchSQL(untimed bool) string {
	m := merging{t, "n", untimed}
	on, stage, which := "o.id = n.id", "n.id = s.id", "n._timestamp IS NOT NULL"
	if t.Keys == 2 {
		on += " AND o.version = n.version"
		stage += " AND n.version = s.version"
	}
	newer := "o.times IS NOT NULL AND o.times IS DISTINCT FROM " + m.times()
	if untimed {
		which = "n._timestamp IS NULL"
	} else {
		newer = "o._timestamp < n._timestamp OR " + newer
	}
	return `
		UPDATE ` + t.name + ` o
		SET _timestamp = ` + m.newTimestamp() + `, times = ` + m.times() + `
		FROM unnest($1::text[], $2::int[]) AS s(id, version) JOIN ` + t.stageName() + ` n ON ` + stage + `
		WHERE ` + which + ` AND ` + on + ` AND (` + newer + `)`
}

// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/merging"
)

// The views merge the rows of each object as this package does when it reads them, for
// clients that ask in SQL. There is one difference: of free objects of equal time, except
// those of tests, the greater text stays, with the members in the order in which they came.

// extras are what views change and add for dashboards and clients. Readers look for an
// empty hash if a checkout has no patches, which most origins do not report; an empty list
// of patches is as none, because views do not distinguish these. The added columns are those
// of version 4 of the report schema.
var extras = map[store.List]string{
	store.Checkouts: ` REPLACE (IF(patchset_hash IS NULL AND git_commit_hash IS NOT NULL AND IFNULL(ARRAY_LENGTH(patchset_files), 0) = 0, '', patchset_hash) AS patchset_hash)`,
	store.Builds:    ", CASE status WHEN 'PASS' THEN TRUE WHEN 'FAIL' THEN FALSE END AS valid",
	store.Tests:     ", FALSE AS waived",
}

// createView creates the view of the objects of a list.
func (s *Store) createView(t *columns.Table) string {
	return fmt.Sprintf("CREATE OR REPLACE VIEW %s AS\n%s", s.table(string(t.List)), s.viewSQL(t))
}

// viewSQL selects the objects of a list. The innermost query has a column for what the
// values of each column are compared by. The query around it has a column for each unit,
// which is a STRUCT of the unit's columns.
func (s *Store) viewSQL(t *columns.Table) string {
	outer, units := []string{"_timestamp", keyColumns(t)}, []string{"MAX(_timestamp) AS _timestamp", keyColumns(t)}
	rows := []string{"*", "UNIX_MICROS(_timestamp) + IFNULL(" + aheadColumn + ", 0) AS _at"}
	for i, u := range t.Units {
		var order, named []string
		for column := u.From; column < u.To; column++ {
			rows = append(rows, fmt.Sprintf("%s AS _m%d", measure(t, column), column))
			order = append(order, fmt.Sprintf("_m%d DESC", column))
			named = append(named, fmt.Sprintf("%s AS %[1]s", t.Columns[column]))
			outer = append(outer, fmt.Sprintf("_u%d.%s AS %[2]s", i, t.Columns[column]))
		}
		units = append(units, fmt.Sprintf("ARRAY_AGG(STRUCT(%s) ORDER BY %s DESC, _at DESC, %s LIMIT 1)[SAFE_OFFSET(0)] AS _u%d",
			strings.Join(named, ", "), present(t, u), strings.Join(order, ", "), i))
	}
	return fmt.Sprintf("SELECT *%s FROM (\nSELECT %s FROM (\nSELECT %s FROM (\nSELECT %s\nFROM %s)\nGROUP BY %s))", extras[t.List],
		strings.Join(outer, ", "), strings.Join(units, ",\n\t"), strings.Join(rows, ",\n\t"), s.table(rawTable(t.List)), keyColumns(t))
}

// present is true if a row has a unit.
func present(t *columns.Table, u columns.Unit) string {
	var all []string
	for column := u.From; column < u.To; column++ {
		all = append(all, fmt.Sprintf("_m%d IS NOT NULL", column))
	}
	return "(" + strings.Join(all, " OR ") + ")"
}

// measure is what values of a column with equal times are compared by, NULL for an absent
// value. See merging.Order.
func measure(t *columns.Table, column int) string {
	name, kind := t.Columns[column], t.Kinds[column]
	hashed := t.List == store.Tests && slices.Contains(merging.Hashed, name)
	text := name
	switch {
	case kind == columns.Texts:
		text = "TO_JSON_STRING(" + name + ")"
	case kind == columns.Resources && hashed:
		text = "CONCAT('[', " + files(name, `'{"name":', TO_JSON_STRING(f.name), ',"url":', TO_JSON_STRING(f.url), '}'`, ",") + ", ']')"
	case kind == columns.Resources:
		text = files(name, `'{"url": ', TO_JSON_STRING(f.url), ', "name": ', TO_JSON_STRING(f.name), '}'`, ", ")
	}
	if hashed {
		text = "SHA256(" + text + ")"
	}
	if isList(kind) {
		text = fmt.Sprintf("IF(ARRAY_LENGTH(%s) > 0 OR '%[1]s' IN UNNEST(%s), %s, NULL)", name, emptyColumn, text)
	}
	return text
}

// files is the text of a list of files, each a concatenation of parts.
func files(column, parts, separator string) string {
	return fmt.Sprintf("ARRAY_TO_STRING(ARRAY(SELECT CONCAT(%s) FROM UNNEST(%s) AS f WITH OFFSET AS n ORDER BY n), '%s')", parts, column, separator)
}

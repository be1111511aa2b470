// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
)

// bigQuery reads a data set of BigQuery. The plug-in knows projects only, so a variable
// names the data set.
var bigQuery = &engine{
	dir:          "bigquery",
	uids:         "kcidb-bigquery-",
	plugin:       "grafana-bigquery-datasource",
	sources:      "grafana-bigquery-datasource",
	table:        1,
	timeSeries:   0,
	objectPeriod: "now-90d",
	variables:    []object{datasetVariable()},
	carried:      []string{"datasource", "dataset"},
	variable: func(sql string) any {
		return object{"refId": "variable", "rawSql": sql, "format": 1, "editorMode": "code", "rawQuery": true}
	},
	complete: withObjects,
}

// datasetVariable names the data set that has the tables.
func datasetVariable() object {
	v := textVariable("dataset", "Data set", "The data set of BigQuery")
	v["query"] = "kcidb"
	v["current"] = object{"selected": true, "text": "kcidb", "value": "kcidb"}
	v["options"] = []any{v["current"]}
	return v
}

// bounded are the lists whose rows are read only if they arrived in the page's period, or
// shortly before. The other lists are small, and their objects may be far older than those
// that refer to them.
var bounded = []store.List{store.Builds, store.Tests, store.Incidents}

// withObjects puts a subquery before the SQL for each list that it reads, which merges the
// rows of each object, with the columns that the SQL uses. Views would do the same, but a
// view reads all partitions: the condition on the time of arrival, by which the tables are
// in partitions, must be inside.
func withObjects(sql string) string {
	comments, body := cutComments(sql)
	var with []string
	for _, list := range store.Lists {
		if regexp.MustCompile(`\b(?:FROM|JOIN) ` + string(list) + `\b`).MatchString(body) {
			with = append(with, string(list)+" AS (\n"+merged(list, body)+"\n)")
		}
	}
	if rest, ok := strings.CutPrefix(body, "WITH "); ok {
		body = ",\n" + rest
	} else {
		body = "\n" + body
	}
	return comments + "WITH " + strings.Join(with, ",\n") + body
}

// cutComments cuts the comments before SQL off.
func cutComments(sql string) (comments, rest string) {
	rest = sql
	for strings.HasPrefix(rest, "--") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	return strings.TrimSuffix(sql, rest), rest
}

// merged selects the objects of a list, with the columns whose names are words of the SQL.
// The newest value of each column stays.
func merged(list store.List, sql string) string {
	table := columns.Of(list)
	key := table.Columns[1 : 1+table.Keys]
	selected := []string{}
	for i, name := range table.Columns {
		switch {
		case slices.Contains(key, name):
			selected = append(selected, name)
		case !regexp.MustCompile(`\b` + name + `\b`).MatchString(sql):
		case name == "_timestamp":
			selected = append(selected, "MAX(_timestamp) AS _timestamp")
		case table.Kinds[i] == columns.Texts || table.Kinds[i] == columns.Resources: // arrays of arrays do not exist
			selected = append(selected, fmt.Sprintf(
				"ARRAY_AGG(IF(ARRAY_LENGTH(%s) > 0, STRUCT(%[1]s AS %[1]s), NULL) IGNORE NULLS ORDER BY _timestamp DESC LIMIT 1)[SAFE_OFFSET(0)].%[1]s AS %[1]s", name))
		case name == "patchset_hash": // '' without patches, which most origins do not report
			selected = append(selected, fmt.Sprintf(
				"COALESCE(%s, IF(COUNT(git_commit_hash) > 0 AND COUNTIF(ARRAY_LENGTH(patchset_files) > 0) = 0, '', NULL)) AS %s", newest(name), name))
		default:
			selected = append(selected, newest(name)+" AS "+name)
		}
	}
	where := ""
	if slices.Contains(bounded, list) {
		where = "\n    WHERE _timestamp >= TIMESTAMP_SUB(TIMESTAMP_MILLIS(${__from}), INTERVAL 7 DAY)"
	}
	return "    SELECT\n        " + strings.Join(selected, ",\n        ") +
		"\n    FROM `${dataset:raw}.raw_" + string(list) + "`" + where + "\n    GROUP BY " + strings.Join(key, ", ")
}

// newest selects the newest value of a column.
func newest(column string) string {
	return "ARRAY_AGG(" + column + " IGNORE NULLS ORDER BY _timestamp DESC LIMIT 1)[SAFE_OFFSET(0)]"
}

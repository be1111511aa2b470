// SPDX-License-Identifier: Apache-2.0

package main

// engine is a kind of database that dashboards read by a plug-in of Grafana.
type engine struct {
	dir          string // of its sql and dashboards, in the package grafana
	uids         string // what the UIDs of its dashboards begin with
	plugin       string // the type of its data sources
	sources      string // the type, as the variable that selects a data source names it
	table        any    // the format of a result as a table
	timeSeries   any    // the format of a result as a series of numbers over time
	objectPeriod string // the initial period of the page of an object; "" if the SQL of these pages has no period
	variables    []object
	carried      []string                // the variables that each link passes on
	variable     func(sql string) any    // the query of a variable
	complete     func(sql string) string // the SQL of a file as the data source gets it
}

// everything is the value of a filter without a choice. Grafana puts it into the SQL
// unchanged, and makes the filter's condition always true. A list of all choices would
// exclude the objects without a value.
const everything = "'*'"

// postgres reads the PostgreSQL store. The type of the sources is the plug-in's old name:
// newer versions of Grafana know it as an alias, older versions know only it.
var postgres = &engine{
	dir:        ".",
	uids:       "kcidb-",
	plugin:     "grafana-postgresql-datasource",
	sources:    "postgres",
	table:      "table",
	timeSeries: "time_series",
	carried:    []string{"datasource"},
	variable:   func(sql string) any { return sql },
	complete:   func(sql string) string { return sql },
}

// source is the reference to the data source that the page uses.
func (e *engine) source() object { return object{"type": e.plugin, "uid": "${datasource}"} }

// sourceVariable selects the data source, and with it the database.
func (e *engine) sourceVariable() object {
	return object{
		"type": "datasource", "name": "datasource", "label": "Database", "query": e.sources,
		"current": object{}, "options": []any{}, "refresh": 1, "regex": "", "hide": 0,
		"multi": false, "includeAll": false,
	}
}

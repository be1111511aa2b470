// SPDX-License-Identifier: Apache-2.0

package main

// object is a JSON object. Its members are written in the order of their names.
type object = map[string]any

// everything is what a filter stands for while nothing is chosen from it. Grafana puts
// it into the SQL as it is, so that the condition on it is always true: listing all
// choices instead would leave out the objects that have no value.
const everything = "'*'"

// source is the reference to the data source chosen on the page.
func source() object {
	return object{"type": "grafana-postgresql-datasource", "uid": "${datasource}"}
}

// sourceVariable chooses the data source, and with it the database. The type is the old
// name of the plug-in, which newer Grafana knows as an alias and older knows alone.
func sourceVariable() object {
	return object{
		"type": "datasource", "name": "datasource", "label": "Database", "query": "postgres",
		"current": object{}, "options": []any{}, "refresh": 1, "regex": "", "hide": 0,
		"multi": false, "includeAll": false,
	}
}

// filterVariable narrows a page down to any number of the values a query returns.
func filterVariable(name, label string, q query) object {
	v := choiceVariable(name, label, q)
	v["multi"], v["includeAll"], v["allValue"] = true, true, everything
	v["current"] = object{"selected": true, "text": []string{"All"}, "value": []string{"$__all"}}
	v["refresh"] = 2 // when the period changes
	return v
}

// choiceVariable is one of the values a query returns.
func choiceVariable(name, label string, q query) object {
	return object{
		"type": "query", "name": name, "label": label, "description": q.answers,
		"datasource": source(), "query": q.sql, "definition": q.sql,
		"current": object{}, "options": []any{}, "refresh": 1, "regex": "", "sort": 0, "hide": 0,
		"multi": false, "includeAll": false,
	}
}

// textVariable is whatever is typed into it.
func textVariable(name, label, description string) object {
	empty := object{"selected": true, "text": "", "value": ""}
	return object{
		"type": "textbox", "name": name, "label": label, "description": description,
		"query": "", "current": empty, "options": []any{empty}, "hide": 0,
	}
}

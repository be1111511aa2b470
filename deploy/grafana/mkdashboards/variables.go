// SPDX-License-Identifier: Apache-2.0

package main

// object is a JSON object. Its members are written in alphabetical order.
type object = map[string]any

// filterVariable limits a page to any number of the values that a query returns.
func filterVariable(name, label string, q query) object {
	v := choiceVariable(name, label, q)
	v["multi"], v["includeAll"], v["allValue"] = true, true, everything
	v["current"] = object{"selected": true, "text": []string{"All"}, "value": []string{"$__all"}}
	v["refresh"] = 2 // when the period changes
	return v
}

// choiceVariable has one of the values that a query returns.
func choiceVariable(name, label string, q query) object {
	return object{
		"type": "query", "name": name, "label": label, "description": q.answers,
		"datasource": q.engine.source(), "query": q.engine.variable(q.sql), "definition": q.sql,
		"current": object{}, "options": []any{}, "refresh": 1, "regex": "", "sort": 0, "hide": 0,
		"multi": false, "includeAll": false,
	}
}

// textVariable has a value that users type in.
func textVariable(name, label, description string) object {
	empty := object{"selected": true, "text": "", "value": ""}
	return object{
		"type": "textbox", "name": name, "label": label, "description": description,
		"query": "", "current": empty, "options": []any{empty}, "hide": 0,
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

// statuses are the results of builds and tests, the worst first, with their colours.
// Each colour comes with a word, because not everybody can distinguish red and green.
var statuses = []struct{ name, color string }{
	{"FAIL", "red"},
	{"ERROR", "orange"},
	{"MISS", "purple"},
	{"PASS", "green"},
	{"DONE", "blue"},
	{"SKIP", "#8e8e8e"},
	{"no status", "#b8b8b8"},
}

// statusMapping maps the words to their colours.
func statusMapping() object {
	options := object{"none": object{"text": "none", "color": "#8e8e8e", "index": len(statuses)}}
	for i, s := range statuses {
		options[s.name] = object{"text": s.name, "color": s.color, "index": i}
	}
	return object{"type": "value", "options": options}
}

// nullMapping maps a missing status to a word for an unfinished run.
func nullMapping() object {
	return object{"type": "special", "options": object{
		"match": "null", "result": object{"text": "none", "color": "#8e8e8e", "index": len(statuses) + 1},
	}}
}

// statusColors colours the series named after a status.
func statusColors() []object {
	var overrides []object
	for _, s := range statuses {
		overrides = append(overrides, override("byName", s.name,
			property("color", object{"mode": "fixed", "fixedColor": s.color})))
	}
	return overrides
}

// fromOne is the thresholds for a number that is coloured unless it is zero.
func fromOne(color string) object {
	return object{"mode": "absolute", "steps": []object{{"color": "text", "value": nil}, {"color": color, "value": 1}}}
}

// SPDX-License-Identifier: Apache-2.0

package main

// statuses are what builds and tests come to, the worst first, and their colours. Words
// stand beside the colours everywhere: not everybody can tell red from green.
var statuses = []struct{ name, color string }{
	{"FAIL", "red"},
	{"ERROR", "orange"},
	{"MISS", "purple"},
	{"PASS", "green"},
	{"DONE", "blue"},
	{"SKIP", "#8e8e8e"},
	{"no status", "#b8b8b8"},
}

// statusMapping gives the words their colours.
func statusMapping() object {
	options := object{"none": object{"text": "none", "color": "#8e8e8e", "index": len(statuses)}}
	for i, s := range statuses {
		options[s.name] = object{"text": s.name, "color": s.color, "index": i}
	}
	return object{"type": "value", "options": options}
}

// nullMapping gives a word to the status of what is still under way.
func nullMapping() object {
	return object{"type": "special", "options": object{
		"match": "null", "result": object{"text": "none", "color": "#8e8e8e", "index": len(statuses) + 1},
	}}
}

// statusColors paints the series that are named after a status.
func statusColors() []object {
	var overrides []object
	for _, s := range statuses {
		overrides = append(overrides, override("byName", s.name,
			property("color", object{"mode": "fixed", "fixedColor": s.color})))
	}
	return overrides
}

// fromOne is the thresholds of a number that takes on a colour when it is not zero.
func fromOne(color string) object {
	return object{"mode": "absolute", "steps": []object{{"color": "text", "value": nil}, {"color": color, "value": 1}}}
}

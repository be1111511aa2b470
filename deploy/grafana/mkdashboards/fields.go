// SPDX-License-Identifier: Apache-2.0

package main

// override sets properties of the fields that a matcher selects: "byName" or
// "byRegexp".
func override(matcher, options string, properties ...object) object {
	return object{"matcher": object{"id": matcher, "options": options}, "properties": properties}
}

// property is a property of a field.
func property(id string, value any) object { return object{"id": id, "value": value} }

// The format of a column follows from its name, in all tables, so that a table
// needs only SQL and links.
const (
	statusNames = "/^(Verdict|Status|Worst)$/"
	failedNames = "/^(Builds failed|Tests failed|Branches failing|Failed|Similar runs failed|FAIL)$/"
	brokenNames = "/^(Tests broken|ERROR|MISS)$/"
	linkNames   = "/^[a-z_]+$/" // hidden, for use in links
)

// tableFields returns the overrides of all tables.
func tableFields() []object {
	return []object{
		override("byRegexp", linkNames, property("custom.hidden", true)),
		override("byRegexp", statusNames,
			property("mappings", []object{statusMapping(), nullMapping()}),
			property("custom.cellOptions", object{"type": "color-background", "mode": "basic"}),
			property("custom.width", 90)),
		override("byRegexp", failedNames,
			property("thresholds", fromOne("red")),
			property("custom.cellOptions", object{"type": "color-text"})),
		override("byRegexp", brokenNames,
			property("thresholds", fromOne("orange")),
			property("custom.cellOptions", object{"type": "color-text"})),
		override("byName", "Share", property("unit", "percentunit")),
		override("byName", "Duration", property("unit", "s")),
	}
}

// statFields returns the overrides of all rows of figures.
func statFields() []object {
	return []object{
		override("byRegexp", failedNames, property("thresholds", fromOne("red"))),
		override("byRegexp", brokenNames, property("thresholds", fromOne("orange"))),
		override("byName", "Duration", property("unit", "s")),
	}
}

// dataLinks returns links as a property of a field. Links within Grafana keep the
// period.
func dataLinks(links ...link) []object {
	all := []object{}
	for _, l := range links {
		if !l.outside {
			l.url += "&${__url_time_range}"
		}
		all = append(all, object{"title": l.title, "url": l.url, "targetBlank": l.outside})
	}
	return all
}

// SPDX-License-Identifier: Apache-2.0

package store

import "strings"

// Unit is a property of an object in the columns of a table: those from From up
// to but not including To. Load merges units, each as one value.
type Unit struct{ From, To int }

// compounds are the prefixes of columns that are one property together. An
// incident's issue and its version name one thing, so they are together as well.
var compounds = []string{"environment_", "number_", "culprit_", "issue_"}

// Units returns the units in the columns of a table, of which the first ones, keys
// of them behind _timestamp, identify the object. Databases keep times by the
// numbers of units, so new columns must come last.
func Units(columns []string, keys int) (units []Unit) {
	last := ""
	for i := 1 + keys; i < len(columns); i++ {
		compound := ""
		for _, prefix := range compounds {
			if strings.HasPrefix(columns[i], prefix) {
				compound = prefix
			}
		}
		if compound != "" && compound == last {
			units[len(units)-1].To++
		} else {
			units = append(units, Unit{i, i + 1})
		}
		last = compound
	}
	return units
}

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"slices"
)

// sortMembers sorts the members of all objects in a value by name.
func sortMembers(value any) {
	switch value := value.(type) {
	case *object:
		slices.SortFunc(value.members, func(a, b member) int { return cmp.Compare(a.name, b.name) })
		for _, m := range value.members {
			sortMembers(m.value)
		}
	case []any:
		for _, element := range value {
			sortMembers(element)
		}
	}
}

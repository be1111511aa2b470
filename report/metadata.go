// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strings"
)

// HasMetadata reports whether the report has metadata: members of any object with a name
// that begins with "_", such as _timestamp. Members of misc do not count.
func (d *Document) HasMetadata() bool { return hasMetadata(d.root) }

func hasMetadata(value any) bool {
	switch value := value.(type) {
	case []any:
		return slices.ContainsFunc(value, hasMetadata)
	case *object:
		return slices.ContainsFunc(value.members, func(m member) bool {
			return isMetadata(m) || m.name != "misc" && hasMetadata(m.value)
		})
	}
	return false
}

// StripMetadata removes all metadata (see HasMetadata).
func (d *Document) StripMetadata() {
	stripMetadata(d.root)
	d.text = nil
}

func stripMetadata(value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			stripMetadata(element)
		}
	case *object:
		value.members = slices.DeleteFunc(value.members, isMetadata)
		for _, m := range value.members {
			if m.name != "misc" {
				stripMetadata(m.value)
			}
		}
	}
}

func isMetadata(m member) bool { return strings.HasPrefix(m.name, "_") }

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"
)

// Version is the version of a report schema.
type Version struct {
	Major int `json:"major"`
	Minor int `json:"minor"`
}

var latest = Version{5, 3}

// Latest returns the newest version of the schema. The typed objects of this package
// have its properties.
func Latest() Version { return latest }

// versions is the lineage of the schema, oldest first.
var versions = []Version{
	{1, 1}, {2, 0}, {3, 0},
	{4, 0}, {4, 1}, {4, 2}, {4, 3}, {4, 4}, {4, 5},
	{5, 0}, {5, 1}, {5, 2}, {5, 3},
}

// Versions returns every version of the schema, oldest first.
func Versions() []Version { return slices.Clone(versions) }

// LatestMinor returns the newest version with a major number, or false if no version has
// that number.
func LatestMinor(major int) (Version, bool) {
	for _, v := range slices.Backward(versions) {
		if v.Major == major {
			return v, true
		}
	}
	return Version{}, false
}

// String returns the version as MAJOR.MINOR.
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Compare returns -1 if v is older than w, 0 if both are the same, and +1 if v
// is newer.
func (v Version) Compare(w Version) int {
	if v.Major != w.Major {
		return cmp.Compare(v.Major, w.Major)
	}
	return cmp.Compare(v.Minor, w.Minor)
}

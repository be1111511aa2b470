// SPDX-License-Identifier: Apache-2.0

package rollup

import "github.com/kcidb-go/kcidb/internal/facts"

// Kind is a kind of objects that are counted.
type Kind string

// The kinds. A boot is a test with a path that facts.IsBoot accepts.
const (
	Checkouts Kind = "checkout"
	Builds    Kind = "build"
	Boots     Kind = "boot"
	Tests     Kind = "test"
	// Absent is the kind of incidents that say that their issue is not present.
	Absent Kind = "absent"
)

// KindOf returns the kind of a test with a path.
func KindOf(path string) Kind {
	if facts.IsBoot(path) {
		return Boots
	}
	return Tests
}

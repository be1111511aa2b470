// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"fmt"
	"strings"
)

// dummyPrefix begins the IDs of placeholders for builds.
const dummyPrefix = "maestro:dummy_"

// IsDummy reports whether a build is a placeholder for tests that have no build. It is
// not counted.
func IsDummy(id string) bool { return strings.HasPrefix(id, dummyPrefix) }

// NotDummy returns the condition that the build with the ID in a column is not a dummy.
func NotDummy(column string) string {
	return fmt.Sprintf("substr(%s, 1, %d) <> '%s'", column, len(dummyPrefix), dummyPrefix)
}

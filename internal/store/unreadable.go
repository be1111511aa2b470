// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"strings"
)

// maxNamed is how many of the objects that cannot be read an error names.
const maxNamed = 100

// Unreadable is the error that a dump ends by if it has all objects but some that
// cannot be read, because their rows are damaged. It says which ones these are.
type Unreadable struct {
	Count int      // how many objects are left out
	Named []string // the first of them, each with its list, its ID and the reason
}

// Add notes an object that is left out: its list, what identifies it, and why.
func (u *Unreadable) Add(l List, key string, why error) {
	if u.Count++; u.Count <= maxNamed {
		u.Named = append(u.Named, fmt.Sprintf("%s %s: %v", l, key, why))
	}
}

// Join notes the objects that another error names.
func (u *Unreadable) Join(other *Unreadable) {
	u.Count += other.Count
	named := other.Named[:min(len(other.Named), maxNamed-len(u.Named))]
	u.Named = append(u.Named, named...)
}

// Err returns u, or nil if no object is left out.
func (u *Unreadable) Err() error {
	if u.Count == 0 {
		return nil
	}
	return u
}

// Unwrap returns ErrCorrupt.
func (u *Unreadable) Unwrap() error { return ErrCorrupt }

// Error names the objects, a line each.
func (u *Unreadable) Error() string {
	text := fmt.Sprintf("%d objects cannot be read and are left out; all others are there:\n%s", u.Count, strings.Join(u.Named, "\n"))
	if more := u.Count - len(u.Named); more > 0 {
		text += fmt.Sprintf("\nand %d more", more)
	}
	return text
}

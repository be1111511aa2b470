// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind tells which rule a fault breaks.
type Kind string

// Kinds of faults against a version's schema.
const (
	KindSyntax   Kind = "syntax"   // not JSON
	KindVersion  Kind = "version"  // a version nobody knows
	KindType     Kind = "type"     // a value of another JSON type
	KindRequired Kind = "required" // a required property is absent
	KindUnknown  Kind = "unknown"  // a property the schema does not have
	KindPattern  Kind = "pattern"  // a string of the wrong shape
	KindFormat   Kind = "format"   // not a date-time, URI or e-mail address
	KindEnum     Kind = "enum"     // not one of the values there are
	KindRange    Kind = "range"    // a number below the least or above the greatest
	KindLength   Kind = "length"   // a string that is too long
)

// Kinds of faults the schema lets pass, in reports that cannot be kept
// unchanged in a database, or that readers understand differently.
const (
	KindNUL       Kind = "nul"       // a NUL character in a string
	KindDuplicate Kind = "duplicate" // an object with a member twice
	KindSurrogate Kind = "surrogate" // half of a UTF-16 surrogate pair
	KindNumber    Kind = "number"    // a number that is none (NaN), or out of range
	KindTime      Kind = "time"      // a time outside the years 1 to 9999 UTC
	KindDepth     Kind = "depth"     // nested more than MaxDepth deep
	KindSize      Kind = "size"      // more than databases keep, or index
	KindUpgrade   Kind = "upgrade"   // valid in its version, with no meaning in the latest
)

// OfSchema says whether faults of the kind break the report's schema.
func (k Kind) OfSchema() bool {
	switch k {
	case KindNUL, KindDuplicate, KindSurrogate, KindNumber, KindTime, KindDepth, KindSize, KindUpgrade:
		return false
	}
	return true
}

// Fault is one thing that is wrong with a report.
type Fault struct {
	Kind     Kind   `json:"kind"`
	List     string `json:"list,omitempty"`  // the list of the object it is in, "tests"; "" outside of objects
	Index    int    `json:"index,omitempty"` // the object's place in List, from 0
	ID       string `json:"id,omitempty"`    // the object's ID, where it has one
	Pointer  string `json:"pointer"`         // JSON pointer (RFC 6901) from the report's root; endless names and pointers are cut
	Expected string `json:"expected"`        // what would be right, for people
	Found    string `json:"found"`           // what is there, cut to a readable length
}

// String returns the fault as one line:
//
//	tests[3] "ci:t4" at /tests/3/status: expected one of FAIL, ..., found "OK"
//
// It is fit for a terminal: what is not printable is escaped.
func (f Fault) String() string {
	var b strings.Builder
	if f.List != "" {
		fmt.Fprintf(&b, "%s[%d] ", f.List, f.Index)
		if f.ID != "" {
			fmt.Fprintf(&b, "%q ", f.ID)
		}
	}
	if f.Pointer != "" {
		pointer := strconv.Quote(f.Pointer)
		if pointer == `"`+f.Pointer+`"` {
			pointer = f.Pointer
		}
		fmt.Fprintf(&b, "at %s: ", pointer)
	}
	fmt.Fprintf(&b, "expected %s, found %s", f.Expected, f.Found)
	return b.String()
}

// MaxFaults is the number of faults an Error lists. Checking goes on for some
// more, which are counted, and stops then.
const MaxFaults = 100

// MaxDepth is how many objects and arrays may be in one another, the report
// itself included.
const MaxDepth = 512

// Error is what is wrong with a report: at least one fault.
type Error struct {
	Faults []Fault // the first MaxFaults, in document order where one pass finds them
	More   int     // how many more were found
	// Stopped says that checking stopped before the end of the report, because
	// it had found enough faults. There may be more than More.
	Stopped bool
}

// Error returns the faults, a line each.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Faults)+1)
	for _, f := range e.Faults {
		lines = append(lines, f.String())
	}
	switch {
	case e.Stopped:
		lines = append(lines, fmt.Sprintf("and at least %d more faults", e.More))
	case e.More > 0:
		lines = append(lines, fmt.Sprintf("and %d more faults", e.More))
	}
	return strings.Join(lines, "\n")
}

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is the kind of rule that a fault breaks.
type Kind string

// Kinds of faults against a version's schema.
const (
	KindSyntax   Kind = "syntax"   // not JSON
	KindVersion  Kind = "version"  // a version that does not exist
	KindType     Kind = "type"     // a value of another JSON type
	KindRequired Kind = "required" // a required property is absent
	KindUnknown  Kind = "unknown"  // a property the schema does not have
	KindPattern  Kind = "pattern"  // a string of the wrong shape
	KindFormat   Kind = "format"   // not a date-time, URI or e-mail address
	KindEnum     Kind = "enum"     // not one of the allowed values
	KindRange    Kind = "range"    // a number below the least or above the greatest
	KindLength   Kind = "length"   // a string that is too long
)

// Kinds of faults that the schema allows. No database keeps such a value unchanged, or
// readers understand it differently.
const (
	KindNUL       Kind = "nul"       // a NUL character in a string
	KindDuplicate Kind = "duplicate" // an object that has a member twice
	KindSurrogate Kind = "surrogate" // half of a UTF-16 surrogate pair
	KindNumber    Kind = "number"    // NaN, or a number out of range
	KindTime      Kind = "time"      // a time outside the years 1 to 9999 UTC
	KindDepth     Kind = "depth"     // nested more than MaxDepth deep
	KindSize      Kind = "size"      // longer than databases keep or index
	KindUpgrade   Kind = "upgrade"   // valid in its version, and not expressible in the latest
)

// KindOrigin is the kind of fault of an object that the sender may not report: its origin,
// or the origin in its ID, is not among those allowed to CheckFor, DecodeFor or Sift.
const KindOrigin Kind = "origin"

// OfSchema reports whether faults of the kind break the schema.
func (k Kind) OfSchema() bool {
	switch k {
	case KindNUL, KindDuplicate, KindSurrogate, KindNumber, KindTime, KindDepth, KindSize, KindUpgrade, KindOrigin:
		return false
	}
	return true
}

// Fault is a fault of a report.
type Fault struct {
	Kind     Kind   `json:"kind"`
	List     string `json:"list,omitempty"`  // the list of its object, "tests"; "" outside of objects
	Index    int    `json:"index,omitempty"` // the object's place in List, from 0
	ID       string `json:"id,omitempty"`    // the object's ID, if it has an ID
	Pointer  string `json:"pointer"`         // JSON pointer (RFC 6901) from the report's root; very long names and pointers are cut
	Expected string `json:"expected"`        // the expected value, in words
	Found    string `json:"found"`           // the found value, cut to a readable length
}

// String returns the fault as one line:
//
//	tests[3] "ci:t4" at /tests/3/status: expected one of FAIL, ..., found "OK"
//
// It is safe to print on a terminal: characters that are not printable are escaped.
func (f Fault) String() string {
	return fmt.Sprintf("%sexpected %s, found %s", placeText(f.List, f.Index, f.ID, f.Pointer), f.Expected, f.Found)
}

// placeText describes the place of a fault or a repair, as the beginning of a line.
func placeText(list string, index int, id, pointer string) string {
	var b strings.Builder
	if list != "" {
		fmt.Fprintf(&b, "%s[%d] ", list, index)
		if id != "" {
			fmt.Fprintf(&b, "%q ", id)
		}
	}
	if pointer != "" {
		quoted := strconv.Quote(pointer)
		if quoted == `"`+pointer+`"` {
			quoted = pointer
		}
		fmt.Fprintf(&b, "at %s: ", quoted)
	}
	return b.String()
}

// MaxFaults is the number of faults that an Error lists. Checking goes on to count up to
// 400 faults, and then stops.
const MaxFaults = 100

// MaxDepth is the greatest depth of nested objects and arrays, including the report
// itself.
const MaxDepth = 512

// Error has the faults of a report: at least one fault.
type Error struct {
	Faults []Fault // the first MaxFaults, in document order if found in one pass
	More   int     // the number of other faults found
	// Stopped: checking stopped before the end of the report, because it had found
	// enough faults. The rest may have more.
	Stopped bool
}

// isOfText reports whether the text could not be read to its end.
func (e *Error) isOfText() bool {
	f := e.Faults[0]
	return f.Kind == KindDepth || f.Kind == KindSyntax && f.Pointer == ""
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

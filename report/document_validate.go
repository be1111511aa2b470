// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
)

// Validate judges the report by the schema of the version it says it is of,
// if that is among those up to the one asked for. It also finds fault with
// what the schema lets pass but databases do not keep (see Kind.OfSchema).
//
// The error is an *Error with all faults. A report of a version there is not
// has one fault that says so.
func (d *Document) Validate(asked Version) error {
	if err := d.validate(asked); err != nil {
		return err
	}
	return nil
}

func (d *Document) validate(asked Version) *Error {
	if v, ok := d.Version(asked); ok {
		return d.judge(v)
	}
	// The oldest schemas take version numbers that have no home, such as
	// 1.0. Asked by such a version, its own schema decides.
	if _, readable := d.stated(); readable && slices.Contains(versions, asked) && d.judge(asked) == nil {
		return nil
	}
	return d.unknownVersion(asked)
}

// ValidateExactly judges the report by one version's schema, which takes
// reports that say they are of this version or of an older one with the same
// major number. The error is an *Error with all faults.
func (d *Document) ValidateExactly(v Version) error {
	if !slices.Contains(versions, v) {
		return fmt.Errorf("validate a report as of version %v: there is no such version", v)
	}
	if err := d.judge(v); err != nil {
		return err
	}
	return nil
}

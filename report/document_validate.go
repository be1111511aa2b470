// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"
	"slices"
)

// Validate checks the report against the schema of the version that the report names, if
// that version exists and is not newer than asked. It also checks for values that
// databases do not keep (see Kind.OfSchema).
//
// The error is an *Error with all faults. A report with an unknown version has a fault of
// KindVersion, and no other.
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
	// The oldest schemas accept version numbers that never existed, such as
	// 1.0. If asked is such a version, its own schema decides.
	if _, readable := d.statedVersion(); readable && slices.Contains(versions, asked) && d.judge(asked) == nil {
		return nil
	}
	return d.unknownVersion(asked)
}

// ValidateExactly checks the report against the schema of one version. That schema accepts
// reports of this version and of older versions with the same major number. The error is
// an *Error with all faults.
func (d *Document) ValidateExactly(v Version) error {
	if !slices.Contains(versions, v) {
		return fmt.Errorf("validate a report as of version %v: there is no such version", v)
	}
	if err := d.judge(v); err != nil {
		return err
	}
	return nil
}

// judge returns the faults of the report against a version's schema, or nil.
func (d *Document) judge(v Version) *Error {
	text := d.text
	if text == nil {
		text = appendValue(nil, d.root)
	}
	_, _, err := decode(context.Background(), text, v, false, nil)
	if err == nil || unfitOnly(err) {
		return nil
	}
	return err.(*Error) // the context does not end
}

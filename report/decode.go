// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"
)

// Validate judges a report by the schema of the version it says it is of, and
// finds fault with what the schema lets pass but databases do not keep. It
// returns nil or an *Error with all faults.
func Validate(text []byte) error {
	var err *Error
	if minor, ok := peekMinor5(text); ok {
		_, err = decode5(text, minor)
	} else {
		_, err = validated(text)
	}
	if err != nil {
		return err
	}
	return nil
}

// Decode validates a report of any version, upgrades it to the latest, and
// returns its objects. The error is an *Error. Its faults are of KindUpgrade
// where the report is fine for its version, but says what the latest has no
// way to say.
func Decode(text []byte) (*Report, error) {
	var r *Report
	var err *Error
	if minor, ok := peekMinor5(text); ok {
		r, err = decode5(text, minor)
	} else {
		r, err = decodeOlder(text)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// peekMinor5 returns the minor number of a report's version, and false where
// it is none of those that the decoder of 5.x knows.
func peekMinor5(text []byte) (int, bool) {
	v, ok := peekVersion(text)
	return v.Minor, ok && v.Major == 5 && slices.Contains(versions, v)
}

// validated returns the document of a report that is valid.
func validated(text []byte) (*Document, *Error) {
	d, err := parseDocument(text)
	if err != nil {
		return nil, err
	}
	return d, d.validate(Latest)
}

func decodeOlder(text []byte) (*Report, *Error) {
	d, err := validated(text)
	if err != nil {
		return nil, err
	}
	u, err := d.upgraded(Latest)
	if err != nil {
		return nil, err
	}
	r, err := decode5(u.JSON(), Latest.Minor)
	if err != nil {
		return nil, d.upgradeFaults(err)
	}
	return r, nil
}

// upgradeFaults turns the faults of the report upgraded into faults of what it
// is. Properties may have other names there, so that the faults point at
// objects.
func (d *Document) upgradeFaults(err *Error) *Error {
	from, _ := d.Version(Latest)
	for i := range err.Faults {
		f := &err.Faults[i]
		path := splitPointer(f.Pointer)
		n := min(2, len(path))
		f.Expected = fmt.Sprintf("%s, for what is %s in version %v", f.Expected, strings.Join(path[n:], "."), Latest)
		if from.Major < 4 && path[0] == "checkouts" {
			path[0] = "revisions"
			f.List = strings.Replace(f.List, "checkouts", "revisions", 1)
		}
		if o, ok := d.object(f.List, f.Index); ok {
			f.ID = objectID(o)
		}
		f.Kind, f.Pointer = KindUpgrade, pointer(path[:n])
	}
	return err
}

// Upgrade validates a report, and returns it in another version, which must not
// be older than its own. A report already of that version is returned as it is.
// The error is an *Error, as of Decode.
func Upgrade(text []byte, to Version) ([]byte, error) {
	d, err := validated(text)
	if err != nil {
		return nil, err
	}
	u, err := d.upgraded(to)
	switch {
	case err != nil:
		return nil, err
	case u == d:
		return text, nil
	}
	return u.JSON(), nil
}

// Count validates a report and returns the number of its objects. The error is
// an *Error, as of Validate.
func Count(text []byte) (int, error) {
	if minor, ok := peekMinor5(text); ok {
		r, err := decode5(text, minor)
		if err != nil {
			return 0, err
		}
		return r.Count(), nil
	}
	d, err := validated(text)
	if err != nil {
		return 0, err
	}
	return d.Count()
}

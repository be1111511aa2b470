// SPDX-License-Identifier: Apache-2.0

package report

// Validate judges a report by the schema of the version it says it is of, and
// finds fault with what the schema lets pass but databases do not keep. It
// returns nil or an *Error with all faults.
func Validate(text []byte) error {
	if v, ok := peekVersion(text); ok && v.Major == Latest.Major {
		if _, err := decode5(text, v.Minor); err != nil {
			return err
		}
		return nil
	}
	d, err := parseDocument(text)
	if err == nil {
		err = d.validate(Latest)
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
	if v, ok := peekVersion(text); ok && v.Major == Latest.Major {
		r, err = decode5(text, v.Minor)
	} else {
		r, err = decodeOlder(text)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

func decodeOlder(text []byte) (*Report, *Error) {
	d, err := parseDocument(text)
	if err != nil {
		return nil, err
	}
	if err := d.validate(Latest); err != nil {
		return nil, err
	}
	from, _ := d.Version(Latest)
	if err := d.upgrade(Latest); err != nil {
		return nil, err
	}
	r, err := decode5(d.JSON(), Latest.Minor)
	if err != nil {
		return nil, upgradeFaults(err, from)
	}
	return r, nil
}

// upgradeFaults turns the faults of a report that was upgraded into faults of
// the one it was before. Properties may have had another name then, so
// that they point at the object.
func upgradeFaults(err *Error, from Version) *Error {
	for i := range err.Faults {
		f := &err.Faults[i]
		path := splitPointer(f.Pointer)
		f.Expected += ", needed in version " + Latest.String() + " (for " + pointer(path[min(2, len(path)):]) + ")"
		if f.List == "checkouts" && from.Major < 4 {
			f.List, path[0] = "revisions", "revisions"
		}
		f.Kind, f.Pointer = KindUpgrade, pointer(path[:min(2, len(path))])
	}
	return err
}

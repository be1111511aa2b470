// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Version returns the version that the report names. It returns false if that version is
// newer than asked, does not exist, or is malformed.
func (d *Document) Version(asked Version) (Version, bool) {
	return d.find(asked, func(stated, v Version) bool { return stated == v })
}

// DirectVersion returns the newest version, up to the version asked, that can read the
// report unchanged: with the same major number, and at least the minor number that the
// report names.
func (d *Document) DirectVersion(asked Version) (Version, bool) {
	return d.find(asked, func(stated, v Version) bool {
		return stated.Major == v.Major && stated.Minor <= v.Minor
	})
}

// find returns the newest version up to asked that matches the stated version. Only 1.1
// accepts a version that is a string.
func (d *Document) find(asked Version, fits func(stated, v Version) bool) (Version, bool) {
	stated, ok := d.statedVersion()
	if !ok {
		return Version{}, false
	}
	root := d.root.(*object)
	value, _ := root.get("version")
	_, isString := value.(string)
	for i := len(versions) - 1; i >= 0; i-- {
		v := versions[i]
		if v.Compare(asked) <= 0 && (!isString || v.Major == 1) && fits(stated, v) {
			return v, true
		}
	}
	return Version{}, false
}

// statedVersion returns the version that the report names, which may not exist, and
// false if its version is not readable.
func (d *Document) statedVersion() (Version, bool) {
	root, ok := d.root.(*object)
	if !ok {
		return Version{}, false
	}
	value, _ := root.get("version")
	switch value := value.(type) {
	case string:
		return parseStringVersion(value)
	case *object:
		major, _ := value.get("major")
		minor, hasMinor := value.get("minor")
		if !hasMinor {
			minor = json.Number("0")
		}
		v := Version{}
		var okMajor, okMinor bool
		v.Major, okMajor = versionPart(major)
		v.Minor, okMinor = versionPart(minor)
		return v, okMajor && okMinor
	}
	return Version{}, false
}

// versionPart returns a number of a version: an integer without fraction and
// exponent, and not negative. Booleans have always passed for 1 and 0 here;
// the schema reports them.
func versionPart(value any) (int, bool) {
	switch value := value.(type) {
	case bool:
		if value {
			return 1, true
		}
		return 0, true
	case json.Number:
		if isFloat(value) {
			return 0, false
		}
		return parseDigits(strings.TrimPrefix(string(value), "-"), value == "-0" || value[0] != '-')
	}
	return 0, false
}

// parseStringVersion reads a version before 2.0, "1" or "1.1". A minor number that is left
// out is 1.
func parseStringVersion(s string) (Version, bool) {
	major, minor, hasMinor := strings.Cut(strings.TrimSuffix(s, "\n"), ".")
	if !hasMinor {
		minor = "1"
	}
	v := Version{}
	var okMajor, okMinor bool
	v.Major, okMajor = parseDigits(major, true)
	v.Minor, okMinor = parseDigits(minor, true)
	return v, okMajor && okMinor
}

// parseDigits returns the value of any number of decimal digits. Values too
// large to matter are returned as the maximum.
func parseDigits(digits string, ok bool) (int, bool) {
	if !ok || digits == "" || span(digits, classDigit) < len(digits) {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	if err != nil { // it is out of range
		const maxInt = int(^uint(0) >> 1)
		return maxInt, true
	}
	return n, true
}

// setVersion replaces the version that the report names.
func (d *Document) setVersion(v Version) {
	version := &object{[]member{
		{"major", json.Number(strconv.Itoa(v.Major))},
		{"minor", json.Number(strconv.Itoa(v.Minor))},
	}}
	d.root.(*object).set("version", version)
	d.text = nil
}

// unknownVersion returns the error of a report with an unknown version, or one newer than
// asked.
func (d *Document) unknownVersion(asked Version) *Error {
	root, ok := d.root.(*object)
	if !ok {
		return &Error{Faults: []Fault{{
			Kind: KindType, Expected: expectedType([]string{"object"}), Found: describeValue(d.root),
		}}}
	}
	value, ok := root.get("version")
	if !ok {
		return &Error{Faults: []Fault{{
			Kind: KindRequired, Expected: expectedProperty("version"), Found: foundMissing,
		}}}
	}
	var names []string
	for _, v := range versions {
		if v.Compare(asked) <= 0 {
			names = append(names, v.String())
		}
	}
	expected := fmt.Sprintf(`{"major": %d, "minor": %d}`, asked.Major, asked.Minor)
	if len(names) > 1 {
		expected += ", or an older version of " + strings.Join(names[:len(names)-1], ", ")
	}
	return &Error{Faults: []Fault{{
		Kind: KindVersion, Pointer: "/version", Expected: expected, Found: excerpt(string(appendValue(nil, value))),
	}}}
}

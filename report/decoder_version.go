// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// versionOf returns the version of a report. The error is an *Error, or the
// cause of the context's end. A text that does not begin with an ordinary
// version is read to its end without building objects.
func versionOf(ctx context.Context, text []byte) (Version, error) {
	return versionWith(ctx, text, nil)
}

// versionWith is versionOf. With a mender it reads over text that a mender can repair.
func versionWith(ctx context.Context, text []byte, mend *mender) (Version, error) {
	if v, ok := peekVersion(text); ok && slices.Contains(versions, v) {
		return v, nil
	}
	d := newDecoder(text, latest)
	d.ctx, d.stops, d.mend = ctx, true, mend
	var version []byte
	var other string // the kind of value in place of an object
	err := d.run(func() {
		if d.next() != '{' {
			other = d.skipFound()
			return
		}
		version = d.findVersion()
	})
	if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Stopped || e.isOfText()) {
		return Version{}, err
	}
	if other != "" {
		return Version{}, &Error{Faults: []Fault{{Kind: KindType, Expected: expectedType([]string{"object"}), Found: other}}}
	}
	return parseVersion(version)
}

// findVersion reads an object and returns the text of its member version: the last of
// several, or nil without such a member.
func (d *decoder) findVersion() (version []byte) {
	if !d.enter('}') {
		return nil
	}
	for {
		name := d.name()
		isVersion := string(name) == "version"
		d.next()
		start := d.pos
		d.skip()
		if isVersion {
			version = d.text[start:d.pos]
		}
		if !d.nextItem('}') {
			return version
		}
	}
}

// longestVersion is the maximum length of the text of a version. A longer text
// is not a version.
const longestVersion = 1 << 10

// parseVersion returns the version that a text represents. It reads 3.0 as 3, as
// the schema does. A Document does not, like the Python system.
func parseVersion(text []byte) (Version, error) {
	report := &Document{root: &object{}}
	if text != nil {
		root, _, _, err := readTree(text[:min(len(text), longestVersion)])
		if err != nil { // it is too long
			root = quotable(text)
		}
		plainNumbers(root)
		report.root.(*object).set("version", root)
	}
	v, ok := report.Version(latest)
	if !ok {
		return Version{}, report.unknownVersion(latest)
	}
	return v, nil
}

// plainNumbers replaces the numbers of a version that are integers by their
// plain form: 3.0 becomes 3.
func plainNumbers(version any) {
	o, _ := version.(*object)
	if o == nil {
		return
	}
	for i, m := range o.members {
		if n, ok := m.value.(json.Number); ok && isFloat(n) && isIntegral(n) && math.Abs(toFloat(n)) <= math.MaxInt32 {
			o.members[i].value = json.Number(strconv.Itoa(int(toFloat(n))))
		}
	}
}

// readVersion reads the version in a report.
func (d *decoder) readVersion() {
	if d.v.Major == 1 && d.next() == '"' {
		d.ruledString(ruleVersion1)
		return
	}
	var v Version
	readObject(d, d.shapes.version, &v)
}

func (d *decoder) readMajor() {
	if value, literal, ok := d.integer(); ok && value != float64(d.v.Major) {
		d.note(KindVersion, fmt.Sprint(d.v.Major), quotable(literal), false)
	}
}

func (d *decoder) readMinor() {
	value, literal, ok := d.integer()
	switch {
	case !ok:
	case value < 0:
		d.note(KindRange, expectedNonSmall, quotable(literal), false)
	case value > float64(d.v.Minor):
		d.note(KindRange, fmt.Sprintf("%d or less", d.v.Minor), quotable(literal), false)
	}
}

// peekVersion returns the version of a report without reading the rest of the
// report. It reads only the ordinary form, a version of two plain integers,
// and returns false in any other case.
func peekVersion(text []byte) (Version, bool) {
	pos := spaces(text, 0)
	if pos == len(text) || text[pos] != '{' {
		return Version{}, false
	}
	for {
		pos = spaces(text, pos+1)
		name, next, ok := skim(text, pos)
		if !ok || text[pos] != '"' || bytes.IndexByte(name, '\\') >= 0 {
			return Version{}, false
		}
		pos = spaces(text, next)
		if pos == len(text) || text[pos] != ':' {
			return Version{}, false
		}
		value, next, ok := skim(text, spaces(text, pos+1))
		if !ok {
			return Version{}, false
		}
		if string(name) == `"version"` {
			return plainVersion(value)
		}
		pos = spaces(text, next)
		if pos == len(text) || text[pos] != ',' {
			return Version{}, false
		}
	}
}

// plainVersion returns the version in an object of two plain integers.
func plainVersion(text []byte) (v Version, ok bool) {
	if len(text) > longestVersion || bytes.ContainsAny(text, `-.eE\`) {
		return Version{}, false
	}
	d := newDecoder(text, latest)
	err := d.run(func() {
		readObject(d, peekShape, &v)
	})
	if err != nil {
		return Version{}, false
	}
	return v, true
}

// peekShape is a version with any numbers.
var peekShape = newShape(0, latest, []property[Version]{
	{"major", required, func(d *decoder, v *Version) { v.Major = d.readInt() }},
	{"minor", optional, func(d *decoder, v *Version) { v.Minor = d.readInt() }},
}, nil)

// readInt reads an integer as an int, limited to the range of an int.
func (d *decoder) readInt() int {
	value, _, _ := d.integer()
	return int(min(max(value, math.MinInt32), math.MaxInt32))
}

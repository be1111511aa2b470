// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"math"
)

// decode5 reads a report of 5.x in one pass over its bytes, judging it by the
// schema of 5.minor as it goes. It returns either the report or everything
// that is wrong with it.
func decode5(text []byte, minor int) (r *Report, err *Error) {
	defer catch(&err)
	d := newDecoder(text, minor)
	read := new(Report)
	readObject(d, reportShape, read)
	d.end()
	if err := d.err(); err != nil {
		return nil, err
	}
	return read, nil
}

// decoder reads a report of 5.x into the typed objects, judging it by the
// schema of one minor version as it goes.
type decoder struct {
	scanner
	minor   int
	guess   [maxShapes][maxProperties + 1]uint8
	keeper  keeper
	excerpt repeated
}

// newDecoder returns a decoder of one text.
func newDecoder(text []byte, minor int) *decoder {
	return &decoder{scanner: scanner{text: text, offset: -1}, minor: minor}
}

// catch turns the panic that ends a scan into an error.
func catch(err **Error) {
	switch p := recover().(type) {
	case nil:
	case *Error:
		*err = p
	default:
		panic(p)
	}
}

// reportShape is a report of 5.x as a whole.
var reportShape = newShape(
	property[Report]{"version", required, func(d *decoder, _ *Report) { d.version() }},
	property[Report]{checkouts.name, optional, checkouts.read},
	property[Report]{builds.name, optional, builds.read},
	property[Report]{tests.name, optional, tests.read},
	property[Report]{issues.name, optional, issues.read},
	property[Report]{incidents.name, optional, incidents.read},
)

// versionShape is the version a report says it is of.
var versionShape = newShape(
	property[Version]{"major", required, func(d *decoder, v *Version) {
		value, literal, ok := d.integer()
		if v.Major = whole(value); ok && value != 5 {
			d.note(KindVersion, "5", literal, false)
		}
	}},
	property[Version]{"minor", optional, func(d *decoder, v *Version) {
		value, literal, ok := d.integer()
		v.Minor = whole(value)
		switch {
		case !ok:
		case value < 0:
			d.note(KindRange, expectedNonSmall, literal, false)
		case value > float64(d.minor):
			d.note(KindRange, fmt.Sprintf("%d or less", d.minor), literal, false)
		}
	}},
)

// whole returns a number as an int, cut to what one can hold.
func whole(value float64) int {
	return int(min(max(value, math.MinInt32), math.MaxInt32))
}

// version reads the version a report says it is of.
func (d *decoder) version() (v Version) {
	readObject(d, versionShape, &v)
	return v
}

// peekVersion returns the version that a report says it is of, without reading
// the rest of it. It answers for the ordinary case only, a version of two
// plain integers, and is false on any doubt.
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
			return parseVersion(value)
		}
		pos = spaces(text, next)
		if pos == len(text) || text[pos] != ',' {
			return Version{}, false
		}
	}
}

// parseVersion returns the version that an object is.
func parseVersion(text []byte) (v Version, ok bool) {
	if bytes.ContainsAny(text, `-.eE\`) {
		return Version{}, false
	}
	var err *Error
	defer func() { ok = ok && err == nil }()
	defer catch(&err)
	d := newDecoder(text, math.MaxInt32)
	v = d.version()
	d.end()
	for _, f := range d.faults {
		if f.Kind != KindVersion {
			return Version{}, false
		}
	}
	return v, true
}

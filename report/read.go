// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"math"
	"time"
)

// wrongType notes that the next value has a wrong JSON type, and skips it.
func (d *decoder) wrongType(want string) {
	d.note(KindType, expectedType([]string{want}), d.skipFound(), false)
}

// ruledString reads a string that must obey the rules; a nil rule requires nothing.
// The string is valid until the next one is read. It is nil if the value is
// not a string.
func (d *decoder) ruledString(rules ...*rule) []byte {
	if d.next() != '"' {
		d.wrongType("string")
		return nil
	}
	value := d.str()
	if value == nil {
		value = []byte{}
	}
	for _, r := range rules {
		if r != nil && !r.match(value) {
			d.note(r.kind, r.expected, foundText(value), false)
			if r.kind == KindFormat {
				break // the fault of a pattern would only repeat this
			}
		}
	}
	return value
}

func (d *decoder) string(rules ...*rule) string { return d.keepText(d.ruledString(rules...)) }

func (d *decoder) optString(rules ...*rule) *string { return d.keptPointer(d.ruledString(rules...)) }

// keepText returns a copy of a text for an object.
func (d *decoder) keepText(text []byte) string {
	if !d.reserve(len(text)) {
		return ""
	}
	return d.keeper.string(text)
}

// keptPointer returns a pointer to a copy of a text for an object.
func (d *decoder) keptPointer(text []byte) *string {
	if !d.reserve(sizeOf[string]() + len(text)) {
		return nil
	}
	return d.keeper.strings.keep(d.keeper.string(text))
}

// keep returns a pointer to a copy of a value for an object.
func keep[T any](d *decoder, values *slab[T], value T) *T {
	if !d.reserve(sizeOf[T]()) {
		return nil
	}
	return values.keep(value)
}

func (d *decoder) optText() *string { return d.optString(d.rules.text) }

// optName reads a text that databases index.
func (d *decoder) optName() *string { return d.optString(d.rules.text, ruleIndexed) }

func (d *decoder) optURI() *string { return d.optString(ruleURI) }

func (d *decoder) strings(rules ...*rule) []string {
	return readList(d, func(d *decoder, to *string) { *to = d.string(rules...) })
}

// logExcerpt reads an excerpt from a log. An excerpt that is equal to the previous excerpt
// shares its text: CI systems send the same excerpt with every test of a run, and excerpts
// are most of all bytes.
func (d *decoder) logExcerpt() *string {
	d.next()
	if n := len(d.excerpt.written); n > 0 && bytes.HasPrefix(d.text[d.pos:], d.excerpt.written) {
		d.pos += n
		return keep(d, &d.keeper.strings, d.excerpt.value)
	}
	start, faults := d.pos, len(d.faults)
	value := d.string(d.rules.text, ruleExcerptLength)
	if len(d.faults) == faults && !d.mended(start) {
		d.excerpt.value = value
		d.excerpt.written = append(d.excerpt.written[:0], d.text[start:d.pos]...)
	}
	return keep(d, &d.keeper.strings, value)
}

// repeated is the last string, which may come again.
type repeated struct {
	written []byte // including quotes and escapes
	value   string
}

// time reads a date and time.
func (d *decoder) time() (t time.Time, ok bool) {
	d.next()
	start := d.pos
	value := d.ruledString()
	if value != nil && !validDateTime(value) {
		value = d.oddTime(start, value)
	}
	if value == nil {
		return t, false
	}
	t = parseTime(value)
	if !inYears(t) {
		d.note(KindTime, expectedYears, foundText(value), false)
	}
	return t, true
}

// oddTime returns the time that a mender makes of a value that is no time, or notes the
// fault and returns nil. The text of the value begins at start.
func (d *decoder) oddTime(start int, value []byte) []byte {
	if d.mend != nil {
		if mended := d.mendTime(start, value); mended != nil {
			return mended
		}
	}
	d.note(KindFormat, ruleDateTime.expected, foundText(value), false)
	return nil
}

func (d *decoder) optTime() *time.Time {
	t, ok := d.time()
	if !ok {
		return nil
	}
	return keep(d, &d.keeper.times, t)
}

// The statuses of the latest version, of versions before 4.2, and of versions
// before 4.0.
var (
	statuses  = []Status{StatusFail, StatusError, StatusMiss, StatusPass, StatusDone, StatusSkip}
	statuses4 = []Status{StatusFail, StatusError, StatusPass, StatusDone, StatusSkip}
	statuses1 = []Status{StatusError, StatusFail, StatusPass, StatusDone, StatusSkip}
)

func (d *decoder) status() Status { return enum(d, d.rules.statuses) }

func (d *decoder) optStatus() *Status { return keep(d, &d.keeper.statuses, d.status()) }

// validity reads the validity of a build, and returns it as a status.
func (d *decoder) validity() *Status {
	status := StatusFail
	if valid, _ := d.boolean(); valid {
		status = StatusPass
	}
	return keep(d, &d.keeper.statuses, status)
}

func (d *decoder) prefix() *Prefix {
	prefix := enum(d, []Prefix{PrefixMetric, PrefixBinary})
	if !d.reserve(sizeOf[Prefix]()) {
		return nil
	}
	return &prefix
}

func (d *decoder) resources() []Resource {
	return readList(d, func(d *decoder, to *Resource) { readObject(d, d.shapes.resource, to) })
}

// enum reads a string that must be one of the values.
func enum[T ~string](d *decoder, values []T) T {
	value := d.ruledString()
	if value == nil {
		return ""
	}
	for _, v := range values {
		if string(value) == string(v) {
			return v
		}
	}
	names := make([]any, len(values))
	for i, v := range values {
		names[i] = v
	}
	d.note(KindEnum, expectedEnum(names), foundText(value), false)
	return ""
}

// boolean reads a boolean, and returns whether the value is a boolean.
func (d *decoder) boolean() (value, ok bool) {
	switch c := d.next(); {
	case c == 't' && d.word("true"):
		return true, true
	case c == 'f' && d.word("false"):
		return false, true
	}
	d.wrongType("boolean")
	return false, false
}

func (d *decoder) optBool() *bool {
	value, _ := d.boolean()
	return keep(d, &d.keeper.bools, value)
}

// float reads a number. An integer must be exact in double precision.
func (d *decoder) float() float64 {
	if !isNumber(d.next()) {
		d.wrongType("number")
		return 0
	}
	literal := d.number()
	if !bytes.ContainsAny(literal, ".eENI") && !isExact(literal) {
		d.note(KindNumber, expectedExact, quotable(literal), false)
	}
	return float(literal) + 0 // -0, which some databases do not keep, becomes 0
}

func (d *decoder) optFloat() *float64 { return keep(d, &d.keeper.floats, d.float()) }

// integer reads a number without a fraction, in any form. Its value is checked
// as a double.
func (d *decoder) integer() (value float64, literal []byte, ok bool) {
	if !isNumber(d.next()) {
		d.wrongType("integer")
		return 0, nil, false
	}
	literal = d.number()
	value = float(literal)
	if bytes.ContainsAny(literal, ".eENI") && (math.IsInf(value, 0) || value != math.Trunc(value)) {
		d.note(KindType, expectedType([]string{"integer"}), quotable(literal), false)
		return 0, nil, false
	}
	return value, literal, true
}

// issueVersion reads the version of an issue.
func (d *decoder) issueVersion() int {
	value, literal, ok := d.integer()
	switch {
	case !ok:
	case value < 0:
		d.note(KindRange, expectedNonSmall, quotable(literal), false)
	case value > math.MaxInt32:
		d.note(KindNumber, expectedInt32, quotable(literal), false)
	default:
		return int(value)
	}
	return 0
}

// misc reads any object, and returns it as compact JSON, so that equal objects
// with different spaces have the same text and size.
func (d *decoder) misc() json.RawMessage {
	if d.next() != '{' {
		d.wrongType("object")
		return nil
	}
	start, spaces := d.pos, d.spaces
	d.skipObject()
	value := d.text[start:d.pos]
	spaces = d.spaces - spaces
	if d.mended(start) {
		value, spaces = d.mendedMisc(), 0
	}
	switch compact := len(value) - spaces; {
	case compact > maxMisc:
		d.note(KindSize, expectedMisc, foundBytes(compact), true)
		return nil
	case !d.reserve(len(value)):
		return nil
	case spaces > 0:
		d.scratch = new(layout).append(d.scratch[:0], value)
		value = d.scratch
	}
	return d.keeper.bytes(value)
}

// stringLength returns the length of the JSON string at the beginning of b,
// including its quotes.
func stringLength(b []byte) int {
	n := 1
	for {
		i := bytes.IndexByte(b[n:], '"')
		if i < 0 {
			return len(b)
		}
		if n += i + 1; !escaped(b, n-1) {
			return n
		}
	}
}

// escaped reports whether the quote at a position follows an odd number of
// backslashes, and so does not end its string.
func escaped(b []byte, quote int) bool {
	i := quote
	for i > 0 && b[i-1] == '\\' {
		i--
	}
	return (quote-i)%2 == 1
}

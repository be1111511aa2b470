// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"math"
	"time"
)

// wrongType notes that the next value should be of another JSON type.
func (d *decoder) wrongType(want string) {
	d.note(KindType, expectedType([]string{want}), d.skipFound(), false)
}

// shaped reads a string that has to obey some rules. It is good until the next
// one is read; nil stands for no string at all.
func (d *decoder) shaped(rules ...*rule) []byte {
	if d.next() != '"' {
		d.wrongType("string")
		return nil
	}
	value := d.str()
	for _, r := range rules {
		if !r.match(value) {
			d.note(r.kind, r.expected, found(string(value)), false)
			if r.kind == KindFormat {
				break // a pattern would only say the same again
			}
		}
	}
	return value
}

func (d *decoder) string(rules ...*rule) string { return d.keeper.string(d.shaped(rules...)) }

func (d *decoder) optString(rules ...*rule) *string {
	return d.keeper.strings.keep(d.string(rules...))
}

func (d *decoder) optText() *string { return d.optString(ruleText) }

func (d *decoder) optURI() *string { return d.optString(ruleURI) }

func (d *decoder) strings(r *rule) []string {
	return readList(d, func(d *decoder, to *string) { *to = d.string(r) })
}

// logExcerpt reads an excerpt from a log. One that is written just as the one
// before shares its text: CI systems send the same one with every test of a
// run, and they are most of all bytes.
func (d *decoder) logExcerpt() *string {
	d.next()
	if n := len(d.excerpt.written); n > 0 && bytes.HasPrefix(d.text[d.pos:], d.excerpt.written) {
		d.pos += n
		return d.keeper.strings.keep(d.excerpt.value)
	}
	start, faults := d.pos, len(d.faults)
	value := d.string(ruleText, ruleExcerptLength)
	if len(d.faults) == faults {
		d.excerpt.value = value
		d.excerpt.written = append(d.excerpt.written[:0], d.text[start:d.pos]...)
	}
	return d.keeper.strings.keep(value)
}

// repeated is a string that may come again.
type repeated struct {
	written []byte // with its quotes and escapes
	value   string
}

func (d *decoder) optTime() *time.Time {
	value := d.shaped(ruleDateTime)
	if !validDateTime(value) {
		return nil
	}
	t := parseTime(value)
	if !inYears(t) {
		d.note(KindTime, expectedYears, found(string(value)), false)
	}
	return d.keeper.times.keep(t)
}

var statuses = []Status{StatusFail, StatusError, StatusMiss, StatusPass, StatusDone, StatusSkip}

func (d *decoder) optStatus() *Status { return d.keeper.statuses.keep(enum(d, statuses)) }

func (d *decoder) prefix() *Prefix {
	prefix := enum(d, []Prefix{PrefixMetric, PrefixBinary})
	return &prefix
}

func (d *decoder) resources() []Resource {
	return readList(d, func(d *decoder, to *Resource) { readObject(d, resourceShape, to) })
}

// enum reads a string that has to be one of some values.
func enum[T ~string](d *decoder, values []T) T {
	value := d.shaped()
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
	d.note(KindEnum, expectedEnum(names), found(string(value)), false)
	return ""
}

func (d *decoder) optBool() *bool {
	switch c := d.next(); {
	case c == 't' && d.word("true"):
		return d.keeper.bools.keep(true)
	case c == 'f' && d.word("false"):
		return d.keeper.bools.keep(false)
	}
	d.wrongType("boolean")
	return nil
}

func (d *decoder) float() float64 {
	if !isNumber(d.next()) {
		d.wrongType("number")
		return 0
	}
	return float(d.number())
}

func (d *decoder) optFloat() *float64 { return d.keeper.floats.keep(d.float()) }

// integer reads a number without a fraction, however it is written. It is
// judged as a double.
func (d *decoder) integer() (value float64, literal string, ok bool) {
	if !isNumber(d.next()) {
		d.wrongType("integer")
		return 0, "", false
	}
	written := d.number()
	value = float(written)
	literal = excerpt(string(written))
	if bytes.ContainsAny(written, ".eENI") && (math.IsInf(value, 0) || value != math.Trunc(value)) {
		d.note(KindType, expectedType([]string{"integer"}), literal, false)
		return 0, "", false
	}
	return value, literal, true
}

// version reads the version of an issue.
func (d *decoder) issueVersion() int {
	value, literal, ok := d.integer()
	switch {
	case !ok:
	case value < 0:
		d.note(KindRange, expectedNonSmall, literal, false)
	case value > math.MaxInt32:
		d.note(KindNumber, expectedInt32, literal, false)
	default:
		return int(value)
	}
	return 0
}

// misc reads an object of which nothing is asked, and returns it as compact
// JSON, so that the same object spaced otherwise is the same.
func (d *decoder) misc() json.RawMessage {
	if d.next() != '{' {
		d.wrongType("object")
		return nil
	}
	start := d.pos
	d.spaced = false
	d.skipObject()
	value := d.text[start:d.pos]
	if d.spaced {
		d.scratch = new(layout).append(d.scratch[:0], value)
		value = d.scratch
	}
	return d.keeper.bytes(value)
}

// stringLength returns the length of the JSON string at the beginning of b,
// its quotes included.
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

// escaped reports whether the quote at a position stands behind an odd number
// of backslashes, and so does not end its string.
func escaped(b []byte, quote int) bool {
	i := quote
	for i > 0 && b[i-1] == '\\' {
		i--
	}
	return (quote-i)%2 == 1
}

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"math"
	"strconv"
	"sync"
	"time"
)

// AppendJSON appends the report as compact JSON: the version, then the lists
// that are not nil, parents first. Properties have a fixed order, times are in
// UTC with a numeric offset and microseconds.
//
// Decode returns an equal report, down to the microseconds, if the report is
// valid. The result is always JSON if Misc is JSON: bytes that are not UTF-8 in
// a string become replacement characters. Numbers that JSON cannot represent
// are left out, or null if they are required.
func (r *Report) AppendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendVersion(appendName(dst, "version"), latest)
	dst = appendList(dst, "checkouts", r.Checkouts, (*Checkout).AppendJSON)
	dst = appendList(dst, "builds", r.Builds, (*Build).AppendJSON)
	dst = appendList(dst, "tests", r.Tests, (*Test).AppendJSON)
	dst = appendList(dst, "issues", r.Issues, (*Issue).AppendJSON)
	dst = appendList(dst, "incidents", r.Incidents, (*Incident).AppendJSON)
	return closeObject(dst, start)
}

// MarshalJSON returns the report as AppendJSON does.
func (r *Report) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil), nil }

// UnmarshalJSON reads a report of any version, as Decode does.
func (r *Report) UnmarshalJSON(text []byte) error {
	decoded, err := Decode(text)
	if err != nil {
		return err
	}
	*r = *decoded
	return nil
}

// AppendJSON appends the checkout as compact JSON.
func (c *Checkout) AppendJSON(dst []byte) []byte { return appendObject(dst, c) }

// AppendJSON appends the build as compact JSON.
func (b *Build) AppendJSON(dst []byte) []byte { return appendObject(dst, b) }

// AppendJSON appends the test as compact JSON.
func (t *Test) AppendJSON(dst []byte) []byte { return appendObject(dst, t) }

// AppendJSON appends the issue as compact JSON.
func (i *Issue) AppendJSON(dst []byte) []byte { return appendObject(dst, i) }

// AppendJSON appends the incident as compact JSON.
func (i *Incident) AppendJSON(dst []byte) []byte { return appendObject(dst, i) }

// encoders are reused, because an encoder is allocated on the heap.
var encoders = sync.Pool{New: func() any { return new(encoder) }}

func appendObject(dst []byte, o Object) []byte {
	e := encoders.Get().(*encoder)
	e.dst = dst
	start := len(dst)
	o.VisitFields(e)
	e.OptTime("_timestamp", &e.timestamp)
	dst = closeObject(e.dst, start)
	*e = encoder{} // releases the object and the buffer
	encoders.Put(e)
	return dst
}

// encoder is a visitor that appends each field as a member of a JSON object, unless
// the property is absent.
type encoder struct {
	dst       []byte
	timestamp *time.Time // visited first, but written last
}

func (e *encoder) Timestamp(_ string, field **time.Time) { e.timestamp = *field }

func (e *encoder) name(name string) { e.dst = appendName(e.dst, name) }

func (e *encoder) Text(name string, field *string) {
	e.name(name)
	e.dst = appendQuoted(e.dst, *field)
}

func (e *encoder) OptText(name string, field **string) { appendWord(e, name, *field) }
func (e *encoder) Status(name string, field **Status)  { appendWord(e, name, *field) }
func (e *encoder) Prefix(name string, field **Prefix)  { appendWord(e, name, *field) }

func appendWord[T ~string](e *encoder, name string, value *T) {
	if value != nil {
		e.name(name)
		e.dst = appendQuoted(e.dst, string(*value))
	}
}

func (e *encoder) Version(name string, field *int) {
	e.name(name)
	e.dst = strconv.AppendInt(e.dst, int64(*field), 10)
}

func (e *encoder) OptBool(name string, field **bool) {
	if *field != nil {
		e.name(name)
		e.dst = strconv.AppendBool(e.dst, **field)
	}
}

func (e *encoder) Float(name string, field *float64) {
	e.name(name)
	e.dst = appendFloat(e.dst, *field)
}

func (e *encoder) OptFloat(name string, field **float64) {
	if value := *field; value != nil && !math.IsNaN(*value) && !math.IsInf(*value, 0) {
		e.Float(name, value)
	}
}

func (e *encoder) OptTime(name string, field **time.Time) {
	if *field != nil {
		e.name(name)
		e.dst = appendTime(e.dst, **field)
	}
}

func (e *encoder) Texts(name string, field *[]string) {
	e.dst = appendList(e.dst, name, *field, func(text *string, dst []byte) []byte { return appendQuoted(dst, *text) })
}

func (e *encoder) Resources(name string, field *[]Resource) {
	e.dst = appendList(e.dst, name, *field, (*Resource).appendJSON)
}

func (e *encoder) Misc(name string, field *json.RawMessage) {
	if len(*field) > 0 {
		e.name(name)
		e.dst = append(e.dst, *field...)
	}
}

func (e *encoder) Environment(name string, part **Environment) { appendPart(e, name, *part) }
func (e *encoder) Number(name string, part **Number)           { appendPart(e, name, *part) }
func (e *encoder) Culprit(name string, part **Culprit)         { appendPart(e, name, *part) }

func appendPart[P interface {
	comparable
	Object
}](e *encoder, name string, part P) {
	var absent P
	if part == absent {
		return
	}
	e.name(name)
	start := len(e.dst)
	part.VisitFields(e)
	e.dst = closeObject(e.dst, start)
}

func (r *Resource) appendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendQuoted(appendName(dst, "name"), r.Name)
	dst = appendQuoted(appendName(dst, "url"), r.URL)
	return closeObject(dst, start)
}

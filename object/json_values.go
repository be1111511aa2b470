// SPDX-License-Identifier: Apache-2.0

package object

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/report"
)

// members appends the members of a JSON object. Absent values become null.
type members struct {
	b     []byte
	start int // where the object begins
}

func open(b []byte) members { return members{b, len(b)} }

// close ends the object, and makes the first comma the opening brace.
func (o *members) close() []byte {
	o.b[o.start] = '{'
	return append(o.b, '}')
}

func (o *members) name(name string) {
	o.b = append(o.b, ',', '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

func (o *members) nulls(names ...string) {
	for _, name := range names {
		o.name(name)
		o.b = append(o.b, "null"...)
	}
}

// quote appends a string. Bytes that are not UTF-8 become replacement characters.
func (o *members) quote(value string) { o.b, _ = jsontext.AppendQuote(o.b, value) }

func (o *members) text(name, value string) {
	o.name(name)
	o.quote(value)
}

func (o *members) int(name string, value int) {
	o.name(name)
	o.b = strconv.AppendInt(o.b, int64(value), 10)
}

func optText[T ~string](o *members, name string, value *T) {
	if value == nil {
		o.nulls(name)
		return
	}
	o.text(name, string(*value))
}

func (o *members) optBool(name string, value *bool) {
	if value == nil {
		o.nulls(name)
		return
	}
	o.name(name)
	o.b = strconv.AppendBool(o.b, *value)
}

// optFloat writes a number, or null for a number that JSON does not have.
func (o *members) optFloat(name string, value *float64) {
	if value == nil || math.IsNaN(*value) || math.IsInf(*value, 0) {
		o.nulls(name)
		return
	}
	format := byte('f')
	if size := math.Abs(*value); size != 0 && size < 1e-6 || size >= 1e21 {
		format = 'e' // it would be long otherwise
	}
	o.name(name)
	o.b = strconv.AppendFloat(o.b, *value, format, -1, 64)
}

// optTime writes a time with a numeric offset, because Python before 3.11 does not read a
// "Z", and with six digits of a second or without a fraction, because it reads no others.
func (o *members) optTime(name string, value *time.Time) {
	if value == nil {
		o.nulls(name)
		return
	}
	layout := "2006-01-02T15:04:05-07:00"
	t := value.UTC()
	if t.Nanosecond() >= 1000 {
		layout = "2006-01-02T15:04:05.000000-07:00"
	}
	o.name(name)
	o.b = append(t.AppendFormat(append(o.b, '"'), layout), '"')
}

func (o *members) timestamp(value *time.Time) {
	if value != nil {
		o.optTime("_timestamp", value)
	}
}

func (o *members) raw(name string, value json.RawMessage) {
	if len(value) == 0 {
		o.nulls(name)
		return
	}
	o.name(name)
	o.b = append(o.b, value...)
}

func (o *members) texts(name string, values []string) {
	list(o, name, values, func(value *string) { o.quote(*value) })
}

func (o *members) resources(name string, values []report.Resource) {
	list(o, name, values, func(value *report.Resource) {
		inner := open(o.b)
		inner.text("name", value.Name)
		inner.text("url", value.URL)
		o.b = inner.close()
	})
}

func list[T any](o *members, name string, values []T, add func(*T)) {
	if values == nil {
		o.nulls(name)
		return
	}
	o.name(name)
	o.b = append(o.b, '[')
	for i := range values {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		add(&values[i])
	}
	o.b = append(o.b, ']')
}

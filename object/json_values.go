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

// objectWriter appends objects as JSON. It is a visitor that appends each field as a
// member, null if the property is absent.
type objectWriter struct {
	b    []byte
	only map[string]bool // the fields that are written; nil for all

	part      string     // the name of the part whose fields are visited; "" outside
	timestamp *time.Time // is visited first, and written last
}

// object appends an object.
func (w *objectWriter) object(o report.Object) {
	w.timestamp = nil
	start := len(w.b)
	o.VisitFields(w)
	if w.timestamp != nil {
		w.OptTime("_timestamp", &w.timestamp)
	}
	w.close(start)
}

// close ends the object that begins at start, and makes the first comma the opening
// brace.
func (w *objectWriter) close(start int) {
	w.b[start] = '{'
	w.b = append(w.b, '}')
}

// name appends the name of a member behind a comma. It appends nothing and returns
// false if the field is not written.
func (w *objectWriter) name(name string) bool {
	start := len(w.b)
	w.b = append(w.b, ',', '"')
	if w.part != "" {
		w.b = append(append(w.b, w.part...), '_')
	}
	w.b = append(w.b, name...)
	if w.only != nil && !w.only[string(w.b[start+2:])] {
		w.b = w.b[:start]
		return false
	}
	w.b = append(w.b, '"', ':')
	return true
}

// value appends the name of a member, and null if it is absent. It reports whether
// the caller has to append the value.
func (w *objectWriter) value(name string, present bool) bool {
	if !w.name(name) {
		return false
	}
	if !present {
		w.b = append(w.b, "null"...)
	}
	return present
}

// quote appends a string. Bytes that are not UTF-8 become replacement characters.
func (w *objectWriter) quote(value string) { w.b, _ = jsontext.AppendQuote(w.b, value) }

func (w *objectWriter) Timestamp(_ string, field **time.Time) { w.timestamp = *field }

func (w *objectWriter) Text(name string, field *string)           { word(w, name, field) }
func (w *objectWriter) OptText(name string, field **string)       { word(w, name, *field) }
func (w *objectWriter) Status(name string, field **report.Status) { word(w, name, *field) }
func (w *objectWriter) Prefix(name string, field **report.Prefix) { word(w, name, *field) }
func (w *objectWriter) OptFloat(name string, field **float64)     { w.Float(name, *field) }

func word[T ~string](w *objectWriter, name string, value *T) {
	if w.value(name, value != nil) {
		w.quote(string(*value))
	}
}

// Version appends the version as a member of another name: version_num.
func (w *objectWriter) Version(name string, field *int) {
	if w.name(name + "_num") {
		w.b = strconv.AppendInt(w.b, int64(*field), 10)
	}
}

func (w *objectWriter) OptBool(name string, field **bool) {
	if w.value(name, *field != nil) {
		w.b = strconv.AppendBool(w.b, **field)
	}
}

// Float appends a number, or null if JSON does not have the number.
func (w *objectWriter) Float(name string, field *float64) {
	if !w.value(name, field != nil && !math.IsNaN(*field) && !math.IsInf(*field, 0)) {
		return
	}
	format := byte('f')
	if size := math.Abs(*field); size != 0 && size < 1e-6 || size >= 1e21 {
		format = 'e' // the number would be long otherwise
	}
	w.b = strconv.AppendFloat(w.b, *field, format, -1, 64)
}

// OptTime appends a time. The offset is numeric, because Python before 3.11 does not
// read a "Z". The fraction of a second has six digits, or is left out if it is zero,
// because that Python reads no other number of digits.
func (w *objectWriter) OptTime(name string, field **time.Time) {
	if !w.value(name, *field != nil) {
		return
	}
	layout := "2006-01-02T15:04:05-07:00"
	t := (*field).UTC()
	if t.Nanosecond() >= 1000 {
		layout = "2006-01-02T15:04:05.000000-07:00"
	}
	w.b = append(t.AppendFormat(append(w.b, '"'), layout), '"')
}

func (w *objectWriter) Misc(name string, field *json.RawMessage) {
	if w.value(name, len(*field) > 0) {
		w.b = append(w.b, *field...)
	}
}

func (w *objectWriter) Texts(name string, field *[]string) {
	if !w.value(name, *field != nil) {
		return
	}
	w.b = append(w.b, '[')
	for i, text := range *field {
		w.comma(i)
		w.quote(text)
	}
	w.b = append(w.b, ']')
}

func (w *objectWriter) Resources(name string, field *[]report.Resource) {
	if !w.value(name, *field != nil) {
		return
	}
	w.b = append(w.b, '[')
	for i, file := range *field {
		w.comma(i)
		w.b = append(w.b, `{"name":`...)
		w.quote(file.Name)
		w.b = append(w.b, `,"url":`...)
		w.quote(file.URL)
		w.b = append(w.b, '}')
	}
	w.b = append(w.b, ']')
}

// comma appends a comma before each element but the first.
func (w *objectWriter) comma(i int) {
	if i > 0 {
		w.b = append(w.b, ',')
	}
}

func (w *objectWriter) Environment(name string, p **report.Environment) { w.fieldsOf(name, *p) }
func (w *objectWriter) Number(name string, p **report.Number)           { w.fieldsOf(name, *p) }
func (w *objectWriter) Culprit(name string, p **report.Culprit)         { w.fieldsOf(name, *p) }

// fieldsOf appends the fields of a part as members of the object.
func (w *objectWriter) fieldsOf(name string, part report.Object) {
	w.part = name
	part.VisitFields(w)
	w.part = ""
}

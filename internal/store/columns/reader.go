// SPDX-License-Identifier: Apache-2.0

package columns

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Row is a row in the engine's form. Each call returns the value of the next column, in
// the order of Table.Columns, and nil or false for NULL. A value that the column cannot
// hold is treated as NULL, and Err says why.
type Row interface {
	Text() (text string, ok bool)
	Int() (n int, ok bool)
	Float() *float64
	Bool() *bool
	Time() *time.Time
	Texts() []string
	Resources() []report.Resource
	Misc() json.RawMessage
	// Bytes returns the text of Misc in bytes that the caller must neither keep nor
	// change, so that a row with the bytes does not have to copy them.
	Bytes() []byte
	// Err returns the first error of the calls before, and forgets it.
	Err() error
}

// Reader is a visitor that sets the fields of objects to the values of rows.
type Reader struct {
	Row      Row
	Metadata bool // whether objects get their Timestamp

	err     error // the first value that no report has
	present bool  // whether a column of the part has a value
	lacking bool  // whether a required property of the part has no value
}

// Read sets all fields of an object without properties to the values of the row. The
// error is ErrCorrupt if a value has the wrong type for its column, or if no report may
// have the value. The object must not be used after an error.
func (r *Reader) Read(o report.Object) error {
	o.VisitFields(r)
	return r.Err()
}

// Err returns the first error of the values that were read, as ErrCorrupt, and
// forgets it.
func (r *Reader) Err() error {
	err := r.Row.Err()
	if err == nil {
		err = r.err
	}
	r.err = nil
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
	return nil
}

// fail notes that a report cannot have a value.
func (r *Reader) fail(format string, value any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, value)
	}
}

// set sets a field, and notes whether it has a value.
func set[T any](r *Reader, field **T, value *T) {
	*field = value
	r.present = r.present || value != nil
}

func (r *Reader) Timestamp(_ string, field **time.Time) {
	if t := r.time(); r.Metadata {
		*field = t
	}
}

func (r *Reader) Text(_ string, field *string) {
	if text, ok := r.Row.Text(); ok {
		*field = text
	}
}

func (r *Reader) Version(_ string, field *int) {
	if n, ok := r.Row.Int(); ok {
		*field = n
	}
}

func (r *Reader) OptText(_ string, field **string)       { setText(r, field) }
func (r *Reader) Status(_ string, field **report.Status) { setText(r, field) }
func (r *Reader) Prefix(_ string, field **report.Prefix) { setText(r, field) }
func (r *Reader) OptBool(_ string, field **bool)         { set(r, field, r.Row.Bool()) }
func (r *Reader) OptFloat(_ string, field **float64)     { set(r, field, r.float()) }
func (r *Reader) OptTime(_ string, field **time.Time)    { set(r, field, r.time()) }

// setText sets a field to the next text.
func setText[T ~string](r *Reader, field **T) {
	if text, ok := r.Row.Text(); ok {
		*field, r.present = new(T(text)), true
	}
}

func (r *Reader) Float(_ string, field *float64) {
	n := r.float()
	if n == nil {
		r.lacking = true
		return
	}
	*field, r.present = *n, true
}

func (r *Reader) Texts(_ string, field *[]string) {
	*field = r.Row.Texts()
	r.present = r.present || *field != nil
}

func (r *Reader) Resources(_ string, field *[]report.Resource) {
	*field = r.Row.Resources()
	r.present = r.present || *field != nil
}

func (r *Reader) Misc(_ string, field *json.RawMessage) {
	text := r.Row.Misc()
	if text == nil {
		return
	}
	if object := jsontext.Value(text); !object.IsValid(jsontext.AllowDuplicateNames(true)) || object.Kind() != '{' {
		r.fail("%.40q where a JSON object belongs", text)
		return
	}
	*field, r.present = text, true
}

func (r *Reader) Environment(_ string, part **report.Environment) {
	*part = readPart[report.Environment](r)
}
func (r *Reader) Number(_ string, part **report.Number)   { *part = readPart[report.Number](r) }
func (r *Reader) Culprit(_ string, part **report.Culprit) { *part = readPart[report.Culprit](r) }

// readPart returns a part, or nil if none of its columns has a value, or a required
// one has none.
func readPart[T any, P object[T]](r *Reader) P {
	r.present, r.lacking = false, false
	part := P(new(T))
	part.VisitFields(r)
	if !r.present || r.lacking {
		return nil
	}
	return part
}

func (r *Reader) float() *float64 {
	n := r.Row.Float()
	if n != nil && (math.IsNaN(*n) || math.IsInf(*n, 0)) {
		r.fail("%v where a number belongs", *n)
	}
	return n
}

func (r *Reader) time() *time.Time {
	t := r.Row.Time()
	if t != nil {
		if year := t.Year(); year < 1 || year > 9999 {
			r.fail("a time in the year %d", year)
		}
	}
	return t
}

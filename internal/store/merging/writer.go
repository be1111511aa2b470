// SPDX-License-Identifier: Apache-2.0

// Package merging merges versions of an object in memory, by the rules of store.Sink.Load.
//
// A row is a []any with the values of all columns of the object's table. The values are
// nil, int64, float64 and string, so that rows can be compared: a time is its
// microseconds since 1970, a truth value is 0 or 1, and a list is its JSON.
package merging

import (
	"encoding/json"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/report"
)

// Writer is a visitor that appends the fields of an object to a row.
type Writer struct{ Row []any }

func (w *Writer) add(value any) { w.Row = append(w.Row, value) }
func (w *Writer) null()         { w.Row = append(w.Row, nil) }

func (w *Writer) Timestamp(name string, field **time.Time)        { w.OptTime(name, field) }
func (w *Writer) Text(_ string, field *string)                    { w.add(*field) }
func (w *Writer) OptText(_ string, field **string)                { addWord(w, *field) }
func (w *Writer) Version(_ string, field *int)                    { w.add(int64(*field)) }
func (w *Writer) Status(_ string, field **report.Status)          { addWord(w, *field) }
func (w *Writer) Prefix(_ string, field **report.Prefix)          { addWord(w, *field) }
func (w *Writer) OptFloat(name string, field **float64)           { w.Float(name, *field) }
func (w *Writer) Environment(_ string, part **report.Environment) { (*part).VisitFields(w) }
func (w *Writer) Number(_ string, part **report.Number)           { (*part).VisitFields(w) }
func (w *Writer) Culprit(_ string, part **report.Culprit)         { (*part).VisitFields(w) }

func addWord[T ~string](w *Writer, value *T) {
	if value == nil {
		w.null()
		return
	}
	w.add(string(*value))
}

func (w *Writer) OptBool(_ string, field **bool) {
	switch {
	case *field == nil:
		w.null()
	case **field:
		w.add(int64(1))
	default:
		w.add(int64(0))
	}
}

func (w *Writer) Float(_ string, field *float64) {
	if field == nil {
		w.null()
		return
	}
	w.add(*field)
}

// OptTime appends microseconds since 1970.
func (w *Writer) OptTime(_ string, field **time.Time) {
	if *field == nil {
		w.null()
		return
	}
	w.add((*field).UnixMicro())
}

func (w *Writer) Texts(_ string, field *[]string) {
	if *field == nil {
		w.null()
		return
	}
	w.add(string(columns.AppendTexts(nil, *field)))
}

func (w *Writer) Resources(_ string, field *[]report.Resource) {
	if *field == nil {
		w.null()
		return
	}
	w.add(string(columns.AppendResources(nil, *field)))
}

func (w *Writer) Misc(_ string, field *json.RawMessage) {
	if *field == nil {
		w.null()
		return
	}
	w.add(string(*field))
}

// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"encoding/json"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// rowWriter is a visitor that appends the fields of an object to a row. The values
// have the types that a query of the database returns, so that rows can be
// compared: nil, int64, float64 and string.
type rowWriter struct{ row []any }

func (w *rowWriter) add(value any) { w.row = append(w.row, value) }
func (w *rowWriter) null()         { w.row = append(w.row, nil) }

func (w *rowWriter) Timestamp(name string, field **time.Time)        { w.OptTime(name, field) }
func (w *rowWriter) Text(_ string, field *string)                    { w.add(*field) }
func (w *rowWriter) OptText(_ string, field **string)                { addWord(w, *field) }
func (w *rowWriter) Version(_ string, field *int)                    { w.add(int64(*field)) }
func (w *rowWriter) Status(_ string, field **report.Status)          { addWord(w, *field) }
func (w *rowWriter) Prefix(_ string, field **report.Prefix)          { addWord(w, *field) }
func (w *rowWriter) OptFloat(name string, field **float64)           { w.Float(name, *field) }
func (w *rowWriter) Environment(_ string, part **report.Environment) { (*part).VisitFields(w) }
func (w *rowWriter) Number(_ string, part **report.Number)           { (*part).VisitFields(w) }
func (w *rowWriter) Culprit(_ string, part **report.Culprit)         { (*part).VisitFields(w) }

func addWord[T ~string](w *rowWriter, value *T) {
	if value == nil {
		w.null()
		return
	}
	w.add(string(*value))
}

func (w *rowWriter) OptBool(_ string, field **bool) {
	switch {
	case *field == nil:
		w.null()
	case **field:
		w.add(int64(1))
	default:
		w.add(int64(0))
	}
}

func (w *rowWriter) Float(_ string, field *float64) {
	if field == nil {
		w.null()
		return
	}
	w.add(*field)
}

// OptTime appends microseconds since 1970.
func (w *rowWriter) OptTime(_ string, field **time.Time) {
	if *field == nil {
		w.null()
		return
	}
	w.add((*field).UnixMicro())
}

func (w *rowWriter) Texts(_ string, field *[]string) {
	if *field == nil {
		w.null()
		return
	}
	w.add(string(sqldb.AppendTexts(nil, *field)))
}

func (w *rowWriter) Resources(_ string, field *[]report.Resource) {
	if *field == nil {
		w.null()
		return
	}
	w.add(string(sqldb.AppendResources(nil, *field)))
}

func (w *rowWriter) Misc(_ string, field *json.RawMessage) {
	if *field == nil {
		w.null()
		return
	}
	w.add(string(*field))
}

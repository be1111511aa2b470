// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/report"
)

// encoder writes rows. It is a visitor that appends the fields of an object as the
// values of its table's columns.
type encoder struct {
	b        []byte
	arrival  time.Time // of all objects, unless metadata is set
	metadata bool      // whether objects keep their own Timestamp
	contents contentSet
	// environments are the contents that tests are counted by.
	environments map[hash]string

	table  *table
	column int // the next column
}

// rows returns the rows of the objects in the order of their keys. If an object is in
// the list more than once, its rows are in the order of the list.
func (t *table) rows(r *report.Report, e *encoder) []row {
	n := t.Len(r)
	if n == 0 {
		return nil
	}
	rows := make([]row, 0, n)
	e.table = t
	for i := range n {
		from := len(e.b)
		e.begin(len(t.Columns) + 1) // the times come last
		e.column = 0
		t.At(r, i).VisitFields(e)
		e.b = appendTimes(e.b, nil, 0)
		rows = append(rows, row{key: t.Key(r, i), data: e.b[from:len(e.b):len(e.b)]})
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.key.ID, b.key.ID), cmp.Compare(a.key.Version, b.key.Version))
	})
	return rows
}

// next returns the storage of the next column.
func (e *encoder) next() storage {
	e.column++
	return e.table.storage[e.column-1]
}

// Timestamp writes when the object arrived. It writes NULL if the object should keep
// its own time, but has none.
func (e *encoder) Timestamp(_ string, field **time.Time) {
	e.next()
	if e.metadata {
		e.time(*field)
	} else {
		e.time(&e.arrival)
	}
}

func (e *encoder) Text(_ string, field *string) {
	e.next()
	e.required(*field)
}

func (e *encoder) OptText(_ string, field **string) {
	switch text := *field; e.next() {
	case inContent:
		e.content(text)
	case inExcerpt:
		e.excerpt(text)
	default:
		optional(e, text)
	}
}

func (e *encoder) Version(_ string, field *int) {
	e.next()
	e.integer(*field)
}

func (e *encoder) Status(_ string, field **report.Status) {
	e.next()
	optional(e, *field)
}

func (e *encoder) Prefix(_ string, field **report.Prefix) {
	e.next()
	optional(e, *field)
}

func (e *encoder) OptBool(_ string, field **bool) {
	e.next()
	e.boolean(*field)
}

func (e *encoder) Float(_ string, field *float64) {
	e.next()
	e.float(field)
}

func (e *encoder) OptFloat(_ string, field **float64) {
	e.next()
	e.float(*field)
}

func (e *encoder) OptTime(_ string, field **time.Time) {
	e.next()
	e.time(*field)
}

func (e *encoder) Texts(_ string, field *[]string) {
	switch list, stored := *field, e.next(); {
	case list == nil:
		e.null()
	case stored == inline:
		e.array(list)
	default:
		e.reference(string(columns.AppendTexts(nil, list)), stored)
	}
}

func (e *encoder) Resources(_ string, field *[]report.Resource) {
	switch list, stored := *field, e.next(); {
	case list == nil:
		e.null()
	case stored == inline:
		e.jsonb(columns.AppendResources(nil, list))
	default:
		e.reference(string(columns.AppendResources(nil, list)), stored)
	}
}

func (e *encoder) Misc(_ string, field *json.RawMessage) {
	switch object, stored := *field, e.next(); {
	case object == nil:
		e.null()
	case stored == inline:
		e.jsonb(appendMisc(nil, object))
	case stored == inText:
		e.required(markedMisc(object))
	default:
		e.reference(markedMisc(object), stored)
	}
}

func (e *encoder) Environment(_ string, part **report.Environment) { (*part).VisitFields(e) }
func (e *encoder) Number(_ string, part **report.Number)           { (*part).VisitFields(e) }
func (e *encoder) Culprit(_ string, part **report.Culprit)         { (*part).VisitFields(e) }

// content writes a reference to the content with a text.
func (e *encoder) content(text *string) {
	if text == nil {
		e.null()
		return
	}
	e.reference(*text, inContent)
}

// reference writes a reference to the content with a text.
func (e *encoder) reference(text string, stored storage) {
	h := e.contents.add(text)
	if stored == inEnvironment {
		if e.environments == nil {
			e.environments = make(map[hash]string)
		}
		e.environments[h] = text
	}
	e.length(len(h))
	e.b = append(e.b, h[:]...)
}

// The kinds of values that are inExcerpt, by their first byte.
const (
	longExcerpt  = 0 // the hash of a content follows
	shortExcerpt = 1 // the text follows
)

// shortLength is the length of the longest excerpt that is not a content of its own.
// In a week of real submissions no excerpt that short came twice: they are lines of a
// log, with the time.
const shortLength = 255

// excerpt writes a text, or a reference to its content if it is long.
func (e *encoder) excerpt(text *string) {
	switch {
	case text == nil:
		e.null()
	case len(*text) <= shortLength:
		e.length(1 + len(*text))
		e.b = append(append(e.b, shortExcerpt), *text...)
	default:
		h := e.contents.add(*text)
		e.length(1 + len(h))
		e.b = append(append(e.b, longExcerpt), h[:]...)
	}
}

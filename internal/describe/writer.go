// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"github.com/kcidb-go/kcidb/internal/describe/document"
)

// writer writes a description: fields, and sections below them. After an error it
// writes nothing more.
type writer struct {
	*Data
	fields   document.Fields
	sections document.Document
	err      error
}

// read returns the result of a function that reads from the database. It does not call
// the function after an error.
func read[T any](w *writer, f func() (T, error)) (result T) {
	if w.err == nil {
		result, w.err = f()
	}
	return result
}

// field adds a field with those of the values that are not empty.
func (w *writer) field(name string, values ...document.Value) {
	var shown []document.Value
	for _, v := range values {
		if v != (document.Value{}) {
			shown = append(shown, v)
		}
	}
	if len(shown) > 0 {
		w.fields = append(w.fields, document.Field{Name: name, Values: shown})
	}
}

// text adds a field with texts that do not link anywhere.
func (w *writer) text(name string, texts ...string) {
	w.field(name, plainValues(texts)...)
}

// url adds a field with a URL.
func (w *writer) url(name, url string) { w.field(name, document.Value{URL: url}) }

// section adds a heading and a block.
func (w *writer) section(heading string, block document.Block) {
	w.sections = append(w.sections, document.Heading(heading), block)
}

func plainValues(texts []string) []document.Value {
	values := make([]document.Value, len(texts))
	for i, text := range texts {
		values[i].Text = text
	}
	return values
}

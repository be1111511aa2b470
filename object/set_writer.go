// SPDX-License-Identifier: Apache-2.0

package object

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// SetWriter writes sets as one JSON object, in the form of Set.AppendJSON, with
// memory for one object at a time. Its fields are set before the first Write.
type SetWriter struct {
	// Fields selects the fields of each object; the default is AllFields.
	Fields Fields
	// Types are written even without objects: "TYPE": [].
	Types []Type

	w    io.Writer
	seq  bool
	enc  *jsontext.Encoder
	open int // 1 + the index of the open list; 0 before the first list
	json objectWriter
	err  error // that ended the writing
}

// NewSetWriter returns a writer of sets to w, with indent spaces per level, or on one line
// for 0. With seq, a record separator (0x1e) comes first (RFC 7464). It writes nothing
// before the first Write or Close.
func NewSetWriter(w io.Writer, indent int, seq bool) *SetWriter {
	options := []jsontext.Options{
		jsontext.AllowDuplicateNames(true), // searching for them would take time
		jsontext.AllowInvalidUTF8(true),
	}
	if indent > 0 {
		options = append(options, jsontext.WithIndent(strings.Repeat(" ", indent)))
	}
	return &SetWriter{w: w, seq: seq, enc: jsontext.NewEncoder(w, options...)}
}

// Write writes the objects of a set. Over all sets, the types must come in the order of
// Types. After an error it writes nothing more, and returns the same error.
func (w *SetWriter) Write(s *Set) error {
	w.begin()
	for i, l := range lists {
		n := l.count(s)
		if n == 0 || w.err != nil {
			continue
		}
		w.beginList(i)
		w.json.only = nil
		if w.Fields == ModelFields {
			w.json.only = modelFields[l.typ]
		}
		for j := 0; j < n && w.err == nil; j++ {
			w.json.b = w.json.b[:0]
			w.json.object(l.at(s, j))
			w.check(w.enc.WriteValue(w.json.b))
		}
	}
	return w.err
}

// Close ends the JSON object, and writes a newline. It does not close the writer below.
// Write must not be called afterwards.
func (w *SetWriter) Close() error {
	w.begin()
	w.empty(len(lists))
	if w.open > 0 {
		w.token(jsontext.EndArray)
	}
	w.token(jsontext.EndObject)
	return w.err
}

// begin writes the beginning of the JSON object, once.
func (w *SetWriter) begin() {
	if w.err != nil || w.enc.StackDepth() > 0 {
		return
	}
	if w.seq {
		_, err := io.WriteString(w.w, "\x1e")
		w.check(err)
	}
	w.token(jsontext.BeginObject)
}

// beginList begins a list, unless it is open.
func (w *SetWriter) beginList(i int) {
	switch {
	case w.open == i+1:
		return
	case w.open > i+1:
		w.check(fmt.Errorf("%s behind %s", lists[i].typ, lists[w.open-1].typ))
		return
	}
	w.empty(i)
	w.list(i)
}

// empty writes the lists without objects that Types asks for, up to the list before list
// i.
func (w *SetWriter) empty(i int) {
	for j := w.open; j < i; j++ {
		if slices.Contains(w.Types, lists[j].typ) {
			w.list(j)
		}
	}
}

// list ends the open list, and begins list i.
func (w *SetWriter) list(i int) {
	if w.open > 0 {
		w.token(jsontext.EndArray)
	}
	w.open = i + 1
	w.token(jsontext.String(string(lists[i].typ)))
	w.token(jsontext.BeginArray)
}

func (w *SetWriter) token(t jsontext.Token) {
	if w.err == nil {
		w.check(w.enc.WriteToken(t))
	}
}

func (w *SetWriter) check(err error) {
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("write objects: %w", err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"iter"
)

// Writer writes a stream of reports, each with a newline at its end. It keeps no bytes
// back between calls.
type Writer struct {
	Indent int  // spaces per level; 0 writes a report on one line
	Seq    bool // whether a record separator (0x1e) precedes each report, as in RFC 7464

	w    io.Writer
	json []byte // the appended text
	text []byte // the formatted text
}

// NewWriter returns a writer of reports to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write writes a report.
func (w *Writer) Write(r *Report) error {
	w.json = r.AppendJSON(w.json[:0])
	return w.WriteRaw(w.json)
}

// WriteRaw writes a JSON value, with the same indentation.
func (w *Writer) WriteRaw(json []byte) error {
	l := layout{indent: w.Indent}
	w.begin()
	if err := w.writeLaidOut(&l, json); err != nil {
		return err
	}
	return w.end()
}

func (w *Writer) begin() {
	w.text = w.text[:0]
	if w.Seq {
		w.text = append(w.text, 0x1e)
	}
}

func (w *Writer) end() error {
	w.text = append(w.text, '\n')
	return w.flush()
}

// writeLaidOut formats JSON, and writes the text as it becomes ready.
func (w *Writer) writeLaidOut(l *layout, json []byte) error {
	for len(json) > 0 {
		var n int
		if w.text, n = l.appendSome(w.text, json); n < len(json) {
			if err := w.flush(); err != nil {
				return err
			}
		}
		json = json[n:]
	}
	return nil
}

// flush writes the text that is ready.
func (w *Writer) flush() error {
	if _, err := w.w.Write(w.text); err != nil {
		return fmt.Errorf("write a report: %w", err)
	}
	w.text = w.text[:0]
	return nil
}

// WriteParts writes several reports as one report, with memory for one of them at a time.
// Their lists must come in order: checkouts before builds and so on. For an empty sequence
// it writes nothing. The first error of the sequence ends the writing, and the written
// report has no end.
func (w *Writer) WriteParts(parts iter.Seq2[*Report, error]) error {
	o := oneReport{Writer: w, layout: layout{indent: w.Indent}}
	for r, err := range parts {
		if err != nil {
			return err
		}
		if !o.begun {
			o.begun = true
			w.begin()
			o.add(`{"version":`)
			o.json = appendVersion(o.json, latest)
		}
		if err := o.addLists(r); err != nil {
			return err
		}
		if err := w.writeLaidOut(&o.layout, o.json); err != nil {
			return err
		}
		o.json = o.json[:0]
		if err := w.flush(); err != nil {
			return err
		}
	}
	if !o.begun {
		return nil
	}
	if o.list != "" {
		o.add("]")
	}
	o.add("}")
	if err := w.writeLaidOut(&o.layout, o.json); err != nil {
		return err
	}
	return w.end()
}

// oneReport is a report written in parts.
type oneReport struct {
	*Writer
	layout layout
	json   []byte
	begun  bool
	list   string // the open list, or ""
	filled bool   // whether the list has an object
}

func (o *oneReport) add(s string) { o.json = append(o.json, s...) }

// addLists appends the lists of a part.
func (o *oneReport) addLists(r *Report) error {
	errs := [...]error{
		addList(o, "checkouts", r.Checkouts, (*Checkout).AppendJSON),
		addList(o, "builds", r.Builds, (*Build).AppendJSON),
		addList(o, "tests", r.Tests, (*Test).AppendJSON),
		addList(o, "issues", r.Issues, (*Issue).AppendJSON),
		addList(o, "incidents", r.Incidents, (*Incident).AppendJSON),
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// addList appends the objects of a part in one list.
func addList[T any](o *oneReport, name string, objects []T, appendJSON func(*T, []byte) []byte) error {
	if objects == nil {
		return nil
	}
	if o.list != name {
		if memberRank(o.list) > memberRank(name) && o.list != "" {
			return fmt.Errorf("write a report: a part with %s came after one with %s", name, o.list)
		}
		if o.list != "" {
			o.add("]")
		}
		o.add(`,"` + name + `":[`)
		o.list, o.filled = name, false
	}
	for i := range objects {
		if o.filled {
			o.add(",")
		}
		o.filled = true
		o.json = appendJSON(&objects[i], o.json)
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"iter"
	"slices"
	"strconv"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/report"
)

// Effect says what a load did with an object.
type Effect string

// The effects. An object that an older version of the schema wrote has an effect, too:
// Receipt.Version says that it was upgraded.
const (
	New       Effect = "new"       // the database did not have the object
	Merged    Effect = "merged"    // the object has other values than before
	Unchanged Effect = "unchanged" // the database had the object with these values, or with newer ones
)

// Effects are all effects, in the order of Details.
var Effects = []Effect{New, Merged, Unchanged}

// Details say what became of the objects of a submission that were loaded.
type Details struct {
	// Loaded are in the order of Lists, then of Effects. None is empty.
	Loaded []Loaded `json:"loaded,omitempty"`
	// Repairs are the repairs of objects that were loaded. The caller of Load sets them.
	Repairs []report.Repair `json:"repairs,omitempty"`
	// MoreRepairs is the number of other repairs.
	MoreRepairs int `json:"more_repairs,omitempty"`
}

// Loaded are the objects of a list that had the same effect.
type Loaded struct {
	List   List   `json:"list"`
	Effect Effect `json:"effect"`
	Count  int    `json:"count"`
	// IDs are those of the first objects. They are fewer than Count in a large submission.
	IDs []string `json:"ids"`
}

// Count returns the number of objects with an effect.
func (d *Details) Count(e Effect) (n int) {
	for _, l := range d.Loaded {
		if l.Effect == e {
			n += l.Count
		}
	}
	return n
}

const (
	// mostDetail is how many bytes the IDs in details may have, so that a receipt stays
	// small compared with its submission.
	mostDetail = 32 << 10
	// plainDetail is the size up to which details are not compressed: compressing costs
	// more than loading an object.
	plainDetail = 2 << 10
)

// EncodeDetails returns the details of each receipt of a load, as they are kept in a database.
// A load without the reports of its receipts has no details.
func EncodeDetails(opts *LoadOptions, changes []Change) [][]byte {
	effect := effects(opts.Reports, changes)
	all := make([][]byte, len(opts.Reports))
	var w detailWriter
	for i, r := range opts.Reports {
		all[i] = w.write(r, &opts.Receipts[i].Details, effect)
	}
	return all
}

// effects returns a function that returns the effect of an object.
func effects(reports []*report.Report, changes []Change) func(List, Key) Effect {
	objects, created := 0, 0
	for _, r := range reports {
		objects += r.Count()
	}
	for i := range changes {
		if changes[i].Created {
			created++
		}
	}
	if created == objects { // usually: then there is nothing to look up
		return func(List, Key) Effect { return New }
	}
	type place struct {
		list List
		key  Key
	}
	known := make(map[place]Effect, len(changes))
	for i := range changes {
		c := &changes[i]
		known[place{c.List, c.Key}] = Merged
		if c.Created {
			known[place{c.List, c.Key}] = New
		}
	}
	return func(list List, key Key) Effect {
		if e, changed := known[place{list, key}]; changed {
			return e
		}
		return Unchanged
	}
}

// detailWriter writes Details as JSON, without making them before: that would cost as much as
// writing the receipt. It is used for one report after the other.
type detailWriter struct {
	text   []byte
	groups [3]detailGroup // by effect, of the list at hand
	room   int            // for IDs, bytes
}

type detailGroup struct {
	count int
	ids   []byte // as JSON, with commas between them
}

// write returns the details of a report with its repairs, compressed if they are long. JSON
// begins with another byte than compressed data.
func (w *detailWriter) write(r *report.Report, repaired *Details, effect func(List, Key) Effect) []byte {
	w.text, w.room = append(w.text[:0], `{"loaded":[`...), mostDetail
	last := List("")
	for list, key := range Keys(r) {
		if list != last {
			w.flush(last)
			last = list
		}
		w.add(effect(list, key), key.ID)
	}
	w.flush(last)
	w.text = append(w.text, ']')
	w.repairs(repaired)
	w.text = append(w.text, '}')
	if len(w.text) <= plainDetail {
		return slices.Clone(w.text)
	}
	return changesEncoder.EncodeAll(w.text, nil)
}

// repairs writes the repairs, if there are any.
func (w *detailWriter) repairs(d *Details) {
	if len(d.Repairs) == 0 {
		return
	}
	repairs, err := jsonv2.Marshal(d.Repairs)
	if err != nil {
		panic(err) // repairs are UTF-8
	}
	w.text = append(append(w.text, `,"repairs":`...), repairs...)
	w.text = strconv.AppendInt(append(w.text, `,"more_repairs":`...), int64(d.MoreRepairs), 10)
}

func (w *detailWriter) add(e Effect, id string) {
	g := &w.groups[slices.Index(Effects, e)]
	g.count++
	if w.room -= len(id); w.room < 0 {
		return
	}
	if len(g.ids) > 0 {
		g.ids = append(g.ids, ',')
	}
	g.ids, _ = jsontext.AppendQuote(g.ids, id) // IDs are valid UTF-8
}

// flush writes the groups of a list.
func (w *detailWriter) flush(list List) {
	for i := range w.groups {
		g := &w.groups[i]
		if g.count == 0 {
			continue
		}
		if w.text[len(w.text)-1] == '}' {
			w.text = append(w.text, ',')
		}
		w.text = append(append(append(w.text, `{"list":"`...), list...), `","effect":"`...)
		w.text = append(append(append(w.text, Effects[i]...), `","count":`...), strconv.Itoa(g.count)...)
		w.text = append(append(append(w.text, `,"ids":[`...), g.ids...), "]}"...)
		g.count, g.ids = 0, g.ids[:0]
	}
}

// DecodeDetails returns the details that EncodeDetails returned; no details for no data.
func DecodeDetails(data []byte) (d Details, err error) {
	if len(data) == 0 {
		return d, nil
	}
	text := data
	if data[0] != '{' {
		text, err = changesDecoder.DecodeAll(data, nil)
	}
	if err == nil {
		err = jsonv2.Unmarshal(text, &d)
	}
	if err != nil {
		return Details{}, fmt.Errorf("details of a receipt: %w: %w", ErrCorrupt, err)
	}
	return d, nil
}

// Keys returns the lists and keys of all objects of a report, in the order of Lists.
func Keys(r *report.Report) iter.Seq2[List, Key] {
	return func(yield func(List, Key) bool) {
		for i := range r.Checkouts {
			if !yield(Checkouts, Key{ID: r.Checkouts[i].ID}) {
				return
			}
		}
		for i := range r.Builds {
			if !yield(Builds, Key{ID: r.Builds[i].ID}) {
				return
			}
		}
		for i := range r.Tests {
			if !yield(Tests, Key{ID: r.Tests[i].ID}) {
				return
			}
		}
		for i := range r.Issues {
			if !yield(Issues, Key{ID: r.Issues[i].ID, Version: r.Issues[i].Version}) {
				return
			}
		}
		for i := range r.Incidents {
			if !yield(Incidents, Key{ID: r.Incidents[i].ID}) {
				return
			}
		}
	}
}

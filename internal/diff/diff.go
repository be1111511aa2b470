// SPDX-License-Identifier: Apache-2.0

// Package diff compares two streams of reports, of any size, by the objects in
// them.
//
// The objects of both streams are sorted by their IDs, in memory as far as
// they fit and otherwise in temporary files, and then read side by side. If an
// object occurs several times in a stream, its occurrences are merged as a
// database merges them when it loads the stream. The order of objects does not
// matter, nor how a value is written: 1 and 1.0 are equal, and so is a time in
// two time zones.
package diff

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/kcidb-go/kcidb/report"
)

// Side is one of the two streams.
type Side byte

// The sides.
const (
	A Side = iota
	B
)

// memoryBytes is how many bytes are sorted in memory at a time. A temporary file
// holds that many, compressed to a small part.
const memoryBytes = 128 << 20

// Comparison compares two streams. First all objects are added, in the order
// of their streams; then they are compared. A Comparison must be closed.
type Comparison struct {
	sorter   *sorter
	compared int64
}

// New returns a comparison. It writes temporary files, if it needs any, to a
// folder of its own, which Close removes.
func New() *Comparison { return &Comparison{sorter: &sorter{most: memoryBytes}} }

// Close removes the temporary files.
func (c *Comparison) Close() error { return c.sorter.close() }

// Compared returns the number of objects compared so far. An object that is on
// both sides counts once.
func (c *Comparison) Compared() int64 { return c.compared }

// lists are the names of the lists. The index is the first byte of the keys of
// a list's objects.
var lists = []string{"checkouts", "builds", "tests", "issues", "incidents"}

// Add adds the objects of a part of a stream. It does not keep r.
func (c *Comparison) Add(side Side, r *report.Report) error {
	a := adder{sorter: c.sorter, side: side}
	for i := range r.Checkouts {
		a.add(0, r.Checkouts[i].ID, 0, r.Checkouts[i].AppendJSON)
	}
	for i := range r.Builds {
		a.add(1, r.Builds[i].ID, 0, r.Builds[i].AppendJSON)
	}
	for i := range r.Tests {
		a.add(2, r.Tests[i].ID, 0, r.Tests[i].AppendJSON)
	}
	for i := range r.Issues {
		a.add(3, r.Issues[i].ID, r.Issues[i].Version, r.Issues[i].AppendJSON)
	}
	for i := range r.Incidents {
		a.add(4, r.Incidents[i].ID, 0, r.Incidents[i].AppendJSON)
	}
	return a.err
}

// adder adds objects until an error occurs.
type adder struct {
	sorter    *sorter
	side      Side
	key, text []byte
	err       error
}

// versionSize is the size of an issue's version in a key, in bytes.
const versionSize = 8

// add adds an object. Keys sort like IDs because no ID contains a NUL.
func (a *adder) add(list byte, id string, version int, appendJSON func([]byte) []byte) {
	if a.err != nil {
		return
	}
	a.key = append(append(append(a.key[:0], list), id...), 0)
	a.key = binary.BigEndian.AppendUint64(a.key, uint64(version))
	a.key = append(a.key, byte(a.side))
	a.text = appendJSON(a.text[:0])
	a.err = a.sorter.add(a.key, a.text)
}

// Difference is an object that differs between the two sides.
type Difference struct {
	List    string
	ID      string
	Version int // of an issue; 0 for other objects
	// OnlyIn is the side that has the object, if the other side lacks it, and
	// otherwise nil.
	OnlyIn *Side
	// Fields are the fields that differ, ordered by name, if both sides have
	// the object.
	Fields []Field
}

// Field is a field that differs. A member of a nested object is a field with a
// name of its own, so that a difference within a large object is easy to find.
type Field struct {
	Name string // "status", "misc.runs"
	A, B []byte // the values as JSON, nil where the field is absent
}

// Object returns the name of the object, such as "tests ci:1".
func (d *Difference) Object() string {
	if d.List == "issues" {
		return fmt.Sprintf("%s %s version %d", d.List, d.ID, d.Version)
	}
	return d.List + " " + d.ID
}

// Differences compares the objects and returns those that differ, ordered by
// list and ID. An error ends the sequence. Differences may be called once,
// after all objects are added.
func (c *Comparison) Differences() iter.Seq2[*Difference, error] {
	return func(yield func(*Difference, error) bool) {
		var p pair
		for r, err := range c.sorter.sorted() {
			if err != nil {
				yield(nil, err)
				return
			}
			key, side := r.key[:len(r.key)-1], Side(r.key[len(r.key)-1])
			if !bytes.Equal(key, p.key) {
				if !c.yieldDifference(&p, yield) {
					return
				}
				p = pair{key: bytes.Clone(key)}
			}
			if err := p.add(side, r.text); err != nil {
				yield(nil, err)
				return
			}
		}
		c.yieldDifference(&p, yield)
	}
}

// yieldDifference compares an object, and yields its difference if it has one.
func (c *Comparison) yieldDifference(p *pair, yield func(*Difference, error) bool) (more bool) {
	if p.key == nil {
		return true
	}
	c.compared++
	d, err := p.difference()
	if err != nil {
		yield(nil, err)
		return false
	}
	return d == nil || yield(d, nil)
}

// pair is one object on both sides.
type pair struct {
	key   []byte
	texts [2][]byte // if it occurs once
	many  [2]fields // if it occurs more than once: all occurrences, merged
}

// add adds the next occurrence of the object on a side.
func (p *pair) add(side Side, text []byte) error {
	if p.texts[side] == nil {
		p.texts[side] = bytes.Clone(text)
		return nil
	}
	if p.many[side] == nil {
		first, err := fieldsOf(p.texts[side])
		if err != nil {
			return err
		}
		p.many[side] = first
	}
	next, err := fieldsOf(text)
	if err != nil {
		return err
	}
	p.many[side], err = merge(p.many[side], next)
	return err
}

// fields returns the fields of the object on a side.
func (p *pair) fields(side Side) (fields, error) {
	if p.many[side] != nil {
		return p.many[side], nil
	}
	return fieldsOf(p.texts[side])
}

// difference returns the difference of the two sides, or nil if they are
// equal.
func (p *pair) difference() (*Difference, error) {
	once := p.many[A] == nil && p.many[B] == nil
	if once && p.texts[A] != nil && bytes.Equal(p.texts[A], p.texts[B]) {
		return nil, nil
	}
	id := p.key[1 : len(p.key)-versionSize-1]
	version := binary.BigEndian.Uint64(p.key[len(p.key)-versionSize:])
	d := &Difference{List: lists[p.key[0]], ID: string(id), Version: int(version)}
	for side, text := range p.texts {
		if text == nil {
			d.OnlyIn = new(B - Side(side))
			return d, nil
		}
	}
	a, err := p.fields(A)
	if err != nil {
		return nil, err
	}
	b, err := p.fields(B)
	if err != nil {
		return nil, err
	}
	if d.Fields, err = unequal(a, b); err != nil || len(d.Fields) == 0 {
		return nil, err
	}
	return d, nil
}

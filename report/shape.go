// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"strconv"
)

// shape says which properties a kind of object has in 5.x, and how each is
// read into the Go type that stands for it.
type shape[T any] struct {
	properties []property[T]
	number     int            // among the shapes
	quoted     [][]byte       // the names of properties as they mostly stand in a text
	index      map[string]int // of properties by name
	required   uint32         // the bits of those that must be there
}

// property is one property of a kind of object.
type property[T any] struct {
	name string
	need need
	read func(d *decoder, to *T)
}

// need says whether a property has to be there, or may be.
type need struct {
	must  bool
	since int // the first minor version that has it
}

var (
	required = need{must: true}
	optional = need{}
)

// since is the need of an optional property that a minor version added.
func since(minor int) need { return need{since: minor} }

// maxProperties is the greatest number of properties of a shape, and
// maxShapes that of shapes.
const (
	maxProperties = 24
	maxShapes     = 12
)

var shapes5 int // how many were made

func newShape[T any](properties ...property[T]) *shape[T] {
	s := &shape[T]{properties: properties, number: shapes5, index: make(map[string]int)}
	shapes5++
	for i, p := range properties {
		s.quoted = append(s.quoted, []byte(strconv.Quote(p.name)))
		s.index[p.name] = i
		if p.need.must {
			s.required |= 1 << i
		}
	}
	return s
}

// names returns the names of the properties a minor version has.
func (s *shape[T]) names(minor int) []string {
	var names []string
	for _, p := range s.properties {
		if p.need.since <= minor {
			names = append(names, p.name)
		}
	}
	return names
}

// readObject reads an object of a shape.
func readObject[T any](d *decoder, s *shape[T], to *T) {
	if d.next() != '{' {
		d.wrongType("object")
		return
	}
	m := members[T]{d: d, shape: s, to: to}
	if d.enter('}') {
		for {
			m.read()
			if !d.more('}') {
				break
			}
		}
	}
	m.end()
}

// members is what is known of an object while its members are read.
type members[T any] struct {
	d        *decoder
	shape    *shape[T]
	to       *T
	seen     uint32   // the bits of properties that were there
	unknown  *nameSet // names that are no property's
	previous int      // the index of the property before, plus 1
}

// read reads one member, from its name on.
//
// Objects of one report mostly have their properties in the same order, so the
// one that came after the previous one last time is tried first.
func (m *members[T]) read() {
	d := m.d
	guess := &d.guess[m.shape.number][m.previous]
	i := int(*guess) - 1
	if d.next(); i >= 0 && bytes.HasPrefix(d.text[d.pos:], m.shape.quoted[i]) {
		quoted := m.shape.quoted[i]
		d.pos += len(quoted)
		d.path[len(d.path)-1].name = quoted[1 : len(quoted)-1]
		d.colon()
	} else {
		var known bool
		if i, known = m.known(d.name()); !known {
			m.value(i, known)
			return
		}
		*guess = uint8(i + 1)
	}
	m.previous = i + 1
	m.value(i, true)
}

// known returns the index of the property with a name, and whether there is
// one.
func (m *members[T]) known(name []byte) (int, bool) {
	i, ok := m.shape.index[string(name)]
	return i, ok && m.shape.properties[i].need.since <= m.d.minor
}

// value reads the value of a member, which is the property with an index, or
// none.
func (m *members[T]) value(i int, known bool) {
	if !known {
		m.unknownValue()
		return
	}
	m.see(i)
	m.shape.properties[i].read(m.d, m.to)
}

// see remembers that the property with an index was there.
func (m *members[T]) see(i int) {
	if m.seen&(1<<i) != 0 {
		m.repeated()
	}
	m.seen |= 1 << i
}

// unknownValue reads the value of a member that is no property.
func (m *members[T]) unknownValue() {
	name := m.d.path[len(m.d.path)-1].name
	if m.unknown == nil {
		m.unknown = new(nameSet)
	}
	if m.unknown.add(name) {
		m.repeated()
	}
	expected := ""
	if !m.d.full() {
		expected = expectedKnown(string(name), m.shape.names(m.d.minor))
	}
	m.d.note(KindUnknown, expected, m.d.skipFound(), false)
}

// repeated notes that a member is there again.
func (m *members[T]) repeated() {
	m.d.note(KindDuplicate, expectedOnce, foundTwice, true)
	m.d.retract(m.d.pointer())
}

// end notes what is missing.
func (m *members[T]) end() {
	missing := m.shape.required &^ m.seen
	for i := 0; missing != 0; i, missing = i+1, missing>>1 {
		if missing&1 != 0 {
			m.d.note(KindRequired, expectedProperty(m.shape.properties[i].name), foundMissing, false)
		}
	}
}

// readList reads an array.
func readList[T any](d *decoder, read func(d *decoder, to *T)) []T {
	if d.next() != '[' {
		d.wrongType("array")
		return nil
	}
	list := []T{}
	if !d.enter(']') {
		return list
	}
	last := len(d.path) - 1
	for i := 0; ; i++ {
		d.path[last] = step{index: i}
		list = append(list, *new(T))
		read(d, &list[i])
		if !d.more(']') {
			return list
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"strconv"
	"unsafe"
)

// shape describes the properties of a kind of object in a version, and how
// each is read into the object's Go type.
type shape[T any] struct {
	properties []property[T]
	names      []string
	number     int            // the index among the shapes of the version
	quoted     [][]byte       // the names of properties in the form they mostly have in a text
	index      map[string]int // of properties by name
	required   uint32         // the bits of the required properties

	// end is called for an object that was read without faults. It completes
	// the conversion to the latest version, if the object's kind differs. May
	// be nil.
	end func(d *decoder, to *T)
}

// property is one property of a kind of object.
type property[T any] struct {
	name string
	need need
	read func(d *decoder, to *T)
}

// need is a rule about the presence of a property: required or optional, and in which
// versions.
type need struct {
	must  bool
	first Version
	last  Version // the latest if zero
}

var (
	required = need{must: true}
	optional = need{}
)

// since returns the need of a property that was added in a version.
func (n need) since(major, minor int) need {
	n.first = Version{major, minor}
	return n
}

// until returns the need of a property whose last version is given.
func (n need) until(major, minor int) need {
	n.last = Version{major, minor}
	return n
}

// appliesTo reports whether a version has the property.
func (n need) appliesTo(v Version) bool {
	return v.Compare(n.first) >= 0 && (n.last == Version{} || v.Compare(n.last) <= 0)
}

// maxProperties is the maximum number of properties of a shape, and maxShapes
// the maximum number of shapes.
const (
	maxProperties = 24
	maxShapes     = 11
)

func newShape[T any](number int, v Version, properties []property[T], end func(*decoder, *T)) *shape[T] {
	s := &shape[T]{number: number, index: make(map[string]int), end: end}
	for _, p := range properties {
		if !p.need.appliesTo(v) {
			continue
		}
		i := len(s.properties)
		s.properties = append(s.properties, p)
		s.names = append(s.names, p.name)
		s.quoted = append(s.quoted, []byte(strconv.Quote(p.name)))
		s.index[p.name] = i
		if p.need.must {
			s.required |= 1 << i
		}
	}
	return s
}

// readPart reads an object of a shape that is a property's value.
func readPart[T any](d *decoder, s *shape[T]) *T {
	if d.reserve(sizeOf[T]()) {
		part := new(T)
		readObject(d, s, part)
		return part
	}
	spare, ok := d.spares[s.number].(*T)
	if !ok {
		spare = new(T)
		d.spares[s.number] = spare
	}
	readObject(d, s, spare)
	return nil
}

// sizeOf returns the size of a type in bytes.
func sizeOf[T any]() int { return int(unsafe.Sizeof(*new(T))) }

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
			if !d.nextItem('}') {
				break
			}
		}
	}
	m.finish()
}

// members is the state of reading the members of an object.
type members[T any] struct {
	d        *decoder
	shape    *shape[T]
	to       *T
	seen     uint32   // the bits of properties that were read
	unknown  *nameSet // names of unknown members
	previous int      // the index of the property before, plus 1
}

// read reads one member, including its name.
//
// Objects of one report mostly have their properties in the same order. So read first tries
// the property that followed the previous property last time.
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
		if i, known = m.indexOf(d.name()); !known {
			m.value(i, known)
			return
		}
		*guess = uint8(i + 1)
	}
	m.previous = i + 1
	m.value(i, true)
}

// indexOf returns the index of the property with a name, and whether it exists.
func (m *members[T]) indexOf(name []byte) (int, bool) {
	i, ok := m.shape.index[string(name)]
	return i, ok
}

// value reads the value of a member: the property with an index, or an unknown
// member.
func (m *members[T]) value(i int, known bool) {
	if !known {
		m.unknownValue()
		return
	}
	m.markRead(i)
	m.shape.properties[i].read(m.d, m.to)
}

// markRead marks the property with an index as read.
func (m *members[T]) markRead(i int) {
	if m.seen&(1<<i) != 0 {
		m.repeated()
	}
	m.seen |= 1 << i
}

// unknownValue reads the value of an unknown member.
func (m *members[T]) unknownValue() {
	name := m.d.path[len(m.d.path)-1].name
	if m.unknown == nil {
		m.unknown = new(nameSet)
	}
	if m.unknown.add(name) {
		m.repeated()
	}
	expected := expectedKnown(string(name[:min(len(name), maxName)]), m.shape.names)
	m.d.note(KindUnknown, expected, m.d.skipFound(), false)
}

// repeated notes a repeated member.
func (m *members[T]) repeated() {
	m.d.note(KindDuplicate, expectedOnce, foundTwice, true)
	m.d.retract(m.d.pointer())
}

// finish notes missing properties, and completes an object without faults.
func (m *members[T]) finish() {
	missing := m.shape.required &^ m.seen
	for i := 0; missing != 0; i, missing = i+1, missing>>1 {
		if missing&1 != 0 {
			m.d.note(KindRequired, expectedProperty(m.shape.properties[i].name), foundMissing, false)
		}
	}
	if m.shape.end != nil && len(m.d.faults) == 0 {
		m.shape.end(m.d, m.to)
	}
}

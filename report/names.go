// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"hash/maphash"
)

// fewNames is how many names are compared one by one, which is faster than
// hashing. Objects have few members mostly.
const fewNames = 8

// nameSet is a set of names of unknown members. There are no more of
// them than a report has faults.
type nameSet struct {
	few  [fewNames][]byte
	n    int
	many map[string]bool
}

// add adds a name and reports whether it was there already. It keeps the name.
func (set *nameSet) add(name []byte) (again bool) {
	if set.many != nil {
		again = set.many[string(name)]
		set.many[string(name)] = true
		return again
	}
	for _, other := range set.few[:set.n] {
		if bytes.Equal(name, other) {
			return true
		}
	}
	if set.n < len(set.few) {
		set.few[set.n] = name
		set.n++
		return false
	}
	set.many = map[string]bool{string(name): true}
	for _, other := range set.few {
		set.many[string(other)] = true
	}
	return false
}

// nameTable is the names of an object's members, of which there may be as many
// as a text has room for. Beyond the first few it keeps no names, but where they
// are in the text, and hashes of them.
type nameTable struct {
	text  []byte
	few   [fewNames][]byte
	n     int
	slots []nameSlot
}

// nameSlot is a hash of a name, and the name's position in the text plus 1; the
// position is 0 for no name.
type nameSlot struct{ hash, at uint32 }

var nameSeed = maphash.MakeSeed()

// add adds a name, which is at a position of the text below 4 GiB, and reports
// whether it was there already. It keeps the name while names are few.
func (t *nameTable) add(name []byte, at int) (again bool) {
	few := min(t.n, fewNames)
	for _, other := range t.few[:few] {
		if bytes.Equal(name, other) {
			return true
		}
	}
	if few < fewNames {
		t.few[t.n] = name
		t.n++
		return false
	}
	if t.n-fewNames >= len(t.slots)/2 {
		t.grow()
	}
	hash := uint32(maphash.Bytes(nameSeed, name))
	last := uint32(len(t.slots) - 1)
	slot := hash & last
	for ; t.slots[slot].at != 0; slot = (slot + 1) & last {
		if s := t.slots[slot]; s.hash == hash && bytes.Equal(nameAt(t.text, s.at-1), name) {
			return true
		}
	}
	t.slots[slot] = nameSlot{hash, uint32(at) + 1}
	t.n++
	return false
}

// grow doubles the number of slots.
func (t *nameTable) grow() {
	old := t.slots
	t.slots = make([]nameSlot, max(2*len(old), 4*fewNames))
	last := uint32(len(t.slots) - 1)
	for _, s := range old {
		if s.at != 0 {
			slot := s.hash & last
			for t.slots[slot].at != 0 {
				slot = (slot + 1) & last
			}
			t.slots[slot] = s
		}
	}
}

// nameAt returns the name whose quotes begin at a position of a text.
func nameAt(text []byte, at uint32) []byte {
	s := scanner{text: text, pos: int(at)}
	name, odd := s.plainString()
	if odd {
		name = s.unescape(name)
	}
	return name
}

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"hash/maphash"
)

// fewNames is how many names are compared one by one, which is faster than
// hashing. Most objects have few members.
const fewNames = 8

// nameSet is a set of names of unknown members. There are no more of
// them than a report has faults.
type nameSet struct {
	few  [fewNames][]byte
	n    int
	many map[string]bool
}

// add adds a name, which it keeps, and reports whether the name was in the set
// already.
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

// nameTable is the set of names of an object's members; a text may have very
// many. Beyond the first few it keeps the positions and the hashes of names, not
// the names.
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
// whether the name was in the table already. It keeps the name while there are
// few names.
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

// nameAt returns the name whose opening quote is at a position of a text.
func nameAt(text []byte, at uint32) []byte {
	s := scanner{text: text, pos: int(at)}
	name, odd := s.plainString()
	if odd {
		name = s.unescape(name)
	}
	return name
}

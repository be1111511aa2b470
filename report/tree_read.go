// SPDX-License-Identifier: Apache-2.0

package report

import "encoding/json"

// readTree reads a text of exactly one JSON value. It returns the value, the
// faults of the text that do not prevent reading it, and the number of further
// faults.
func readTree(text []byte) (root any, notes []collected, more int, err *Error) {
	s := &scanner{text: text, offset: -1}
	defer catch(&err)
	root = s.tree()
	s.end()
	return root, s.faults, s.collector.more, nil
}

// tree reads a value.
func (s *scanner) tree() any {
	switch c := s.next(); {
	case c == '{':
		return s.treeObject()
	case c == '[':
		return s.treeArray()
	case c == '"':
		return string(s.str())
	case isNumber(c):
		return json.Number(s.number())
	}
	return s.constant() // a word, or text that is not a value
}

func (s *scanner) treeArray() []any {
	list := []any{}
	if !s.enter(']') {
		return list
	}
	last := len(s.path) - 1
	for {
		s.path[last] = step{index: len(list)}
		list = append(list, s.tree())
		if !s.nextItem(']') {
			return list
		}
	}
}

func (s *scanner) treeObject() *object {
	o := &object{}
	if !s.enter('}') {
		return o
	}
	var places map[string]int // of the members, if there are many
	for {
		name := string(s.name())
		s.next()
		start, spaces := s.pos, s.spaces
		place := -1
		if places == nil {
			place = o.index(name)
		} else if i, ok := places[name]; ok {
			place = i
		}
		if place >= 0 {
			s.note(KindDuplicate, expectedOnce, foundTwice, true)
			o.members[place].value = s.tree()
		} else {
			if places != nil {
				places[name] = len(o.members)
			}
			o.members = append(o.members, member{name, s.tree()})
		}
		if compact := s.pos - start - (s.spaces - spaces); compact > maxMisc && s.isMisc() && s.text[start] == '{' {
			s.note(KindSize, expectedMisc, foundBytes(compact), true)
		}
		if !s.nextItem('}') {
			return o
		}
		if places == nil && len(o.members) == manyMembers {
			places = o.memberPositions()
		}
	}
}

// isMisc reports whether the current member is a misc, by its position in the
// report.
func (s *scanner) isMisc() bool {
	n := len(s.path)
	return string(s.path[n-1].name) == "misc" && (n == 3 || n == 4 && string(s.path[2].name) == "environment")
}

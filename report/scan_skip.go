// SPDX-License-Identifier: Apache-2.0

package report

import "bytes"

// skip reads a value of which nothing is asked but that it is JSON.
func (s *scanner) skip() {
	switch c := s.next(); {
	case c == '"':
		s.str()
	case c == '{':
		s.skipObject()
	case c == '[':
		s.skipArray()
	case isNumber(c):
		s.number()
	default:
		s.constant()
	}
}

// constant reads true, false or null.
func (s *scanner) constant() any {
	switch {
	case s.word("true"):
		return true
	case s.word("false"):
		return false
	case !s.word("null"):
		s.fail("a JSON value")
	}
	return nil
}

// skipFound skips a value and says what it is.
func (s *scanner) skipFound() string {
	c := s.next()
	if c == '"' {
		return found(string(s.str()))
	}
	start := s.pos
	s.skip()
	switch c {
	case '{':
		return found(&object{})
	case '[':
		return found([]any{})
	case 'n':
		return found(nil)
	}
	return excerpt(string(s.text[start:s.pos]))
}

// isNumber reports whether a number begins with the character, NaN and
// Infinity included.
func isNumber(c byte) bool { return charClass[c]&classDigit != 0 || c == '-' || c == 'N' || c == 'I' }

func (s *scanner) skipArray() {
	if !s.enter(']') {
		return
	}
	last := len(s.path) - 1
	for i := 0; ; i++ {
		s.path[last] = step{index: i}
		s.skip()
		if !s.more(']') {
			return
		}
	}
}

func (s *scanner) skipObject() {
	if !s.enter('}') {
		return
	}
	var names nameSet
	for {
		if names.add(s.name()) {
			s.note(KindDuplicate, expectedOnce, foundTwice, true)
		}
		s.skip()
		if !s.more('}') {
			return
		}
	}
}

// nameSet is the names of an object's members. Objects have few members
// mostly, for which comparing is faster than hashing.
type nameSet struct {
	few  [8][]byte
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

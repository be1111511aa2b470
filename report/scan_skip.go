// SPDX-License-Identifier: Apache-2.0

package report

// skip reads a value, and checks only that it is JSON.
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

// skipFound skips a value and describes it.
func (s *scanner) skipFound() string {
	c := s.next()
	if c == '"' {
		return foundText(s.str())
	}
	start := s.pos
	s.skip()
	switch c {
	case '{':
		return describeValue(&object{})
	case '[':
		return describeValue([]any{})
	case 'n':
		return describeValue(nil)
	}
	return quotable(s.text[start:s.pos])
}

// isNumber reports whether the character begins a number, NaN or Infinity.
func isNumber(c byte) bool { return charClass[c]&classDigit != 0 || c == '-' || c == 'N' || c == 'I' }

func (s *scanner) skipArray() {
	if !s.enter(']') {
		return
	}
	last := len(s.path) - 1
	for i := 0; ; i++ {
		s.path[last] = step{index: i}
		s.skip()
		if !s.nextItem(']') {
			return
		}
	}
}

// skipObject skips an object, and notes repeated members among those that begin in
// its first maxMisc bytes, not counting white space; a longer object is refused
// anyway.
func (s *scanner) skipObject() {
	start, spaces := s.pos, s.spaces
	if !s.enter('}') {
		return
	}
	names := nameTable{text: s.text[start:]}
	for {
		s.next()
		at := s.pos - start
		compact := at - (s.spaces - spaces)
		if name := s.name(); compact < maxMisc && names.add(name, at) {
			s.note(KindDuplicate, expectedOnce, foundTwice, true)
		}
		s.skip()
		if !s.nextItem('}') {
			return
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package report

import "bytes"

// skimmer finds the end of a JSON value. It only counts brackets and skips strings, so it
// is several times as fast as reading the value. It does not find text inside the value
// that is not JSON; reading the value does.
type skimmer struct {
	pos      int // how far the value was scanned
	depth    int // the number of open brackets
	inString bool
}

// skim looks for the end of the value that b begins with, an object, an array
// or a string, and reports whether it is there; then pos is where. If it is
// not, skim continues from there with more of b.
func (s *skimmer) skim(b []byte) bool {
	for s.pos < len(b) {
		if s.inString {
			n := bytes.IndexByte(b[s.pos:], '"')
			if n < 0 {
				s.pos = len(b)
				return false
			}
			s.pos += n + 1
			s.inString = escaped(b, s.pos-1)
			if !s.inString && s.depth == 0 {
				return true
			}
			continue
		}
		c := b[s.pos]
		s.pos++
		switch c {
		case '"':
			s.inString = true
		case '{', '[':
			s.depth++
		case '}', ']':
			s.depth--
			if s.depth <= 0 {
				return true
			}
		}
	}
	return false
}

// skim returns the value at a position of a text, and the position behind it. A value that
// is not an object, array or string ends before the next comma, bracket or white space.
func skim(text []byte, pos int) (value []byte, next int, ok bool) {
	if pos == len(text) {
		return nil, pos, false
	}
	switch text[pos] {
	case '{', '[', '"':
		var s skimmer
		ok = s.skim(text[pos:])
		next = pos + s.pos
	default:
		next = pos + scalarLength(text[pos:])
		ok = next > pos
	}
	return text[pos:next], next, ok
}

// scalarLength returns the length of the number or word at the beginning of b.
func scalarLength(b []byte) int {
	for i, c := range b {
		switch c {
		case ' ', '\t', '\r', '\n', ',', ':', '{', '}', '[', ']', '"', 0x1e:
			return i
		}
	}
	return len(b)
}

// spaces returns the position of the first character from pos on that is not
// white space, or the end.
func spaces(text []byte, pos int) int {
	for pos < len(text) && isSpace(text[pos]) {
		pos++
	}
	return pos
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

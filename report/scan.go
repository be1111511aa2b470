// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads the values of a JSON text, one after the other, and collects
// what is wrong with the text itself. It is as lenient as readers of reports
// have always been: it takes repeated members, NaN, Infinity and halves of
// surrogate pairs, each of them a fault, and goes on. Anything else that is
// not JSON ends it, by a panic with an *Error.
type scanner struct {
	collector
	text    []byte
	pos     int
	offset  int64  // of the text in the stream it is a part of, -1 if it is none
	path    []step // to the value being read
	spaced  bool   // whether white space was skipped
	scratch []byte // holds a string with escapes, until the next one
}

// step is one step of the way from a report's root to a value: the name of
// a member, or the index of an element if the name is nil.
type step struct {
	name  []byte
	index int
}

// note adds a fault of the current value.
func (s *scanner) note(kind Kind, expected, found string, ofText bool) {
	if s.full() {
		s.collector.more++
		return
	}
	s.add(Fault{Kind: kind, Pointer: s.pointer(), Expected: expected, Found: found}, ofText)
}

// maxName is how much of a member's name is in a pointer: there may be
// hundreds of faults below a member, each with the name.
const maxName = 128

// pointer returns the JSON pointer of the current value.
func (s *scanner) pointer() string {
	var p []byte
	for _, at := range s.path {
		p = append(p, '/')
		if at.name == nil {
			p = strconv.AppendInt(p, int64(at.index), 10)
		} else {
			p = append(p, escapePointer(string(at.name))...)
		}
	}
	return string(p)
}

// fail ends the scan: the text is not JSON from the current position on.
func (s *scanner) fail(expected string) {
	found := ""
	if s.offset < 0 {
		found = foundInText(s.text, s.pos)
	} else {
		found = fmt.Sprintf("%s at byte %d of the stream", foundAt(s.text, s.pos), s.offset+int64(s.pos))
	}
	panic(&Error{Faults: []Fault{{Kind: KindSyntax, Expected: expected, Found: found}}})
}

// enter steps into an object or array, whose opening bracket comes next, and
// reports whether there is anything in it.
func (s *scanner) enter(closing byte) bool {
	s.pos++
	if len(s.path) == MaxDepth {
		s.path = s.path[:2]
		panic(&Error{Faults: []Fault{{Kind: KindDepth, Pointer: s.pointer(), Expected: expectedDepth, Found: "more"}}})
	}
	if s.next() == closing {
		s.pos++
		return false
	}
	s.path = append(s.path, step{})
	return true
}

// more steps to the next member or element and reports whether there is one;
// if not, it steps out of the object or array.
func (s *scanner) more(closing byte) bool {
	switch s.next() {
	case ',':
		s.pos++
		return true
	case closing:
		s.pos++
		s.path = s.path[:len(s.path)-1]
		return false
	}
	if closing == '}' {
		s.fail(`"," or "}"`)
	}
	s.fail(`"," or "]"`)
	return false
}

// next skips white space and returns the byte there, 0 at the end of the text.
func (s *scanner) next() byte {
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		if c > ' ' {
			return c
		}
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
		s.spaced = true
		s.pos++
	}
	return 0
}

// name reads the name of a member, and the colon behind it, and makes it the
// last step of the path.
func (s *scanner) name() []byte {
	name := s.bareName()
	s.colon()
	return name
}

// bareName reads the name of a member, and makes it the last step of the path.
func (s *scanner) bareName() []byte {
	if s.next() != '"' {
		s.fail(`a member's name in double quotes`)
	}
	last := &s.path[len(s.path)-1]
	name, odd := s.plainString()
	if odd {
		name = bytes.Clone(s.unescape(name))
	}
	if name == nil {
		name = []byte{}
	}
	last.name = name
	if odd {
		s.noteOddities(name)
	}
	return name
}

func (s *scanner) colon() {
	if s.next() != ':' {
		s.fail(`":"`)
	}
	s.pos++
}

// str reads a string, which is good until the next one is read.
func (s *scanner) str() []byte {
	value, odd := s.plainString()
	if odd {
		value = s.unescape(value)
		s.noteOddities(value)
	}
	return value
}

// noteOddities notes what a string should not have. Both can only come from
// escapes.
func (s *scanner) noteOddities(value []byte) {
	if bytes.IndexByte(value, 0) >= 0 {
		s.note(KindNUL, expectedNoNUL, found(string(value)), true)
	}
	if !utf8.Valid(value) {
		s.note(KindSurrogate, expectedPair, found(string(value)), true)
	}
}

// plainString reads a string up to its end, or its first escape or character
// beyond ASCII, in which case there is more of it.
func (s *scanner) plainString() (value []byte, more bool) {
	start := s.pos + 1
	s.pos = start + plainLength(s.text[start:])
	value = s.text[start:s.pos]
	if s.pos < len(s.text) && s.text[s.pos] == '"' {
		s.pos++
		return value, false
	}
	return value, true
}

// unescape reads the rest of a string whose beginning is given.
func (s *scanner) unescape(beginning []byte) []byte {
	value := append(s.scratch[:0], beginning...)
	for {
		switch c := s.at(s.pos); {
		case c == '"':
			s.pos++
			s.scratch = value
			return value
		case c == '\\':
			if s.at(s.pos+1) == 'n' {
				value = append(value, '\n')
				s.pos += 2
			} else {
				value = s.escape(value)
			}
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(s.text[s.pos:])
			if r == utf8.RuneError && size == 1 {
				s.fail("UTF-8")
			}
			value = append(value, s.text[s.pos:s.pos+size]...)
			s.pos += size
		case s.pos == len(s.text):
			s.fail(`the string's closing "\""`)
		default:
			s.fail("control characters in a string to be escaped")
		}
		n := plainLength(s.text[s.pos:])
		value = append(value, s.text[s.pos:s.pos+n]...)
		s.pos += n
	}
}

// at returns the byte at a position, 0 beyond the end of the text.
func (s *scanner) at(pos int) byte {
	if pos < len(s.text) {
		return s.text[pos]
	}
	return 0
}

// escape appends the character that the escape at the current position means.
func (s *scanner) escape(value []byte) []byte {
	s.pos++
	c := s.at(s.pos)
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return s.unicode(value)
	default:
		s.fail(`an escape: one of "\/bfnrtu`)
	}
	s.pos++
	return append(value, c)
}

// unicode appends the character of an escape, or of the two escapes of
// a surrogate pair. Half a pair becomes what UTF-8 would have for it if it had
// anything, so that it stays apart from every other string.
func (s *scanner) unicode(value []byte) []byte {
	r, ok := s.unit(s.pos + 1)
	if !ok {
		s.fail("four hexadecimal digits after it")
	}
	s.pos += 5
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(value, r)
	}
	if s.at(s.pos) == '\\' && s.at(s.pos+1) == 'u' {
		if low, ok := s.unit(s.pos + 2); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				s.pos += 6
				return utf8.AppendRune(value, pair)
			}
		}
	}
	return append(value, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
}

// unit returns the UTF-16 unit whose four hexadecimal digits begin at from.
func (s *scanner) unit(from int) (rune, bool) {
	if from+4 > len(s.text) || span(s.text[from:from+4], classHex) < 4 {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(s.text[from:from+4]), 16, 16)
	return rune(unit), err == nil
}

// plainLength returns how many bytes at the beginning of b are themselves in
// a string: ASCII, no control character, no quote, no backslash. It looks at
// eight bytes at a time; the lowest bit set in odd is the first that is not.
func plainLength(b []byte) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(b); i += 8 {
		word := binary.LittleEndian.Uint64(b[i:])
		quote := word ^ ones*'"'
		backslash := word ^ ones*'\\'
		odd := (word | (word - ones*' ') | (quote - ones) | (backslash - ones)) & tops
		if odd != 0 {
			return i + bits.TrailingZeros64(odd)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}

// maxDigits is how many digits an integer may be written with: Python's
// readers have that bound.
const maxDigits = 4300

// number reads a number and returns it as it is written.
func (s *scanner) number() []byte {
	start := s.pos
	if s.at(s.pos) == '-' {
		s.pos++
	}
	switch c := s.at(s.pos); {
	case c == 'I' && s.word("Infinity"), c == 'N' && s.pos == start && s.word("NaN"):
		literal := s.text[start:s.pos]
		s.note(KindNumber, expectedNumber, string(literal), true)
		return literal
	case c == 'I', c == 'N':
		s.fail("a JSON value")
	}
	first := s.pos
	if s.at(s.pos) == '0' {
		s.pos++
	} else {
		s.digits()
	}
	if s.pos-first > maxDigits {
		if c := s.at(s.pos); c != '.' && c != 'e' && c != 'E' {
			s.pos = start
			s.fail(fmt.Sprintf("integers of at most %d digits", maxDigits))
		}
	}
	if s.at(s.pos) == '.' {
		s.pos++
		s.digits()
	}
	exponent := false
	if c := s.at(s.pos); c == 'e' || c == 'E' {
		exponent = true
		s.pos++
		if c := s.at(s.pos); c == '+' || c == '-' {
			s.pos++
		}
		s.digits()
	}
	literal := s.text[start:s.pos]
	if (exponent || len(literal) > 300) && math.IsInf(float(literal), 0) {
		s.note(KindNumber, expectedNumber, excerpt(string(literal)), true)
	}
	return literal
}

// float returns the double nearest to a number, infinity beyond the range.
func float(literal []byte) float64 {
	f, _ := strconv.ParseFloat(string(literal), 64)
	return f
}

func (s *scanner) digits() {
	n := span(s.text[s.pos:], classDigit)
	if n == 0 {
		s.fail("a digit")
	}
	s.pos += n
}

// word skips a word, if it comes next.
func (s *scanner) word(word string) bool {
	if !bytes.HasPrefix(s.text[s.pos:], []byte(word)) {
		return false
	}
	s.pos += len(word)
	return true
}

// end checks that there is nothing more in the text.
func (s *scanner) end() {
	s.next()
	if s.pos < len(s.text) {
		s.fail(expectedNothing)
	}
}

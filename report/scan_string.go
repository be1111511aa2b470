// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string, which is valid until the next one is read.
func (s *scanner) str() []byte {
	start := s.pos
	value, odd := s.plainString()
	if odd {
		value = s.unescape(value)
		if s.mend != nil {
			value = s.mendText(start, value)
		}
		s.noteOddities(value)
	}
	return value
}

// noteOddities notes NUL characters and halves of surrogate pairs in a string, which only
// escapes can produce. With a mender it also notes bytes that are not UTF-8.
func (s *scanner) noteOddities(value []byte) {
	if bytes.IndexByte(value, 0) >= 0 {
		s.note(KindNUL, expectedNoNUL, foundText(value), true)
	}
	if utf8.Valid(value) {
		return
	}
	odd := damageOf(value)
	if odd.halves > 0 {
		s.note(KindSurrogate, expectedPair, foundText(value), true)
	}
	if odd.others > 0 {
		s.note(KindSyntax, expectedUTF8, foundText(value), true)
	}
}

// plainString reads a string up to its end, or up to its first escape or
// character beyond ASCII; in that case more is true.
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

// unescape reads the rest of a string after its beginning.
func (s *scanner) unescape(beginning []byte) []byte {
	value := append(s.scratch[:0], beginning...)
	sized := false
	for {
		if len(value) >= longString && !sized {
			value = slices.Grow(value, stringLength(s.text[s.pos-1:]))
			sized = true
		}
		switch c := s.byteAt(s.pos); {
		case c == '"':
			s.pos++
			s.scratch = value
			return value
		case c == '\\':
			if s.byteAt(s.pos+1) == 'n' {
				value = append(value, '\n')
				s.pos += 2
			} else {
				value = s.escape(value)
			}
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(s.text[s.pos:])
			if r == utf8.RuneError && size == 1 && s.mend == nil {
				s.fail(expectedUTF8)
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

// longString is the length from which on all memory for a string is allocated
// at once.
const longString = 32 << 10

// byteAt returns the byte at a position, or 0 beyond the end of the text.
func (s *scanner) byteAt(pos int) byte {
	if pos < len(s.text) {
		return s.text[pos]
	}
	return 0
}

// escape appends the character of the escape at the current position.
func (s *scanner) escape(value []byte) []byte {
	s.pos++
	c := s.byteAt(s.pos)
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

// unicode appends the character of an escape, or of the two escapes of a
// surrogate pair. Half of a pair becomes the three bytes that UTF-8 would have
// for it, so that it differs from every other string.
func (s *scanner) unicode(value []byte) []byte {
	r, ok := s.unit(s.pos + 1)
	if !ok {
		s.fail("four hexadecimal digits after it")
	}
	s.pos += 5
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(value, r)
	}
	if s.byteAt(s.pos) == '\\' && s.byteAt(s.pos+1) == 'u' {
		if low, ok := s.unit(s.pos + 2); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				s.pos += 6
				return utf8.AppendRune(value, pair)
			}
		}
	}
	return append(value, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
}

// unit returns the UTF-16 unit in the four hexadecimal digits at from.
func (s *scanner) unit(from int) (rune, bool) {
	if from+4 > len(s.text) || span(s.text[from:from+4], classHex) < 4 {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(s.text[from:from+4]), 16, 16)
	return rune(unit), err == nil
}

// plainLength returns the length of the beginning of b that needs no escape in
// a string: ASCII without control characters, quotes and backslashes. It
// checks eight bytes at a time; the lowest bit set in odd is the first other
// byte.
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

// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// maxDigits is the maximum number of digits of an integer; Python's readers
// have that limit.
const maxDigits = 4300

// number reads a number and returns it as it is written.
func (s *scanner) number() []byte {
	start := s.pos
	if s.byteAt(s.pos) == '-' {
		s.pos++
	}
	switch c := s.byteAt(s.pos); {
	case c == 'I' && s.word("Infinity"), c == 'N' && s.pos == start && s.word("NaN"):
		literal := s.text[start:s.pos]
		s.note(KindNumber, expectedNumber, string(literal), true)
		return literal
	case c == 'I', c == 'N':
		s.fail("a JSON value")
	}
	first := s.pos
	if s.byteAt(s.pos) == '0' {
		s.pos++
	} else {
		s.digits()
	}
	if s.pos-first > maxDigits {
		if c := s.byteAt(s.pos); c != '.' && c != 'e' && c != 'E' {
			s.pos = start
			s.fail(fmt.Sprintf("integers of at most %d digits", maxDigits))
		}
	}
	if s.byteAt(s.pos) == '.' {
		s.pos++
		s.digits()
	}
	mantissa, exponent := s.text[first:s.pos], []byte(nil)
	if c := s.byteAt(s.pos); c == 'e' || c == 'E' {
		s.pos++
		if c := s.byteAt(s.pos); c == '+' || c == '-' {
			s.pos++
		}
		start := s.pos
		s.digits()
		exponent = s.text[start:s.pos]
	}
	literal := s.text[start:s.pos]
	if (exponent != nil || len(literal) > 300) && outOfRange(literal, mantissa, exponent) {
		s.note(KindNumber, expectedNumber, quotable(literal), true)
	}
	return literal
}

// maxExponent is the maximum number of digits of an exponent, after its
// leading zeros. It bounds the size of the number in exact arithmetic, such as
// PostgreSQL's.
const maxExponent = 3

// outOfRange reports whether a number becomes infinity in double precision, or
// zero although it is not zero, or has a too long exponent.
func outOfRange(literal, mantissa, exponent []byte) bool {
	if len(literal) > maxDigits+maxExponent+len("-.e-") || len(bytes.TrimLeft(exponent, "0")) > maxExponent {
		return true
	}
	f := float(literal)
	return math.IsInf(f, 0) || f == 0 && bytes.ContainsAny(mantissa, "123456789")
}

// isExact reports whether double precision keeps an integer, which is written
// without fraction and exponent: written again with the fewest digits that
// distinguish it from its neighbours, it is the same number.
func isExact(literal []byte) bool {
	digits := bytes.TrimLeft(bytes.TrimPrefix(literal, []byte("-")), "0")
	digits = bytes.TrimRight(digits, "0")
	if len(digits) <= 15 {
		return true
	}
	const most = 17 // digits that distinguish a double from its neighbours
	if len(digits) > most {
		return false
	}
	var buf [32]byte
	kept := strconv.AppendFloat(buf[:0], math.Abs(float(literal)), 'e', -1, 64)
	kept, _, _ = bytes.Cut(kept, []byte("e"))
	whole, fraction, _ := bytes.Cut(kept, []byte("."))
	return string(whole)+string(fraction) == string(digits)
}

// float returns the double nearest to a number, or infinity beyond the range.
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

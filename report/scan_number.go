// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"math"
	"strconv"
)

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

// SPDX-License-Identifier: Apache-2.0

package object

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SyntaxError is an error in the text of a pattern or a reference.
type SyntaxError struct {
	What   string // "pattern" or "reference"
	Offset int    // of the byte, from 0; the length of the text for its end
	Msg    string // the expected and the found text
}

// Error returns "WHAT: at OFFSET: MSG".
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s: at %d: %s", e.What, e.Offset, e.Msg) }

// maxText is the largest size of a text in bytes: room for some 10,000 IDs.
const maxText = 1 << 20

// scanner reads the parts of a text.
type scanner struct {
	what string // for errors
	text string
	pos  int
}

func (s *scanner) errorAt(pos int, format string, args ...any) error {
	return &SyntaxError{s.what, pos, fmt.Sprintf(format, args...)}
}

// unexpected returns the error that another text was expected here.
func (s *scanner) unexpected(expected string) error {
	if s.done() {
		return s.errorAt(s.pos, "expected %s, found the end", expected)
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.pos:])
	return s.errorAt(s.pos, "expected %s, found %q", expected, string(r))
}

// check refuses a text that is too long, or has characters that no ID has: no database
// keeps a NUL, and no report has invalid UTF-8.
func (s *scanner) check() error {
	if len(s.text) > maxText {
		return s.errorAt(maxText, "expected at most %d bytes, found %d", maxText, len(s.text))
	}
	if i := strings.IndexByte(s.text, 0); i >= 0 {
		return s.errorAt(i, "expected text, found a NUL character")
	}
	for i := 0; i < len(s.text); {
		r, n := utf8.DecodeRuneInString(s.text[i:])
		if r == utf8.RuneError && n == 1 {
			return s.errorAt(i, "expected UTF-8, found the byte %#x", s.text[i])
		}
		i += n
	}
	return nil
}

func (s *scanner) done() bool { return s.pos == len(s.text) }

// peek returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.done() {
		return 0
	}
	return s.text[s.pos]
}

// accept steps over a byte if it is next, and reports whether it was.
func (s *scanner) accept(c byte) bool {
	if s.peek() != c || s.done() {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) expect(c byte) error {
	if !s.accept(c) {
		return s.unexpected(strconv.Quote(string(c)))
	}
	return nil
}

func (s *scanner) space() {
	s.run(func(c byte) bool { return strings.IndexByte(" \t\n\v\f\r", c) >= 0 })
}

// run steps over all bytes of a kind from here on, and returns them.
func (s *scanner) run(kind func(byte) bool) string {
	start := s.pos
	for !s.done() && kind(s.text[s.pos]) {
		s.pos++
	}
	return s.text[start:s.pos]
}

// typeName reads the name of a type.
func (s *scanner) typeName() (Type, error) {
	start := s.pos
	t := Type(s.run(func(c byte) bool { return c == '_' || letterOrDigit(c) }))
	switch {
	case t == "":
		return "", s.unexpected("a type")
	case !t.Known():
		return "", s.errorAt(start, "no type %q: the types are %s", string(t), listed(types))
	}
	return t, nil
}

// id reads the ID of an object of a type.
func (s *scanner) id(t Type) (ID, error) {
	start := s.pos
	var fields []string
	for {
		field, err := s.field()
		if err != nil {
			return ID{}, err
		}
		fields = append(fields, field)
		end := s.pos
		s.space()
		if !s.accept(',') {
			s.pos = end
			break
		}
		s.space()
	}
	id, fault := makeID(t, fields)
	if fault != "" {
		return ID{}, s.errorAt(start, "%s", fault)
	}
	return id, nil
}

// field reads a field of an ID, in quotes or not.
func (s *scanner) field() (string, error) {
	if !s.accept('"') {
		field := s.run(fieldByte)
		if field == "" {
			return "", s.unexpected("a field of an ID")
		}
		return field, nil
	}
	var field strings.Builder
	for {
		field.WriteString(s.run(func(c byte) bool { return c != '"' && c != '\\' }))
		switch {
		case s.accept('"'):
			return field.String(), nil
		case !s.accept('\\'):
			return "", s.unexpected("a closing quote")
		case s.peek() != '"' && s.peek() != '\\':
			return "", s.unexpected(`a quote or a backslash behind the backslash`)
		}
		field.WriteByte(s.peek())
		s.pos++
	}
}

// listed lists types for people.
func listed(types []Type) string {
	if len(types) == 0 {
		return "none"
	}
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

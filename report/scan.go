// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strconv"
)

// scanner reads the values of a JSON text, one after the other, and collects
// the faults of the text itself. It is as lenient as readers of reports have
// always been: it accepts repeated members, NaN, Infinity and halves of
// surrogate pairs, notes each as a fault, and continues. Anything else that is
// not JSON ends the scan by a panic with an *Error.
type scanner struct {
	collector
	text    []byte
	pos     int
	offset  int64  // of the text in its stream, -1 without a stream
	path    []step // to the value being read
	spaces  int    // how many characters of white space were skipped
	scratch []byte // holds a string with escapes, until the next one

	mend *mender // repairs the text; nil if each fault is noted

	ctx   context.Context // ends the scan; may be nil
	check int             // the position at which to check ctx again
	stops bool            // whether the scan ends when no more faults are kept
}

// checkEvery is how many bytes are read between two checks of the context. Other goroutines
// run then, too: else each step of a short request waits until a long text has used a processor
// for 10 ms.
const checkEvery = 128 << 10

// halt is the value of a panic that ends a scan before the end of the text:
// the error of its context, or nil after enough faults.
type halt struct{ err error }

// step is a step on the path from a report's root to a value: the name of a
// member, or the index of an element if the name is nil.
type step struct {
	name  []byte
	index int
}

// note adds a fault of the current value.
func (s *scanner) note(kind Kind, expected, found string, ofText bool) {
	if s.isFull() {
		s.collector.more++
		return
	}
	s.add(Fault{Kind: kind, Pointer: s.pointer(), Expected: expected, Found: found}, ofText)
	if s.stops && s.isFull() {
		panic(halt{})
	}
}

// maxName bounds a member's name in a pointer, and maxPointer bounds a
// pointer: hundreds of faults may be below members with long names, and each
// pointer has all the names.
const (
	maxName    = 128
	maxPointer = 1024
)

// pointer returns the JSON pointer of the current value.
func (s *scanner) pointer() string {
	var p []byte
	for _, at := range s.path {
		if len(p) > maxPointer {
			break
		}
		p = append(p, '/')
		if at.name == nil {
			p = strconv.AppendInt(p, int64(at.index), 10)
		} else {
			p = append(p, escapePointer(string(at.name[:min(len(at.name), maxName)]))...)
		}
	}
	return string(p)
}

// fail ends the scan: from the current position on, the text is not JSON.
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
// reports whether it is not empty.
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

// nextItem steps to the next member or element, or steps out of the object or
// array and returns false.
func (s *scanner) nextItem(closing byte) bool {
	if s.pos >= s.check {
		if s.check > 0 {
			runtime.Gosched()
		}
		s.check = s.pos + checkEvery
		if s.ctx != nil && s.ctx.Err() != nil {
			panic(halt{context.Cause(s.ctx)})
		}
	}
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

// next skips white space and returns the next byte, or 0 at the end of the
// text.
func (s *scanner) next() byte {
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		if c > ' ' {
			return c
		}
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
		s.spaces++
		s.pos++
	}
	return 0
}

// name reads the name of a member and the colon after it, and makes it the
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

// end checks that the text ends here.
func (s *scanner) end() {
	s.next()
	if s.pos < len(s.text) {
		s.fail(expectedNothing)
	}
}

// word skips a word, if it comes next.
func (s *scanner) word(word string) bool {
	if !bytes.HasPrefix(s.text[s.pos:], []byte(word)) {
		return false
	}
	s.pos += len(word)
	return true
}

// catch turns the panic that ends a scan into an error.
func catch(err **Error) {
	switch p := recover().(type) {
	case nil:
	case *Error:
		*err = p
	default:
		panic(p)
	}
}

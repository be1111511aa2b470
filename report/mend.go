// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"
)

// mender repairs the text that a scanner reads, and writes the repaired text.
type mender struct {
	out    []byte // the repaired text
	copied int    // the position in the scanned text that out goes up to
	free   bool   // whether the strings being read are free text
	misc   int    // the position in out at which the last misc begins

	repairs []Repair // of the current object, at most most
	most    int
	counts  map[RepairKind]int // of all repairs of the current object
	text    []byte             // holds a repaired text, until the next one
}

func newMender() *mender { return &mender{most: MaxRepairs, counts: make(map[RepairKind]int)} }

// noteRepair notes a repair of the current value.
func (s *scanner) noteRepair(kind RepairKind, format string, args ...any) {
	m := s.mend
	m.counts[kind]++
	if len(m.repairs) < m.most {
		m.repairs = append(m.repairs, Repair{Kind: kind, Pointer: s.pointer(), Text: fmt.Sprintf(format, args...)})
	}
}

// forget forgets the repairs of the current object.
func (m *mender) forget() {
	m.repairs = m.repairs[:0]
	clear(m.counts)
}

// copyTo writes the text up to a position.
func (m *mender) copyTo(text []byte, pos int) {
	m.out = append(m.out, text[m.copied:pos]...)
	m.copied = pos
}

// replace writes a string in place of the text between two positions.
func (m *mender) replace(text []byte, from, to int, value []byte) {
	m.copyTo(text, from)
	m.out = appendQuotedText(slices.Grow(m.out, len(value)+len(`""`)), value)
	m.copied = to
}

// cut leaves out the text of a member or an element between two positions, and a comma
// beside it.
func (m *mender) cut(text []byte, from, to int) {
	m.copyTo(text, from)
	m.copied = to
	if next := spaces(text, to); next < len(text) && text[next] == ',' {
		m.copied = next + 1
		return
	}
	m.out = bytes.TrimSuffix(bytes.TrimRight(m.out, " \t\r\n"), []byte(","))
}

// mended reports whether the text from a position on was repaired.
func (s *scanner) mended(start int) bool { return s.mend != nil && s.mend.copied > start }

// mendText repairs free text. start is the position of the value's opening quote.
func (s *scanner) mendText(start int, value []byte) []byte {
	if !s.mend.free || bytes.IndexByte(value, 0) < 0 && utf8.Valid(value) {
		return value
	}
	odd := damageOf(value)
	for _, o := range []struct {
		kind  RepairKind
		names string
		count int
	}{
		{RepairNUL, "NUL characters", odd.nuls},
		{RepairSurrogate, "halves of surrogate pairs", odd.halves},
		{RepairUTF8, "bytes that are not UTF-8", odd.others},
	} {
		if o.count > 0 {
			s.noteRepair(o.kind, "U+FFFD replaced %s: %d", o.names, o.count)
		}
	}
	s.mend.text = appendMended(slices.Grow(s.mend.text[:0], len(value)+odd.growth()), value)
	s.mend.replace(s.text, start, s.pos, s.mend.text)
	return s.mend.text
}

// mendTime repairs a time with a blank for the "T", or returns nil. start is the position of
// the value's opening quote.
func (s *scanner) mendTime(start int, value []byte) []byte {
	const at = len("2025-07-01")
	if len(value) <= at || value[at] != ' ' {
		return nil
	}
	value = bytes.Clone(value)
	value[at] = 'T'
	if !validDateTime(value) {
		return nil
	}
	s.noteRepair(RepairTime, `"T" replaced the blank between date and time of day`)
	s.mend.replace(s.text, start, s.pos, value)
	return value
}

// mendNull leaves out the current member if its value, which comes next, is null, and
// reports whether it did. The member must have the name of a property.
func (s *scanner) mendNull() bool {
	if s.next() != 'n' {
		return false
	}
	// The name contains no quotes, not even escaped: no property has quotes in its name.
	closing := bytes.LastIndexByte(s.text[:s.pos], '"')
	opening := bytes.LastIndexByte(s.text[:closing], '"')
	if !s.word("null") {
		return false
	}
	s.noteRepair(RepairNull, "left out the property, whose value was null")
	s.mend.cut(s.text, opening, s.pos)
	return true
}

// beginMisc prepares for the repair of a misc, which comes next.
func (s *scanner) beginMisc() {
	s.next()
	s.mend.copyTo(s.text, s.pos)
	s.mend.misc = len(s.mend.out)
}

// mendedMisc returns the repaired text of the misc just read, as compact JSON.
func (s *scanner) mendedMisc() []byte {
	s.mend.copyTo(s.text, s.pos)
	s.scratch = new(layout).append(s.scratch[:0], s.mend.out[s.mend.misc:])
	return s.scratch
}

// mending returns the shape for decoders with a mender.
func (s *shape[T]) mending() *shape[T] {
	m := *s
	m.properties = slices.Clone(s.properties)
	for i := range m.properties {
		m.properties[i].read = mendingRead(s.properties[i])
	}
	return &m
}

// mendingRead returns a function that reads a property with a mender.
func mendingRead[T any](p property[T]) func(d *decoder, to *T) {
	return func(d *decoder, to *T) {
		if !p.need.must && d.mendNull() {
			return
		}
		if p.name == "misc" {
			d.beginMisc()
		}
		d.mend.free = freeTexts[p.name]
		p.read(d, to)
		d.mend.free = false
	}
}

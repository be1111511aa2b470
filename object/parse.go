// SPDX-License-Identifier: Apache-2.0

package object

import "slices"

// Bounds of a pattern, so that a short text cannot cause much work: each "*" may multiply
// the patterns by some five.
const (
	maxSteps    = 32   // in the text, and in each pattern that it expands to
	maxPatterns = 1000 // that it expands to
)

// Parse reads a pattern and returns the chains that it expands to, in the order of the
// steps that match them. The lists of ids replace the "%" in the text, in order; there
// must be as many lists as "%".
//
// A pattern is a chain of steps. The first step begins at all objects:
//
//	relation type [ids] [match]
//
//	>            to the children; as the first step, to all objects
//	<            to the parents
//	build        a type
//	*            all types that can be reached, by any number of relations
//	[a:1; a:2]   only the objects with these IDs; commas separate the fields of an ID
//	["a b", 3]   fields need quotes for other characters than letters, digits and _:/.?%+-
//	[]           no objects
//	%            only the objects with the IDs of the next list in ids
//	#            matches all objects that the step reaches, on its way and at its end
//	$            matches only the objects at the end of the step
//
// A "*" follows all relations of its direction as far as they lead. ">test[ci:1]<*#" matches
// the build of the test, its checkout and its revision: all objects on the way. With "$"
// in place of "#" it matches only the revision, where the way ends.
//
// A "*" at a type that has no relation in its direction stays there: "$" matches these
// objects, "#" does not. ">revision<*$" matches all revisions, ">revision<*#" nothing. If
// only some of the types that a step begins at have its relation, the step goes on from
// these types. A text without "#" and "$" returns no patterns.
//
// The error is a *SyntaxError. The text may have 1 MiB and 32 steps, and expand
// to 1,000 patterns of 32 steps.
func Parse(text string, ids ...[]ID) ([]Pattern, error) {
	p := parser{scanner: scanner{what: "pattern", text: text}, supplied: ids}
	if err := p.check(); err != nil {
		return nil, err
	}
	var matched []*Pattern
	ends := []*Pattern{nil} // the ends of the steps so far; nil names all objects
	for n := 0; ; n++ {
		if p.space(); p.done() {
			break
		}
		if n == maxSteps {
			return nil, p.errorAt(p.pos, "expected at most %d steps", maxSteps)
		}
		s, err := p.step()
		if err != nil {
			return nil, err
		}
		reached, next := s.expand(ends)
		if len(next) == 0 {
			return nil, p.noRelation(s, ends)
		}
		switch s.match {
		case '#':
			matched = append(matched, reached...)
		case '$':
			matched = append(matched, next...)
		}
		switch {
		case max(len(next), len(matched)) > maxPatterns:
			return nil, p.errorAt(s.pos, "expected at most %d patterns, found more when expanding", maxPatterns)
		case slices.ContainsFunc(next, (*Pattern).tooLong):
			return nil, p.errorAt(s.pos, "expected at most %d steps, found more when expanding", maxSteps)
		}
		ends = next
	}
	if p.used < len(ids) {
		return nil, p.errorAt(len(text), `expected a "%%" for each of %d lists of IDs, found %d`, len(ids), p.used)
	}
	return distinct(matched), nil
}

// step is a step of a pattern, as it is written.
type step struct {
	pos   int // of the type
	child bool
	any   bool // the type is "*"
	typ   Type
	ids   []ID
	byID  bool // only the objects with an ID in ids
	match byte // '#', '$', or 0 for none
}

// parser reads steps.
type parser struct {
	scanner
	supplied [][]ID
	used     int // lists of ids
}

func (p *parser) step() (step, error) {
	var s step
	switch {
	case p.accept('>'):
		s.child = true
	case !p.accept('<'):
		return s, p.unexpected(`">" or "<"`)
	}
	p.space()
	s.pos = p.pos
	if s.any = p.accept('*'); !s.any {
		var err error
		if s.typ, err = p.typeName(); err != nil {
			return s, err
		}
	}
	p.space()
	if c := p.peek(); c == '[' || c == '%' {
		if s.any {
			return s, p.errorAt(p.pos, `expected a single type for IDs, found "*"`)
		}
		var err error
		if s.ids, err = p.ids(s.typ); err != nil {
			return s, err
		}
		s.byID = true
		p.space()
	}
	if c := p.peek(); c == '#' || c == '$' {
		s.match = c
		p.pos++
	}
	return s, nil
}

// ids reads the IDs of objects of a type, or a "%".
func (p *parser) ids(t Type) ([]ID, error) {
	start := p.pos
	if p.accept('%') {
		if p.used == len(p.supplied) {
			return nil, p.errorAt(start, `expected IDs for "%%", found none supplied`)
		}
		p.used++
		return p.suppliedIDs(start, t, p.supplied[p.used-1])
	}
	p.pos++ // the bracket
	ids := []ID{}
	p.space()
	if p.accept(']') {
		return ids, nil
	}
	for {
		id, err := p.id(t)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
		p.space()
		if p.accept(']') {
			return sortIDs(t, ids), nil
		}
		if !p.accept(';') {
			return nil, p.unexpected(`";" or "]"`)
		}
		p.space()
	}
}

// suppliedIDs checks the IDs that replace a "%".
func (p *parser) suppliedIDs(pos int, t Type, supplied []ID) ([]ID, error) {
	ids := make([]ID, len(supplied))
	for i, id := range supplied {
		n := len(t.Fields())
		if id[1] != "" {
			n = max(n, 2)
		}
		var fault string
		if ids[i], fault = makeID(t, id[:n]); fault != "" {
			return nil, p.errorAt(pos, "%s, in ID %d of those supplied", fault, i+1)
		}
	}
	return sortIDs(t, ids), nil
}

// noRelation returns the error that no step leads from the ends to a type.
func (p *parser) noRelation(s step, ends []*Pattern) error {
	var from, to []Type
	for _, end := range ends {
		if end == nil {
			return p.errorAt(s.pos, `expected ">" as the first step, found "<": there is nothing above everything`)
		}
		if !slices.Contains(from, end.Type) {
			from = append(from, end.Type)
			to = append(to, end.Type.related(s.child)...)
		}
	}
	slices.Sort(to)
	to = slices.Compact(to)
	return p.errorAt(s.pos, "no %s %s of %s: there is %s", relation(s.child), s.typ, listed(from), listed(to))
}

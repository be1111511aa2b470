// SPDX-License-Identifier: Apache-2.0

package object

import (
	"fmt"
	"slices"
	"strings"
)

// Pattern names objects of one type that are related to the objects of another pattern.
// It is a chain of steps, each with one type. Parse expands a text with "*" to several
// patterns.
type Pattern struct {
	Base  *Pattern // where the step begins; nil for all objects
	Child bool     // the step leads to children, else to parents
	Type  Type
	IDs   []ID // of the objects, if ByID; an empty list names no objects
	ByID  bool // only objects with an ID in IDs
}

// All returns the pattern that names all objects of a type.
func All(t Type) Pattern { return Pattern{Child: true, Type: t} }

// Of returns the pattern that names the objects of a type with these IDs. With
// no IDs it names nothing; see All.
func Of(t Type, ids ...ID) Pattern {
	return Pattern{Child: true, Type: t, IDs: sortIDs(t, ids), ByID: true}
}

// Children returns the pattern that names all children of type t of what p
// names. It panics if objects of p's type have no such children.
func (p Pattern) Children(t Type) Pattern { return p.step(true, t) }

// Parents returns the pattern that names all parents of type t of what p names.
// It panics if objects of p's type have no such parents.
func (p Pattern) Parents(t Type) Pattern { return p.step(false, t) }

func (p Pattern) step(child bool, t Type) Pattern {
	if !slices.Contains(p.Type.related(child), t) {
		panic(fmt.Sprintf("object: %s has no %s %s", p.Type, relation(child), t))
	}
	return Pattern{Base: &p, Child: child, Type: t}
}

// Anchored reports whether a step of the pattern has IDs. A database then finds the
// objects from these IDs, and does not search all objects.
func (p *Pattern) Anchored() bool { return p.ByID || p.Base != nil && p.Base.Anchored() }

// String returns the pattern in its canonical form, with the IDs of a list
// sorted as text and each once. Parse reads it back.
func (p Pattern) String() string { return string(append(p.append(nil), '#')) }

func (p *Pattern) append(b []byte) []byte {
	if p.Base != nil {
		b = p.Base.append(b)
	}
	if p.Child {
		b = append(b, '>')
	} else {
		b = append(b, '<')
	}
	b = append(b, p.Type...)
	if !p.ByID {
		return b
	}
	b = append(b, '[')
	for i, id := range sortIDs(p.Type, p.IDs) {
		if i > 0 {
			b = append(b, "; "...)
		}
		b = appendID(b, p.Type, id)
	}
	return append(b, ']')
}

// Format returns the patterns in their canonical form, a line each, without a newline at
// the end. Parse reads a line, but not several lines at once: the second pattern would
// begin where the first one leads.
func Format(patterns []Pattern) string {
	lines := make([]string, len(patterns))
	for i, p := range patterns {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/object"
)

// maxGlob is the most bytes of a text in select.
const maxGlob = 1000

// placeNames are the selectors of a repository. One repository of a revision must match
// all of them.
var placeNames = []string{"repository", "branch", "tree"}

// selectors reads the key select.
func (s *source) selectors(on object.Type, e entry) []selector {
	found := map[string]globs{}
	for _, e := range s.mapping(e.value) {
		i := slices.IndexFunc(selectables, func(a selectable) bool { return a.name == e.name })
		if i < 0 {
			s.problemAt(e.key, "select: unknown key %q%s", e.name, nearestName(selectableNames(), e.name))
			continue
		}
		if find(e.name, on) == nil {
			s.problemAt(e.key, "select: %s does not go with on: %s, only with %s", e.name, on, typesOf(e.name))
			continue
		}
		found[e.name] = s.globs(e, selectables[i].values)
	}
	var all []selector
	var place map[string]globs
	for i := range selectables {
		a := &selectables[i]
		g, ok := found[a.name]
		switch {
		case !ok || !slices.Contains(a.types, on):
		case on != object.TypeRevision || !slices.Contains(placeNames, a.name):
			all = append(all, selector{name: a.name, globs: g, texts: a.texts, text: a.text, match: a.match})
		case place == nil:
			place = map[string]globs{a.name: g}
			all = append(all, selector{place: place})
		default:
			place[a.name] = g
		}
	}
	return all
}

// globs reads the texts of a selector. If the selector has a list of possible values,
// each text must match one of them.
func (s *source) globs(e entry, values []string) (all globs) {
	texts := s.readTexts(e)
	if len(texts) == 0 && len(s.problems) == 0 {
		s.problemAt(e.key, "select: %s: expected at least one text", e.name)
	}
	for _, w := range texts {
		g := newGlob(w.text)
		switch {
		case len(w.text) > maxGlob:
			s.problem(w.line, w.column, "select: %s: longer than %d bytes", e.name, maxGlob)
		case values != nil && !slices.ContainsFunc(values, g.matches):
			s.problem(w.line, w.column, "select: %s: %q is not one of %s", e.name, w.text, strings.Join(values, ", "))
		}
		all = append(all, g)
	}
	return all
}

// find returns the selector of a type with a name, or nil.
func find(name string, on object.Type) *selectable {
	for i := range selectables {
		if a := &selectables[i]; a.name == name && slices.Contains(a.types, on) {
			return a
		}
	}
	return nil
}

// typesOf lists the types that a selector is for.
func typesOf(name string) string {
	var names []string
	for _, t := range object.Types() {
		if find(name, t) != nil {
			names = append(names, string(t))
		}
	}
	return strings.Join(names, ", ")
}

func selectableNames() []string {
	var names []string
	for _, a := range selectables {
		names = append(names, a.name)
	}
	return names
}

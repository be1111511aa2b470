// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/object"
)

// plan is the steps of patterns, each before those that begin at it. Patterns share the
// steps that they have in common.
type plan struct {
	steps []*step
	byKey map[stepKey]*step
	bases map[*object.Pattern]*step
	all   map[object.Type]bool // types of which all objects are wanted
}

func newPlan(patterns []object.Pattern) *plan {
	p := &plan{byKey: map[stepKey]*step{}, bases: map[*object.Pattern]*step{}, all: map[object.Type]bool{}}
	for i := range patterns {
		if o := &patterns[i]; o.Base == nil && !o.ByID {
			p.all[o.Type] = true
		}
	}
	for i := range patterns {
		o := &patterns[i]
		everything := o.Base == nil && !o.ByID
		if isNothing(o) || p.all[o.Type] && !(everything && isGroup(o.Type)) {
			continue // objects are read when they are returned, but groups are put together before
		}
		p.end(p.step(o))
	}
	return p
}

// isNothing reports whether a pattern names nothing in any database.
func isNothing(o *object.Pattern) bool {
	return o.ByID && len(o.IDs) == 0 || o.Base != nil && isNothing(o.Base)
}

// end notes that a pattern ends at a step.
func (p *plan) end(s *step) {
	if isGroup(s.typ) {
		p.related(s, true, members[s.typ]).collect = true
		return
	}
	s.output, s.needIDs = true, s.needIDs || s.within != nil
}

// step returns the last step of a pattern.
func (p *plan) step(o *object.Pattern) *step {
	if s := p.bases[o]; s != nil {
		return s
	}
	var s *step
	switch {
	case o.Base == nil:
		s = p.add(stepKey{typ: o.Type}, o)
	case o.ByID && !o.Base.Anchored():
		s = p.sought(o)
	default:
		base := p.step(o.Base)
		s = p.add(stepKey{base: base, child: o.Child, typ: o.Type}, o)
	}
	p.bases[o] = s
	return s
}

// sought returns the last step of a pattern that has IDs there for the first time. It
// looks back from these IDs, because the steps before may have very many objects. It then
// goes forward again, among the objects that it found.
func (p *plan) sought(o *object.Pattern) *step {
	back := []*step{p.add(stepKey{typ: o.Type}, o)}
	var forward []*object.Pattern
	for at := o; at.Base != nil; at = at.Base {
		back = append(back, p.related(back[len(back)-1], !at.Child, at.Base.Type))
		forward = append(forward, at)
	}
	s := back[len(back)-1]
	for i, at := range slices.Backward(forward) {
		back[i].needNodes = true
		s = p.add(stepKey{base: s, child: at.Child, typ: at.Type, within: back[i]}, nil)
	}
	return s
}

// related returns the step to all children or parents of a type.
func (p *plan) related(base *step, child bool, t object.Type) *step {
	return p.add(stepKey{base: base, child: child, typ: t}, nil)
}

// add returns the step with the key and the IDs of the pattern o, which may be nil. It
// notes what the step needs of its base.
func (p *plan) add(key stepKey, o *object.Pattern) *step {
	var only ids
	if o != nil && o.ByID {
		only = possible(o.Type, o.IDs)
		key.byID, key.names = true, names(only)
	}
	if s := p.byKey[key]; s != nil {
		return s
	}
	s := &step{stepKey: key, ids: only, needUps: map[object.Type]bool{}}
	p.byKey[key] = s
	p.steps = append(p.steps, s)
	switch base := s.base; {
	case base == nil:
	case s.child:
		base.needIDs = true
	default:
		base.needUps[s.typ] = true
	}
	return s
}

// names returns IDs as one text. They have no NUL.
func names(all ids) string {
	var b strings.Builder
	for _, id := range sortedIDs(all) {
		b.WriteString(id[0] + "\x00" + id[1] + "\x00")
	}
	return b.String()
}

// next returns the steps to take next: all of one list that are ready. It takes the steps
// before that read nothing. It chooses a list that no later step needs, if there is one,
// so that the list is read once.
func (p *plan) next() []*step {
	var ready []*step
	later := map[object.Type]bool{}
	for _, s := range p.steps {
		switch {
		case s.done:
		case s.ready() && s.reads():
			ready = append(ready, s)
		case s.ready():
			s.takeAll()
		case s.reads():
			later[s.typ] = true
		}
	}
	if len(ready) == 0 {
		return nil
	}
	best := slices.IndexFunc(ready, func(s *step) bool { return !later[s.typ] })
	t := ready[max(best, 0)].typ
	return slices.DeleteFunc(ready, func(s *step) bool { return s.typ != t })
}

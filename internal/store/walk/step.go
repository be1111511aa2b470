// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"github.com/kcidb-go/kcidb/object"
)

// step is a step of one pattern, or of several patterns that begin alike. It has the
// objects of one type.
//
// A step without base has the objects with its IDs, or all objects. Any other step has the
// parents or the children of the objects of its base, of these only those with its IDs, or
// those that another step has, too.
type step struct {
	stepKey
	ids ids // of the objects, if byID

	// Needs of the steps behind this one: the IDs of its objects, the nodes, the parents.
	needIDs   bool
	needNodes bool
	needUps   map[object.Type]bool // their parents of these types
	output    bool                 // the pattern ends here
	collect   bool                 // the base is a group at which a pattern ends: its members, which this step has, make up the group

	done  bool
	found found
}

// stepKey distinguishes steps.
type stepKey struct {
	base   *step // nil at the start
	child  bool  // the step leads to children of its base, else to parents
	typ    object.Type
	byID   bool
	names  string // the IDs as one text
	within *step  // the step has only objects of this step, and reads nothing; or nil
}

// found is what the steps behind a step need of its objects.
type found struct {
	all   bool // all groups of the type, whose IDs are not known
	ids   ids
	ups   map[object.Type]ids
	nodes []node
}

// ready reports whether the step can be taken.
func (s *step) ready() bool {
	return (s.base == nil || s.base.done) && (s.within == nil || s.within.done)
}

// reads reports whether the step reads objects. If a group is not the end of a pattern,
// only its ID matters: it is not there unless it has members.
func (s *step) reads() bool { return s.within == nil && !isGroup(s.typ) }

// source returns what selects the objects of the step.
func (s *step) source() source {
	var from source
	switch {
	case s.byID:
		from.add(s.typ, s.ids)
	case s.base == nil || s.base.found.all:
		from.all = true
	case s.child:
		from.add(s.base.typ, s.base.found.ids)
	default:
		from.add(s.typ, s.base.found.ups[s.typ])
	}
	return from
}

// has reports whether an object belongs to the step. The object is of the step's type.
func (s *step) has(n node) bool {
	if s.byID && !s.ids[n.id] {
		return false
	}
	switch {
	case s.base == nil:
		return true
	case !s.child:
		return s.base.found.ups[s.typ][n.id]
	}
	parent, ok := n.parent(s.base.typ)
	return ok && (s.base.found.all || s.base.found.ids[parent])
}

// take notes what is needed of an object of the step.
func (s *step) take(n node) {
	f := &s.found
	if s.needIDs {
		if f.ids == nil {
			f.ids = ids{}
		}
		f.ids[n.id] = true
	}
	for _, p := range n.parents {
		if !s.needUps[p.Type] {
			continue
		}
		if f.ups == nil {
			f.ups = map[object.Type]ids{}
		}
		if f.ups[p.Type] == nil {
			f.ups[p.Type] = ids{}
		}
		f.ups[p.Type][p.ID] = true
	}
	if s.needNodes {
		f.nodes = append(f.nodes, n)
	}
}

// takeAll takes the objects of a step that reads nothing.
func (s *step) takeAll() {
	switch {
	case s.within != nil:
		for _, n := range s.within.found.nodes {
			if s.has(n) {
				s.take(n)
			}
		}
	case s.base == nil && s.byID:
		for id := range s.ids {
			s.take(node{id: id})
		}
	case s.base == nil:
		s.found.all = true
	default: // groups that a step up leads to
		for id := range s.base.found.ups[s.typ] {
			if n := (node{id: id}); s.has(n) {
				s.take(n)
			}
		}
	}
	s.done = true
}

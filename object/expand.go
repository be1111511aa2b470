// SPDX-License-Identifier: Apache-2.0

package object

// expand takes a step from each pattern in ends. It returns the patterns that the step
// reaches, and the patterns that it ends at because they have no such relation. Each
// pattern is in a result once. No pattern in next begins another, if that holds for ends.
func (s step) expand(ends []*Pattern) (reached, next []*Pattern) {
	for _, end := range ends {
		types := end.related(s.child)
		if s.any && len(types) == 0 {
			next = append(next, end)
		}
		for _, t := range types {
			if !s.any && t != s.typ {
				continue
			}
			to := &Pattern{Base: end, Child: s.child, Type: t, IDs: s.ids, ByID: s.byID}
			reached = append(reached, to)
			if !s.any || !to.goesOn() {
				next = append(next, to)
				continue
			}
			further, last := s.expand([]*Pattern{to})
			reached = append(reached, further...)
			next = append(next, last...)
		}
	}
	return reached, next
}

// related returns the types of the children, or of the parents, of the objects that a
// pattern names. The pattern nil names all objects, and has children of all types.
func (p *Pattern) related(child bool) []Type {
	switch {
	case p != nil:
		return p.Type.related(child)
	case child:
		return types
	}
	return nil
}

// goesOn reports whether the objects of the pattern have relations of the kind that led
// to them.
func (p *Pattern) goesOn() bool { return len(p.related(p.Child)) > 0 }

// tooLong reports whether the pattern has more steps than the language allows.
func (p *Pattern) tooLong() bool {
	n := 0
	for ; p != nil; p = p.Base {
		n++
	}
	return n > maxSteps
}

// distinct returns the patterns, each once and without nil: a step may stay at a pattern
// that the step before it ended at.
func distinct(patterns []*Pattern) []Pattern {
	seen := map[*Pattern]bool{nil: true}
	var list []Pattern
	for _, p := range patterns {
		if !seen[p] {
			seen[p] = true
			list = append(list, *p)
		}
	}
	return list
}

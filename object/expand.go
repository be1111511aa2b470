// SPDX-License-Identifier: Apache-2.0

package object

// expand takes a step from everything in ends. It returns what it reaches, and
// where it ends: what has no such relation any more. No pattern is in a result
// twice, and none is the beginning of another in next, if that is so for ends.
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
			to := &Pattern{Base: end, Child: s.child, Type: t, IDs: s.ids, Some: s.some}
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

// related returns the types of the children, or of the parents, of what
// a pattern names. Everything there is, nil, has children of all types.
func (p *Pattern) related(child bool) []Type {
	switch {
	case p != nil:
		return p.Type.related(child)
	case child:
		return types
	}
	return nil
}

// goesOn tells whether what the pattern names has relations of the same kind as
// led to it.
func (p *Pattern) goesOn() bool { return len(p.related(p.Child)) > 0 }

// tooLong tells whether the pattern has more steps than may be written.
func (p *Pattern) tooLong() bool {
	n := 0
	for ; p != nil; p = p.Base {
		n++
	}
	return n > maxSteps
}

// distinct returns the patterns, each once, without everything: what one step
// ends at, the next may stay at.
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

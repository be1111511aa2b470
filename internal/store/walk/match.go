// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"iter"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Match returns the objects that any of the patterns names.
func (s Store) Match(ctx context.Context, patterns []object.Pattern, opts store.MatchOptions) iter.Seq2[*object.Set, error] {
	return s.answers(ctx, opts.PerSet, opts.Metadata, func(to *sets) error {
		m := matching{s.newAnswer(), newPlan(patterns), opts.Most}
		if err := m.walk(ctx); err != nil {
			return err
		}
		if err := m.countAll(ctx); err != nil {
			return err
		}
		return m.put(ctx, to)
	})
}

// matching is the state of a Match.
type matching struct {
	*answer
	plan *plan
	most int // objects that there may be, 0 for any number
}

// walk takes all steps of the plan.
func (m *matching) walk(ctx context.Context) error {
	for _, l := range lists {
		m.shelves[l.name()].all = m.plan.all[l.typ()]
	}
	if m.most > 0 {
		m.room = min(m.room, m.most)
	}
	for {
		steps := m.plan.next()
		if len(steps) == 0 {
			m.wantWithin()
			return nil
		}
		if err := m.take(ctx, steps); err != nil {
			return err
		}
	}
}

// wantWithin wants the objects of the steps that read nothing.
func (m *matching) wantWithin() {
	for _, s := range m.plan.steps {
		if s.output && s.within != nil {
			shelf := m.shelves[ofType(s.typ).name()]
			shelf.wantAll(s.found.ids)
			shelf.from.add(s.typ, s.found.ids)
		}
	}
}

// take takes steps that are ready and lead to the same list.
func (m *matching) take(ctx context.Context, steps []*step) error {
	shelf := m.shelves[ofType(steps[0].typ).name()]
	q, whole := m.question(shelf, steps)
	for _, s := range steps {
		s.done = true
	}
	if q.empty() {
		return nil
	}
	return m.find(ctx, q, func(r *report.Report, i int, n node) error {
		for _, s := range steps {
			if !s.has(n) {
				continue
			}
			s.take(n)
			if s.collect {
				id, _ := n.parent(s.base.typ)
				m.groups.add(object.Ref{Type: s.base.typ, ID: id}, r, i)
			}
			if !s.output {
				continue
			}
			shelf.wantID(n.id)
			if whole {
				m.hold(shelf, r, i, n.id)
			}
		}
		return m.check(0)
	})
}

// question returns the question for the objects of all steps, and whether it reads whole
// objects: those that are wanted, and perhaps few.
func (m *matching) question(shelf *shelf, steps []*step) (q Question, whole bool) {
	var from source
	properties := slices.Clone(shelf.list.references())
	for _, s := range steps {
		part := s.source()
		from.join(part)
		if s.collect {
			properties = append(properties, groupProperties[s.base.typ]...)
		}
		if s.output {
			shelf.from.join(part)
			whole = true
		}
	}
	whole = whole && !from.all && !shelf.full
	if whole {
		properties = nil
	}
	return from.question(shelf.list, properties), whole
}

// countAll counts the objects of the lists of which all are wanted, if that matters.
func (m *matching) countAll(ctx context.Context) error {
	n := 0
	for _, l := range lists {
		if m.most <= 0 || !m.shelves[l.name()].all {
			continue
		}
		q := Question{List: l.name(), All: true, Properties: l.references()[:1]}
		err := m.find(ctx, q, func(*report.Report, int, node) error {
			n++
			return m.check(n)
		})
		if err != nil {
			return err
		}
	}
	return m.check(n)
}

// check returns ErrTooMuch if there are too many objects: n, and those found.
func (m *matching) check(n int) error {
	if m.most > 0 && m.count()+n > m.most {
		return store.ErrTooMuch
	}
	return nil
}

// put puts all objects into sets, in the order of object.Types.
func (m *matching) put(ctx context.Context, to *sets) error {
	for _, t := range object.Types() {
		switch t {
		case object.TypeRevision:
			m.groups.putRevisions(to)
		case object.TypeIssue:
			m.groups.putIssues(to)
		default:
			if err := m.answer.put(ctx, m.shelves[ofType(t).name()], to); err != nil {
				return err
			}
		}
		if to.done {
			return nil
		}
	}
	return nil
}

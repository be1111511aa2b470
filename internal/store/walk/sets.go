// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// sets puts objects together to sets of the same size, and hands the sets out.
type sets struct {
	ctx      context.Context
	metadata bool // objects come with their Timestamp
	size     int
	next     *object.Set
	count    int // objects in next
	yield    func(*object.Set, error) bool
	done     bool  // no more sets are wanted
	err      error // the context's, if it ended the sets
}

// defaultSize is the size of sets if the caller asks for none.
const defaultSize = 1000

func newSets(ctx context.Context, size int, metadata bool, yield func(*object.Set, error) bool) *sets {
	if size <= 0 {
		size = defaultSize
	}
	return &sets{ctx: ctx, metadata: metadata, size: size, next: &object.Set{}, yield: yield}
}

// add adds object i of a report, and reports whether the caller wants more.
func (s *sets) add(l list, r *report.Report, i int) bool {
	l.add(&s.next.Report, r, i, s.metadata)
	return s.added()
}

// added counts an object that was added to next, and hands the set out if it is full.
func (s *sets) added() bool {
	if s.count++; s.count >= s.size {
		s.flush()
	}
	return !s.done
}

// flush hands out the objects of the last set, if there are any.
func (s *sets) flush() {
	if s.count == 0 || s.done {
		return
	}
	if s.err = s.ctx.Err(); s.err != nil {
		s.done = true
		return
	}
	set := s.next
	s.next, s.count = &object.Set{}, 0
	s.done = !s.yield(set, nil)
}

// answers returns the sets that f hands out if the database is ready, and behind them the
// error of f or of the context, if there is one.
func (s Store) answers(ctx context.Context, size int, metadata bool, f func(*sets) error) iter.Seq2[*object.Set, error] {
	return func(yield func(*object.Set, error) bool) {
		to := newSets(ctx, size, metadata, yield)
		err := s.finder.Ready(ctx)
		if err == nil {
			err = f(to)
		}
		if err == nil {
			to.flush()
			err = to.err
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// answer has the objects that were found to be wanted.
type answer struct {
	finder  Finder
	shelves map[store.List]*shelf
	groups  groups
	held    int // objects on all shelves
	room    int // objects that there may be on all shelves
}

func (s Store) newAnswer() *answer {
	a := &answer{finder: s.finder, shelves: map[store.List]*shelf{}, room: s.room}
	for _, l := range lists {
		a.shelves[l.name()] = &shelf{list: l, want: map[object.ID]int{}}
	}
	return a
}

// shelf has the wanted objects of a list.
type shelf struct {
	list list
	all  bool              // every object is wanted, and found when it is returned
	want map[object.ID]int // by ID: the index in held, unread or gone
	from source            // selects all objects that are wanted
	held report.Report
	full bool // the objects do not fit: none is held, and all are read when they are returned
}

// The indexes of wanted objects that are not held.
const (
	unread = -1
	gone   = -2 // asked for by its key, and not there
)

// wantAll notes IDs as wanted.
func (s *shelf) wantAll(all ids) {
	for id := range all {
		s.wantID(id)
	}
}

func (s *shelf) wantID(id object.ID) {
	if _, ok := s.want[id]; !ok {
		s.want[id] = unread
	}
}

// unread returns the IDs of the wanted objects that are not held, and may be there.
func (s *shelf) unread() ids {
	all := ids{}
	for id, i := range s.want {
		if i == unread {
			all[id] = true
		}
	}
	return all
}

// ids returns the IDs of the wanted objects.
func (s *shelf) ids() ids {
	all := make(ids, len(s.want))
	for id := range s.want {
		all[id] = true
	}
	return all
}

// hold keeps object i of a report, which is wanted, unless there is no room.
func (a *answer) hold(s *shelf, r *report.Report, i int, id object.ID) {
	if s.full || s.want[id] != unread {
		return
	}
	if a.held >= a.room {
		a.makeRoom()
		a.hold(s, r, i, id)
		return
	}
	s.want[id] = s.held.Count()
	s.list.add(&s.held, r, i, true)
	a.held++
}

// makeRoom drops the objects of the shelf that has most.
func (a *answer) makeRoom() {
	var most *shelf
	for _, s := range a.shelves {
		if most == nil || s.held.Count() > most.held.Count() {
			most = s
		}
	}
	a.drop(most)
}

// drop drops the objects of a shelf: they are read again when they are returned.
func (a *answer) drop(s *shelf) {
	a.held -= s.held.Count()
	s.full, s.held = true, report.Report{}
	for id, i := range s.want {
		if i >= 0 {
			s.want[id] = unread
		}
	}
}

// lose notes that those of the objects are gone that were asked for by their keys and were
// not found.
func (s *shelf) lose(asked ids) {
	for id := range asked {
		if s.want[id] == unread && !s.full {
			s.want[id] = gone
		}
	}
}

// count returns the number of objects that are wanted. Those of shelves with all objects
// are not counted.
func (a *answer) count() int {
	n := a.groups.count()
	for _, s := range a.shelves {
		if !s.all {
			n += len(s.want)
		}
	}
	return n
}

// find calls each with the objects that a question selects, and perhaps with others: object
// i of a report, and its node.
func (a *answer) find(ctx context.Context, q Question, each func(r *report.Report, i int, n node) error) error {
	l := a.shelves[q.List].list
	for r, err := range a.finder.Find(ctx, q) {
		if err != nil {
			return err
		}
		for i, n := range l.nodes(r) {
			if err := each(r, i, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// put puts the objects of a list into sets, in the order of their keys.
func (a *answer) put(ctx context.Context, s *shelf, to *sets) error {
	if s.all {
		return a.stream(ctx, s, source{all: true}, to)
	}
	if more := s.unread(); !s.full && len(more) > 0 {
		var from source
		from.add(s.list.typ(), more)
		if s.from.join(from); a.held+len(more) > a.room {
			a.drop(s)
		} else if err := a.fetch(ctx, s, from); err != nil {
			return err
		}
	}
	if s.full {
		return a.stream(ctx, s, s.from, to)
	}
	for _, id := range s.inOrder() {
		if !to.add(s.list, &s.held, s.want[id]) {
			break
		}
	}
	a.held -= s.held.Count()
	s.held, s.want = report.Report{}, nil
	return nil
}

// fetch holds the objects that were not read on the way.
func (a *answer) fetch(ctx context.Context, s *shelf, from source) error {
	return a.find(ctx, from.question(s.list, nil), func(r *report.Report, i int, n node) error {
		if _, ok := s.want[n.id]; ok {
			a.hold(s, r, i, n.id)
		}
		return nil
	})
}

// stream reads wanted objects in order.
func (a *answer) stream(ctx context.Context, s *shelf, from source, to *sets) error {
	q := from.question(s.list, nil)
	q.Ordered = true
	for r, err := range a.finder.Find(ctx, q) {
		if err != nil {
			return err
		}
		for i, n := range s.list.nodes(r) {
			if _, ok := s.want[n.id]; !s.all && !ok {
				continue
			}
			if !to.add(s.list, r, i) {
				return nil
			}
		}
	}
	return nil
}

// inOrder returns the IDs of the objects that are held.
func (s *shelf) inOrder() []object.ID {
	t := s.list.typ()
	all := make([]object.ID, 0, len(s.want))
	for id, i := range s.want {
		if i >= 0 {
			all = append(all, id)
		}
	}
	slices.SortFunc(all, func(a, b object.ID) int { return compareKeys(keyOf(t, a), keyOf(t, b)) })
	return all
}

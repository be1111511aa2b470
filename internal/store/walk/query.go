// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Query returns the objects asked for. A missing object has no parents, but may have
// children.
func (s Store) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	return func(yield func(*report.Report, error) bool) {
		for set, err := range s.answers(ctx, q.PerReport, q.Metadata, func(to *sets) error { return s.query(ctx, &q, to) }) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&set.Report, nil) {
				return
			}
		}
	}
}

func (s Store) query(ctx context.Context, q *store.Query, to *sets) error {
	w := asking{s.newAnswer()}
	w.wantNamed(store.Checkouts, q.Checkouts)
	w.wantNamed(store.Builds, q.Builds)
	w.wantNamed(store.Tests, q.Tests)
	w.wantNamed(store.Incidents, q.Incidents)
	for _, key := range q.Issues {
		w.wantNamed(store.Issues, nil, idOf(object.TypeIssueVersion, key))
	}
	if q.Parents {
		for _, l := range []store.List{store.Incidents, store.Tests, store.Builds} {
			if err := w.addParents(ctx, w.shelves[l]); err != nil {
				return err
			}
		}
	}
	if q.Children {
		for _, l := range []store.List{store.Builds, store.Tests, store.Incidents} {
			if err := w.addChildren(ctx, w.shelves[l]); err != nil {
				return err
			}
		}
	}
	for _, l := range lists {
		if err := w.put(ctx, w.shelves[l.name()], to); err != nil || to.done {
			return err
		}
	}
	return nil
}

// asking is the state of a Query.
type asking struct{ *answer }

// wantNamed wants objects by their IDs.
func (w asking) wantNamed(l store.List, names []string, more ...object.ID) {
	s := w.shelves[l]
	for _, name := range names {
		more = append(more, object.ID{name})
	}
	s.wantAll(possible(s.list.typ(), more))
}

// addParents reads the wanted objects of a list, and wants their parents.
func (w asking) addParents(ctx context.Context, s *shelf) error {
	return w.read(ctx, s, source{}, s.ids(), func(n node) bool {
		if _, ok := s.want[n.id]; !ok {
			return false
		}
		for _, p := range n.parents {
			if !isGroup(p.Type) {
				w.shelves[ofType(p.Type).name()].wantID(p.ID)
			}
		}
		return true
	})
}

// addChildren wants the objects of a list that are children of wanted objects.
func (w asking) addChildren(ctx context.Context, s *shelf) error {
	var from source
	for _, t := range s.list.typ().Parents() {
		from.add(t, w.shelves[ofType(t).name()].ids())
	}
	if from.empty() {
		return nil
	}
	return w.read(ctx, s, from, s.unread(), func(n node) bool {
		_, wanted := s.want[n.id]
		for _, p := range n.parents {
			if !wanted && !isGroup(p.Type) {
				_, wanted = w.shelves[ofType(p.Type).name()].want[p.ID]
			}
		}
		return wanted
	})
}

// read reads the objects of a list that a source selects or that have the IDs. It wants
// those that wanted reports.
func (w asking) read(ctx context.Context, s *shelf, from source, own ids, wanted func(node) bool) error {
	from.add(s.list.typ(), own)
	if from.empty() {
		return nil
	}
	s.from.join(from)
	var properties []string
	if s.full {
		properties = s.list.references()
	}
	err := w.find(ctx, from.question(s.list, properties), func(r *report.Report, i int, n node) error {
		if wanted(n) {
			s.wantID(n.id)
			w.hold(s, r, i, n.id)
		}
		return nil
	})
	s.lose(own)
	return err
}

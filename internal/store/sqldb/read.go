// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Match returns the objects that any of the patterns names.
func (s Store) Match(ctx context.Context, patterns []object.Pattern, opts store.MatchOptions) iter.Seq2[*object.Set, error] {
	return stream(ctx, s.db, "match", func(snapshot Snapshot, yield func(*object.Set, error) bool) error {
		types := object.Types()
		questions := make([]*Question, len(types))
		left := int64(opts.Most)
		for i, t := range types {
			q, ok := Ask(s.db, t, patterns)
			if !ok {
				continue
			}
			questions[i] = &q
			limit := int64(0)
			if opts.Most > 0 {
				limit = left + 1
			}
			n, err := snapshot.Prepare(ctx, t, q, limit)
			if err != nil {
				return err
			}
			if left -= n; opts.Most > 0 && left < 0 {
				return store.ErrTooMuch
			}
		}
		sets := newSets(opts.PerSet, opts.Metadata, yield)
		for i, t := range types {
			if questions[i] == nil {
				continue
			}
			if err := snapshot.Match(ctx, t, *questions[i], sets); err != nil || sets.done {
				return err
			}
		}
		sets.flush()
		return nil
	})
}

// Query returns the objects asked for, each list in the order of the IDs.
func (s Store) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	return stream(ctx, s.db, "query", func(snapshot Snapshot, yield func(*report.Report, error) bool) error {
		if q.Empty() {
			return nil
		}
		sets := newSets(q.PerReport, q.Metadata, reports(yield))
		if err := snapshot.Query(ctx, &q, sets); err != nil {
			return err
		}
		sets.flush()
		return nil
	})
}

// Dump returns the objects that arrived within the bounds, each list in the order of
// arrival.
func (s Store) Dump(ctx context.Context, opts store.DumpOptions) iter.Seq2[*report.Report, error] {
	return stream(ctx, s.db, "dump", func(snapshot Snapshot, yield func(*report.Report, error) bool) error {
		var lost store.Unreadable
		sets := newSets(opts.PerReport, opts.Metadata, reports(yield))
		if err := snapshot.Dump(ctx, opts, sets, &lost); err != nil {
			return err
		}
		if sets.flush(); sets.done {
			return nil
		}
		return lost.Err()
	})
}

// reports yields the reports of sets that have nothing else.
func reports(yield func(*report.Report, error) bool) func(*object.Set, error) bool {
	return func(s *object.Set, err error) bool { return yield(&s.Report, err) }
}

// Outcomes returns what is needed of tests to sum them up.
func (s Store) Outcomes(ctx context.Context, builds []string) iter.Seq2[store.Outcome, error] {
	return stream(ctx, s.db, "outcomes", func(snapshot Snapshot, yield func(store.Outcome, error) bool) error {
		var next store.Outcome
		platformOf := s.platforms()
		rows := Rowset{Columns: columns.OutcomeColumns, Read: func(_ *object.Set, r *columns.Reader) error {
			o, environment, err := columns.ReadOutcome(r)
			o.Platform = platformOf(environment)
			next = o
			return err
		}}
		return snapshot.Outcomes(ctx, builds, rows, newSets(1, false, func(*object.Set, error) bool { return yield(next, nil) }))
	})
}

// Runs returns the tests of builds as lists show them.
func (s Store) Runs(ctx context.Context, builds []string, after store.RunKey) iter.Seq2[store.Run, error] {
	return stream(ctx, s.db, "runs", func(snapshot Snapshot, yield func(store.Run, error) bool) error {
		var next columns.Run
		rows := Rowset{Columns: columns.Names(&next), Read: func(_ *object.Set, r *columns.Reader) error {
			next = columns.Run{}
			return r.Read(&next)
		}}
		return snapshot.Runs(ctx, builds, after, rows, newSets(1, false, func(*object.Set, error) bool { return yield(next.Run, nil) }))
	})
}

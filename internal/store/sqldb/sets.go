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

// Rowset is a kind of rows: the list that has their columns, and how they are read.
type Rowset struct {
	List    store.List
	Columns []string
	// Read reads a row into a new object of the set.
	Read func(*object.Set, *columns.Reader) error
	// DropLast removes an object that Read added but could not read; nil if Read leaves
	// no such object in the report of a set.
	DropLast func(*report.Report)
}

// rowsetOf returns the rows of a table.
func rowsetOf(t columns.Table) Rowset {
	return Rowset{t.List, t.Columns, func(s *object.Set, r *columns.Reader) error { return r.Read(t.Add(&s.Report)) }, t.DropLast}
}

// sets puts objects together to sets of the same size, and hands the sets out.
type sets struct {
	metadata bool // objects come with their Timestamp
	size     int
	next     *object.Set
	count    int // objects in next
	yield    func(*object.Set, error) bool
	done     bool // the caller wants no more
}

// defaultSize is the size of sets if the caller asks for none.
const defaultSize = 1000

func newSets(size int, metadata bool, yield func(*object.Set, error) bool) *sets {
	if size <= 0 {
		size = defaultSize
	}
	return &sets{metadata: metadata, size: size, next: &object.Set{}, yield: yield}
}

// add adds the object in a row, and hands out the set if it is full. It reports whether
// the caller wants more. If the row cannot be read, the object is not added.
func (s *sets) add(rows *Rowset, r *columns.Reader) (more bool, err error) {
	if err := rows.Read(s.next, r); err != nil {
		if rows.DropLast != nil && s.next.Report.Count() > s.count {
			rows.DropLast(&s.next.Report)
		}
		return false, err
	}
	if s.count++; s.count >= s.size {
		s.flush()
	}
	return !s.done, nil
}

// flush hands out the objects of the last set, if there are any.
func (s *sets) flush() {
	if s.count > 0 && !s.done {
		set := s.next
		s.next, s.count = &object.Set{}, 0
		s.done = !s.yield(set, nil)
	}
}

// reports yields the reports of sets that have nothing else.
func reports(yield func(*report.Report, error) bool) func(*object.Set, error) bool {
	return func(s *object.Set, err error) bool { return yield(&s.Report, err) }
}

// stream returns the values that f yields from a snapshot, and behind them the error of
// f, if there is one.
func stream[T any](ctx context.Context, db *DB, operation string, f func(Snapshot, func(T, error) bool) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := func() error {
			snapshot, err := db.Snapshot(ctx)
			if err != nil {
				return err
			}
			defer snapshot.Close()
			return f(snapshot, yield)
		}()
		if err != nil {
			var none T
			yield(none, db.Failure(ctx, operation, err))
		}
	}
}

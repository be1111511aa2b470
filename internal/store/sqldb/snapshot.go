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

// Snapshot is the database as one operation reads it that may return all objects: Match,
// Query, Outcomes, Runs or Dump. A driver reads in pages, so that neither side keeps all
// rows in memory, and replaces the references to contents in each page.
//
// How an engine reads pages differs too much to be written once. PostgreSQL has cursors,
// and needs hints to find a few objects by indexes. SQLite notes keys in a temporary
// table and begins each page behind the last, so that a database in memory, which has
// one connection, lends it to others between pages.
//
// Each method that reads adds what it read to the sets, and ends early, without an
// error, if the sets want no more.
type Snapshot interface {
	Close()
	// Prepare does what the engine has to do before it reads the objects of a question.
	// It returns how many objects there are if limit is not 0, and counts up to limit.
	Prepare(ctx context.Context, t object.Type, q Question, limit int64) (int64, error)
	// Match reads the objects of a question that is prepared.
	Match(ctx context.Context, t object.Type, q Question, into *Sets) error
	// Query reads the objects of a query that is not empty.
	Query(ctx context.Context, q *store.Query, into *Sets) error
	// Dump reads the objects within the bounds. It leaves out objects that cannot be
	// read, and adds them to lost.
	Dump(ctx context.Context, opts store.DumpOptions, into *Sets, lost *store.Unreadable) error
	// Outcomes reads rows of the tests of builds, in the order of store.Reader.Outcomes.
	Outcomes(ctx context.Context, builds []string, rows Rowset, into *Sets) error
	// Runs reads rows of the tests of builds behind a key, in the order of
	// store.Reader.Runs.
	Runs(ctx context.Context, builds []string, after store.RunKey, rows Rowset, into *Sets) error
}

// Rowset is a kind of rows: their columns, and how they are read.
type Rowset struct {
	Columns []string
	// Read reads a row into a new object of the set.
	Read func(*object.Set, *columns.Reader) error
	// DropLast removes an object that Read added but could not read; nil if Read leaves
	// no such object in the report of a set.
	DropLast func(*report.Report)
}

// RowsetOf returns the rows of a table.
func RowsetOf(t columns.Table) Rowset {
	return Rowset{t.Columns, func(s *object.Set, r *columns.Reader) error { return r.Read(t.Add(&s.Report)) }, t.DropLast}
}

// Revisions and Issues are the rows of groups. Groups have no table: the columns are
// those of their members.
var (
	Revisions = groups(func(s *object.Set) *[]object.Revision { return &s.Revisions })
	Issues    = groups(func(s *object.Set) *[]object.Issue { return &s.Issues })
)

func groups[T any, P interface {
	*T
	report.Object
}](of func(*object.Set) *[]T) Rowset {
	return Rowset{Columns: columns.Names(P(new(T))), Read: func(s *object.Set, r *columns.Reader) error {
		all := of(s)
		*all = append(*all, *new(T))
		return r.Read(P(&(*all)[len(*all)-1]))
	}}
}

// Sets puts objects together to sets of the same size, and hands the sets out.
type Sets struct {
	Metadata bool // objects come with their Timestamp

	size  int
	next  *object.Set
	count int // objects in next
	yield func(*object.Set, error) bool
	done  bool // the caller wants no more
}

// defaultSize is the size of sets if the caller asks for none.
const defaultSize = 1000

func newSets(size int, metadata bool, yield func(*object.Set, error) bool) *Sets {
	if size <= 0 {
		size = defaultSize
	}
	return &Sets{Metadata: metadata, size: size, next: &object.Set{}, yield: yield}
}

// Add adds the object in a row, and hands out the set if it is full. It reports whether
// the caller wants more. If the row cannot be read, the object is not added.
func (s *Sets) Add(rows *Rowset, r *columns.Reader) (more bool, err error) {
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
func (s *Sets) flush() {
	if s.count > 0 && !s.done {
		set := s.next
		s.next, s.count = &object.Set{}, 0
		s.done = !s.yield(set, nil)
	}
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

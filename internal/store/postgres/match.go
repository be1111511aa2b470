// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// subject is where the objects of a type are read from.
type subject struct {
	object.Type
	*table
}

// subjects are in the order of object.Types(). What groups have comes from their
// members, by the statements that read them.
var subjects = []subject{
	{object.TypeRevision, groupTable(func(s *object.Set) *[]object.Revision { return &s.Revisions })},
	{object.TypeCheckout, &tables[0]},
	{object.TypeBuild, &tables[1]},
	{object.TypeTest, &tables[2]},
	{object.TypeIssue, groupTable(func(s *object.Set) *[]object.Issue { return &s.Issues })},
	{object.TypeIssueVersion, &tables[3]},
	{object.TypeIncident, &tables[4]},
}

// groupTable returns the columns of groups, which have no table, and reads rows of
// them into a list of a set.
func groupTable[T any, P interface {
	*T
	report.Object
}](of func(*object.Set) *[]T) *table {
	t := &table{Table: columns.Table{Columns: columns.Names(P(new(T)))}, add: func(s *object.Set, r *columns.Reader) error {
		groups := of(s)
		*groups = append(*groups, *new(T))
		return r.Read(P(&(*groups)[len(*groups)-1]))
	}}
	t.store(nil)
	return t
}

// Match returns the objects that any of the patterns names.
func (s *Store) Match(ctx context.Context, all []object.Pattern, opts store.MatchOptions) iter.Seq2[*object.Set, error] {
	return func(yield func(*object.Set, error) bool) {
		if err := s.match(ctx, all, opts, yield); err != nil {
			yield(nil, s.failure(ctx, "match", err))
		}
	}
}

func (s *Store) match(ctx context.Context, all []object.Pattern, opts store.MatchOptions, yield func(*object.Set, error) bool) error {
	v, err := s.view(ctx)
	if err != nil {
		return err
	}
	defer v.close()
	if opts.Most > 0 {
		if err := v.atMost(ctx, all, int64(opts.Most)); err != nil {
			return v.broken(ctx, err)
		}
	}
	p := newPages(v, opts.PerSet, opts.Metadata, yield)
	for _, sub := range subjects {
		q, ok := sqldb.Ask(dialect{}, sub.Type, all)
		if !ok {
			continue
		}
		if err := v.exec(ctx, waysTo(q)); err != nil {
			return v.broken(ctx, err)
		}
		if more, err := p.read(ctx, sub.table, sub.matchSQL(q), q.Args...); !more {
			return v.broken(ctx, err)
		}
	}
	p.flush()
	return nil
}

// atMost returns ErrTooMuch where patterns name more than so many objects. It looks
// at the keys of no more than one behind these.
func (v *view) atMost(ctx context.Context, all []object.Pattern, left int64) error {
	ctx, cancel := v.store.patient(ctx)
	defer cancel()
	for _, sub := range subjects {
		q, ok := sqldb.Ask(dialect{}, sub.Type, all)
		if !ok {
			continue
		}
		if err := v.exec(ctx, waysTo(q)); err != nil {
			return err
		}
		var n int64
		count := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM (%s) k LIMIT %d) found", q.Keys, left+1)
		if err := v.tx.QueryRow(ctx, count, q.Args...).Scan(&n); err != nil {
			return err
		}
		if left -= n; left < 0 {
			return store.ErrTooMuch
		}
	}
	return nil
}

// The ways to find objects. The server guesses how many there are at each step of
// a pattern, and the guesses of several steps are multiplied: a table would be
// read as a whole for a few objects. From a few rows, indexes lead to the others,
// however many these become. Everything is read in the order of the keys, so that
// nothing has to be sorted as a whole: see dump.
const (
	byIndexes = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; " +
		"SET LOCAL enable_sort = on; SET LOCAL enable_bitmapscan = on; SET LOCAL cursor_tuple_fraction = 1"
	inOrder = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; " +
		"SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL cursor_tuple_fraction = 0.1"
)

// waysTo returns the settings to find what a question asks for.
func waysTo(q sqldb.Question) string {
	if q.Few {
		return byIndexes
	}
	return inOrder
}

// matchSQL selects what a question asks for.
func (s subject) matchSQL(q sqldb.Question) string {
	switch s.Type {
	case object.TypeRevision:
		return "SELECT k.git_commit_hash, k.patchset_hash, " + firstOf("git_commit_name") + ", " + firstOf("patchset_files") +
			" FROM (" + q.Keys + ") k ORDER BY 1, 2"
	case object.TypeIssue:
		return "SELECT k.id, (SELECT origin FROM issues o WHERE o.id = k.id ORDER BY o.version DESC LIMIT 1)" +
			" FROM (" + q.Keys + ") k ORDER BY 1"
	}
	key, where := strings.Join(q.Key, ", "), q.Where
	if where == "" {
		where = "(" + key + ") IN (" + q.Keys + ")"
	}
	order := key
	if q.Few {
		// No index is in this order: none is gone through for what is few.
		order = strings.Replace(key, "o.id", "o.id || ''", 1)
	}
	return "SELECT " + s.columnList() + " FROM " + q.Table + " o WHERE " + where + " ORDER BY " + order
}

// firstOf selects the first value of a column that a checkout of a revision has.
func firstOf(column string) string {
	return fmt.Sprintf(`(SELECT o.%s FROM checkouts o WHERE o.git_commit_hash = k.git_commit_hash AND o.patchset_hash = k.patchset_hash
		AND o.%[1]s IS NOT NULL ORDER BY o._timestamp, o.id LIMIT 1)`, column)
}

// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
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
	return &table{Table: columns.Table{Columns: columns.Names(P(new(T)))}, add: func(s *object.Set, r *columns.Reader) error {
		groups := of(s)
		*groups = append(*groups, *new(T))
		return r.Read(P(&(*groups)[len(*groups)-1]))
	}}
}

// Match returns the objects that any of the patterns names. What is found from
// IDs is noted first, and then read in pages, as Query does it; where all objects
// of a type are looked at, they are read in pages at once.
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
	w := s.newWanted()
	defer v.do(context.WithoutCancel(ctx), w.drop)
	questions := make([]sqldb.Question, len(subjects))
	asked := make([]bool, len(subjects))
	err = v.do(ctx, func(tx *sql.Tx) error {
		if err := w.make(ctx, tx); err != nil {
			return err
		}
		left := int64(opts.Most)
		for i, sub := range subjects {
			q, ok := sqldb.Ask(dialect{}, sub.Type, all)
			if questions[i], asked[i] = q, ok; !ok {
				continue
			}
			limit := int64(0)
			if opts.Most > 0 {
				limit = left + 1
			}
			n, err := w.prepare(ctx, tx, sub, q, limit)
			if err != nil {
				return err
			}
			if left -= n; opts.Most > 0 && left < 0 {
				return store.ErrTooMuch
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	p := newPages(v, opts.PerSet, opts.Metadata, yield)
	for i, sub := range subjects {
		if !asked[i] {
			continue
		}
		query, args := w.matchSQL(sub), []any{string(sub.Type)}
		if sub.streams(questions[i]) {
			query, args = sub.streamSQL(questions[i]), nil
		}
		if more, err := p.read(ctx, sub.table, query, [2]any{"", int64(0)}, args...); !more {
			return err
		}
	}
	p.flush()
	return nil
}

// prepare notes the keys of what a question asks for, unless it is read in pages at
// once, and returns how many there are. Where there is a limit it looks no further;
// where there is none, 0, what is read at once is not counted.
func (w wanted) prepare(ctx context.Context, tx *sql.Tx, s subject, q sqldb.Question, limit int64) (n int64, err error) {
	if limit > 0 {
		q.Keys = fmt.Sprintf("SELECT * FROM (%s) LIMIT %d", q.Keys, limit)
	}
	if !s.streams(q) {
		noted, err := tx.ExecContext(ctx, w.noteSQL(s, q), q.Args...)
		if err != nil {
			return 0, err
		}
		return noted.RowsAffected()
	}
	if limit > 0 {
		err = tx.QueryRowContext(ctx, "SELECT count(*) FROM ("+q.Keys+")", q.Args...).Scan(&n)
	}
	return n, err
}

// streams tells whether the objects are read in pages at once. Groups have no
// index in the order of their keys.
func (s subject) streams(q sqldb.Question) bool { return !q.Few && s.Keys > 0 }

// streamSQL selects the objects that a question asks for, of all there are.
func (s subject) streamSQL(q sqldb.Question) string {
	order, behind := "o.id, 0", "o.id > ?1"
	if s.Keys == 2 {
		order, behind = "o.id, o.version", "(o.id, o.version) > (?1, ?2)"
	}
	return "SELECT " + order + ", " + s.columnList() + " FROM " + q.Table + " o WHERE " + behind + " AND (" + q.Where + ")" +
		" ORDER BY " + strings.TrimSuffix(order, ", 0") + " LIMIT ?3"
}

// noteSQL adds the keys of what a question asks for to the table.
func (w wanted) noteSQL(s subject, q sqldb.Question) string {
	more := ""
	if len(q.Key) == 1 {
		more = ", 0"
	}
	return fmt.Sprintf("INSERT INTO %s SELECT '%s', *%s FROM (%s)", w.table, s.Type, more, q.Keys)
}

// matchSQL selects the noted objects of a type.
func (w wanted) matchSQL(s subject) string {
	columns := ""
	switch s.Type {
	case object.TypeRevision:
		columns = "w.version, " + firstOf("git_commit_name") + ", " + firstOf("patchset_files")
	case object.TypeIssue:
		columns = "(SELECT origin FROM issues o WHERE o.id = w.id ORDER BY o.version DESC LIMIT 1)"
	default:
		return w.readSQL(s.table)
	}
	return "SELECT w.id, w.version, w.id, " + columns + " FROM " + w.table + ` w
		WHERE (w.id, w.version) > (?, ?) AND w.list = ? ORDER BY w.id, w.version LIMIT ?`
}

// firstOf selects the first value of a column that a checkout of a revision has.
// The plus has the engine look for the revision, and not through all checkouts in
// the order of their times.
func firstOf(column string) string {
	return fmt.Sprintf(`(SELECT o.%s FROM checkouts o WHERE o.git_commit_hash = w.id AND %s = w.version AND o.%[1]s IS NOT NULL
		ORDER BY +o._timestamp, o.id LIMIT 1)`, column, dialect{}.Patchset("o"))
}

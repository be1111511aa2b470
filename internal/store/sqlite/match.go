// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
)

// subject is a type and the table that its objects are read from.
type subject struct {
	object.Type
	*table
}

// subjects are in the order of object.Types. The statements that read groups take the
// columns from the members.
var subjects = []subject{
	{object.TypeRevision, selection(sqldb.Revisions)},
	{object.TypeCheckout, &tables[0]},
	{object.TypeBuild, &tables[1]},
	{object.TypeTest, &tables[2]},
	{object.TypeIssue, selection(sqldb.Issues)},
	{object.TypeIssueVersion, &tables[3]},
	{object.TypeIncident, &tables[4]},
}

func subjectOf(t object.Type) subject {
	return subjects[slices.IndexFunc(subjects, func(s subject) bool { return s.Type == t })]
}

// Prepare notes the keys of the objects, unless Match reads them from their table in
// pages at once.
func (s *snapshot) Prepare(ctx context.Context, t object.Type, q sqldb.Question, limit int64) (n int64, err error) {
	err = s.do(ctx, func(tx *sql.Tx) error {
		if err := s.wanted.create(ctx, tx); err != nil {
			return err
		}
		n, err = s.wanted.prepare(ctx, tx, subjectOf(t), q, limit)
		return err
	})
	return n, err
}

// Match reads the noted objects, as Query does, or the objects of the whole table.
func (s *snapshot) Match(ctx context.Context, t object.Type, q sqldb.Question, sets *sqldb.Sets) error {
	sub := subjectOf(t)
	query, args := s.wanted.matchSQL(sub), []any{string(t)}
	if sub.streams(q) {
		query, args = sub.streamSQL(q), nil
	}
	_, err := s.pagesInto(sets).read(ctx, sub.table, query, [2]any{"", int64(0)}, args...)
	return err
}

// prepare notes the keys of the objects of a question, unless Match reads the objects
// from their table in pages. It returns the number of objects, and stops counting at the
// limit. Without a limit, 0, it does not count objects that it does not note.
func (w wantedTable) prepare(ctx context.Context, tx *sql.Tx, s subject, q sqldb.Question, limit int64) (n int64, err error) {
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

// streams reports whether Match reads the objects from their table in pages. Groups have
// no index in the order of their keys, so Match never does that for groups.
func (s subject) streams(q sqldb.Question) bool { return !q.Few && s.Keys > 0 }

// streamSQL selects the objects of a question from all rows of the table.
func (s subject) streamSQL(q sqldb.Question) string {
	order, behind := "o.id, 0", "o.id > ?1"
	if s.Keys == 2 {
		order, behind = "o.id, o.version", "(o.id, o.version) > (?1, ?2)"
	}
	return "SELECT " + order + ", " + s.columnList() + " FROM " + q.Table + " o WHERE " + behind + " AND (" + q.Where + ")" +
		" ORDER BY " + strings.TrimSuffix(order, ", 0") + " LIMIT ?3"
}

// noteSQL adds the keys of the objects of a question to the table.
func (w wantedTable) noteSQL(s subject, q sqldb.Question) string {
	more := ""
	if len(q.Key) == 1 {
		more = ", 0"
	}
	return fmt.Sprintf("INSERT INTO %s SELECT '%s', *%s FROM (%s)", w.table, s.Type, more, q.Keys)
}

// matchSQL selects the noted objects of a type.
func (w wantedTable) matchSQL(s subject) string {
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

// firstOf selects the first value of a column among the checkouts of a revision. The
// plus makes the engine search by the revision, instead of reading all checkouts in the
// order of their times.
func firstOf(column string) string {
	return fmt.Sprintf(`(SELECT o.%s FROM checkouts o WHERE o.git_commit_hash = w.id AND %s = w.version AND o.%[1]s IS NOT NULL
		ORDER BY +o._timestamp, o.id LIMIT 1)`, column, dialect{}.Patchset("o"))
}

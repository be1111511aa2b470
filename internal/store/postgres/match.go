// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
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
	{object.TypeRevision, groupTable(sqldb.Revisions)},
	{object.TypeCheckout, &tables[0]},
	{object.TypeBuild, &tables[1]},
	{object.TypeTest, &tables[2]},
	{object.TypeIssue, groupTable(sqldb.Issues)},
	{object.TypeIssueVersion, &tables[3]},
	{object.TypeIncident, &tables[4]},
}

func subjectOf(t object.Type) subject {
	return subjects[slices.IndexFunc(subjects, func(s subject) bool { return s.Type == t })]
}

// Prepare counts the keys of the objects, if there is a limit.
func (s *snapshot) Prepare(ctx context.Context, t object.Type, q sqldb.Question, limit int64) (n int64, err error) {
	if limit == 0 {
		return 0, nil
	}
	ctx, cancel := s.store.statementContext(ctx)
	defer cancel()
	if err := s.exec(ctx, waysTo(q)); err != nil {
		return 0, s.broken(ctx, err)
	}
	count := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM (%s) k LIMIT %d) found", q.Keys, limit)
	err = s.tx.QueryRow(ctx, count, q.Args...).Scan(&n)
	return n, s.broken(ctx, err)
}

// Match reads the objects of a question from a cursor.
func (s *snapshot) Match(ctx context.Context, t object.Type, q sqldb.Question, sets *sqldb.Sets) error {
	err := s.exec(ctx, waysTo(q))
	if err == nil {
		sub := subjectOf(t)
		_, err = s.pagesInto(sets).read(ctx, sub.table, sub.matchSQL(q), q.Args...)
	}
	return s.broken(ctx, err)
}

// Settings for finding objects. The server estimates the number of objects
// at each step of a pattern, and multiplies the estimates of several steps: it would
// read a whole table to find a few objects. From a few rows, indexes lead to the other
// objects, however many these are. All objects of a table are read in the order of the
// keys, so that the server sorts nothing as a whole: see Dump.
const (
	byIndexes = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; " +
		"SET LOCAL enable_sort = on; SET LOCAL enable_bitmapscan = on; SET LOCAL cursor_tuple_fraction = 1"
	inOrder = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; " +
		"SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL cursor_tuple_fraction = 0.1"
)

// waysTo returns the settings to find the objects of a question.
func waysTo(q sqldb.Question) string {
	if q.Few {
		return byIndexes
	}
	return inOrder
}

// matchSQL selects the objects of a question.
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
		// No index has this order, so the server walks no index to find a few rows.
		order = strings.Replace(key, "o.id", "o.id || ''", 1)
	}
	return "SELECT " + s.columnList() + " FROM " + q.Table + " o WHERE " + where + " ORDER BY " + order
}

// firstOf selects the first value of a column among the checkouts of a revision.
func firstOf(column string) string {
	return fmt.Sprintf(`(SELECT o.%s FROM checkouts o WHERE o.git_commit_hash = k.git_commit_hash AND o.patchset_hash = k.patchset_hash
		AND o.%[1]s IS NOT NULL ORDER BY o._timestamp, o.id LIMIT 1)`, column)
}

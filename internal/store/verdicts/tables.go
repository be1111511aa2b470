// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Tables are the names of the tables, with the marks of changed checkouts. The migrations of
// the drivers (0011) describe the columns.
var Tables = []string{rollup.ChangedCheckouts, "branches", "revisions", "revision_checkouts", "verdict_counts", "verdicts", "causes"}

// table is a table whose rows belong to a revision.
type table[R comparable] struct {
	name    string
	columns []sqldb.Column // of R, in the order of values; the key comes first
	keys    int            // number of columns of the key
	fields  func(*R) []any // pointers to the values, *string or *int64
}

func (t *table[R]) key() []sqldb.Column { return t.columns[:t.keys] }

// read returns the rows of a revision.
func (t *table[R]) read(ctx context.Context, tx sqldb.Tx, revision int64) (map[R]bool, error) {
	all := make(map[R]bool)
	var row R
	query := "SELECT " + sqldb.Names(t.columns) + " FROM " + t.name + " WHERE revision = $1"
	err := sqldb.Read(ctx, tx, query, []any{revision}, t.fields(&row), func() error { all[row] = true; return nil })
	return all, err
}

// replace makes rows the rows of a revision. It writes only rows that differ, and reports
// whether there are any.
func (t *table[R]) replace(ctx context.Context, tx sqldb.Tx, d sqldb.Dialect, revision int64, rows []R) (changed bool, err error) {
	before, err := t.read(ctx, tx, revision)
	if err != nil {
		return false, err
	}
	var added, gone [][]any
	for _, row := range rows {
		if before[row] {
			delete(before, row)
		} else {
			added = append(added, values(t.fields(&row)))
		}
	}
	for row := range before {
		gone = append(gone, values(t.fields(&row))[:t.keys])
	}
	if len(gone) > 0 {
		if _, err := tx.Each(ctx, d.Delete(t.name, t.key()), t.key(), gone); err != nil {
			return false, err
		}
	}
	if len(added) > 0 {
		if _, err := tx.Each(ctx, d.Insert(t.name, t.columns), t.columns, added); err != nil {
			return false, err
		}
	}
	return len(added)+len(gone) > 0, nil
}

// values returns the values that pointers point to.
func values(fields []any) []any {
	all := make([]any, len(fields))
	for i, field := range fields {
		switch field := field.(type) {
		case *string:
			all[i] = *field
		case *int64:
			all[i] = *field
		}
	}
	return all
}

// countRow is a row of verdict_counts.
type countRow struct {
	revision, level int64
	name, kind      string
	verdict, n      int64
}

var countRows = table[countRow]{
	"verdict_counts", sqldb.Columns("revision# level# name kind verdict# n#"), 5,
	func(r *countRow) []any { return []any{&r.revision, &r.level, &r.name, &r.kind, &r.verdict, &r.n} },
}

// sinceRow has the columns of a Since.
type sinceRow struct{ revision, open int64 }

// issueRow has the columns of an issue.
type issueRow struct {
	id      string
	version int64
}

// resultRow is a row of verdicts.
type resultRow struct {
	revision, verdict              int64
	path, id                       string
	kind, platform                 string
	architecture, config, compiler string
	lab, origin, status            string
	cause                          int64
	title, fault                   string
	since                          sinceRow
	issue                          issueRow
	start                          int64
}

var resultRows = table[resultRow]{
	"verdicts", sqldb.Columns("revision# verdict# path object_id kind platform architecture config_name compiler lab origin status " +
		"cause# title fault since# since_open# issue_id issue_version# start#"), 5,
	func(r *resultRow) []any {
		return []any{
			&r.revision, &r.verdict, &r.path, &r.id, &r.kind, &r.platform, &r.architecture, &r.config, &r.compiler, &r.lab, &r.origin, &r.status,
			&r.cause, &r.title, &r.fault, &r.since.revision, &r.since.open, &r.issue.id, &r.issue.version, &r.start,
		}
	},
}

// causeRow is a row of causes.
type causeRow struct {
	revision, key, verdict   int64
	kind, title, fault, path string
	platform, architecture   string
	config, compiler         string
	results, variants        int64
	since                    sinceRow
	issue                    issueRow
	example                  string
}

var causeRows = table[causeRow]{
	"causes", sqldb.Columns("revision# key# verdict# kind title fault path platform architecture config_name compiler results# variants# since# since_open# issue_id issue_version# example"), 2,
	func(r *causeRow) []any {
		return []any{
			&r.revision, &r.key, &r.verdict, &r.kind, &r.title, &r.fault, &r.path,
			&r.platform, &r.architecture, &r.config, &r.compiler, &r.results, &r.variants,
			&r.since.revision, &r.since.open, &r.issue.id, &r.issue.version, &r.example,
		}
	},
}

// kindsOfResults are the kinds of results, in the order of packed counts.
var kindsOfResults = []rollup.Kind{rollup.Builds, rollup.Boots, rollup.Tests}

// packCounts returns numbers of results as a text: kind, verdict, number and so on, with
// spaces between.
func packCounts(counts map[rollup.Kind]verdict.Counts) string {
	var words []string
	for _, kind := range kindsOfResults {
		for _, v := range verdict.Kinds {
			if n := counts[kind][v]; n > 0 {
				words = append(words, string(kind), string(v), strconv.FormatInt(n, 10))
			}
		}
	}
	return strings.Join(words, " ")
}

func unpackCounts(text string) map[rollup.Kind]verdict.Counts {
	counts := make(map[rollup.Kind]verdict.Counts)
	words := strings.Fields(text)
	for ; len(words) >= 3; words = words[3:] {
		kind := rollup.Kind(words[0])
		if counts[kind] == nil {
			counts[kind] = make(verdict.Counts)
		}
		counts[kind][verdict.Kind(words[1])], _ = strconv.ParseInt(words[2], 10, 64)
	}
	return counts
}

// packCauses returns numbers of causes as a text: verdict, number and so on.
func packCauses(counts verdict.Counts) string {
	var words []string
	for _, v := range verdict.Kinds {
		if n := counts[v]; n > 0 {
			words = append(words, string(v), strconv.FormatInt(n, 10))
		}
	}
	return strings.Join(words, " ")
}

func unpackCauses(text string) verdict.Counts {
	counts := make(verdict.Counts)
	words := strings.Fields(text)
	for ; len(words) >= 2; words = words[2:] {
		counts[verdict.Kind(words[0])], _ = strconv.ParseInt(words[1], 10, 64)
	}
	return counts
}

// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// resultColumns are the columns of a result "v", with the revision "s" since which it fails,
// that a resultScan takes.
const resultColumns = `v.object_id, v.revision, v.kind, v.path, v.platform, v.architecture, v.config_name, v.compiler, v.lab, v.origin,
	v.status, v.verdict, v.cause, v.title, v.fault, v.issue_id, v.issue_version, ` + sinceColumns

const resultsFrom = " FROM verdicts v LEFT JOIN revisions s ON s.key = v.since "

// resultScan takes the columns of a result.
type resultScan struct {
	Result
	verdict, version int64
	since            sinceScan
}

func (s *resultScan) targets() []any {
	return append([]any{
		&s.ID, &s.Revision, (*string)(&s.Kind), &s.Path, &s.Platform, &s.Architecture, &s.Config, &s.Compiler, &s.Lab, &s.Origin,
		(*string)(&s.Status), &s.verdict, &s.Cause, &s.Title, &s.Fault, &s.IssueID, &s.version,
	}, s.since.targets()...)
}

// result returns the result that was scanned.
func (s *resultScan) result() Result {
	r := s.Result
	r.Verdict, r.Version, r.Since = verdict.Kinds[s.verdict], int(s.version), s.since.since()
	return r
}

// ErrCursor is the error for a text that is no Cursor.
var ErrCursor = errors.New("not a place in a list of results")

// Cursor returns the place of a result for ResultsOf.After.
func (r *Result) Cursor() string {
	return base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf("%d\x00%s\x00%s\x00%s", r.Verdict.Rank(), r.Path, r.ID, r.Kind)))
}

// parseCursor returns the values of a cursor: verdict, path, ID and kind.
func parseCursor(cursor string) ([]any, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	parts := strings.Split(string(text), "\x00")
	if err != nil || len(parts) != 4 {
		return nil, ErrCursor
	}
	rank, err := strconv.Atoi(parts[0])
	if err != nil {
		return nil, ErrCursor
	}
	return []any{rank, parts[1], parts[2], parts[3]}, nil
}

// defaultResults is the number of results if the caller asks for no other.
const defaultResults = 50

// Results returns results, worst first, by path within a verdict. It returns ErrCursor if
// After is no cursor.
func (db *DB) Results(ctx context.Context, of ResultsOf) (all []Result, err error) {
	return db.resultsIn(ctx, []int64{of.Revision}, of)
}

// resultsIn returns results of several revisions, as Results returns those of one.
func (db *DB) resultsIn(ctx context.Context, revisions []int64, of ResultsOf) (all []Result, err error) {
	c := conditions{db: db}
	c.add(db.In("v.revision", 1), db.Numbers(revisions))
	c.add(db.In("v.verdict", 2), db.Numbers(ranks(of.Verdicts)))
	if len(of.Kinds) > 0 {
		var kinds []string
		for _, k := range of.Kinds {
			kinds = append(kinds, string(k))
		}
		c.values("v.kind", kinds)
	}
	if of.Cause != 0 {
		c.add("v.cause = $%d", of.Cause)
	}
	for _, f := range []struct {
		column string
		values []string
	}{
		{"v.platform", of.Platform}, {"v.architecture", of.Architecture}, {"v.config_name", of.Config}, {"v.compiler", of.Compiler},
		{"v.lab", of.Lab}, {"v.origin", of.Origin}, {"v.issue_id", issueIDs(of.Issue)}, {"v.status", of.Status},
	} {
		c.values(f.column, f.values)
	}
	if of.After != "" {
		place, err := parseCursor(of.After)
		if err != nil {
			return nil, err
		}
		c.add("(v.verdict, v.path, v.object_id, v.kind) > ($%d, $%d, $%d, $%d)", place...)
	}
	if len(of.Verdicts) > 0 && !slices.ContainsFunc(of.Verdicts, hasRow) {
		return nil, nil
	}
	n := of.N
	if n <= 0 {
		n = defaultResults
	}
	limit := fmt.Sprintf(" LIMIT %d", n)
	if !c.paths("v.path", of.Path) {
		limit = ""
	}
	query := "SELECT " + resultColumns + resultsFrom + "WHERE " + c.take() +
		" ORDER BY v.verdict, v.path, v.object_id, v.kind" + limit
	var s resultScan
	err = db.read(ctx, "read results", query, c.args, s.targets(), func() {
		if len(all) < n && (limit != "" || facts.Wanted(of.Path).AcceptsPath(s.Path)) {
			all = append(all, s.result())
		}
	})
	return all, err
}

// hasRow reports whether results with a verdict have rows: others are only counted.
func hasRow(k verdict.Kind) bool { return k != verdict.OK && k != verdict.Skip }

// issueIDs returns values of ResultsOf.Issue as IDs, which are empty in results without an
// issue.
func issueIDs(values []string) (ids []string) {
	for _, value := range values {
		switch value {
		case "none":
			value = ""
		case "-none":
			value = "-"
		}
		ids = append(ids, value)
	}
	return ids
}

// conditions are conditions joined by "and", with their parameters.
type conditions struct {
	db   *DB
	all  []string
	args []any
}

// add adds a condition. Each %d in it becomes the number of the next parameter.
func (c *conditions) add(condition string, args ...any) {
	var numbers []any
	for _, arg := range args {
		c.args = append(c.args, arg)
		numbers = append(numbers, len(c.args))
	}
	if strings.Contains(condition, "%d") {
		condition = fmt.Sprintf(condition, numbers...)
	}
	c.all = append(c.all, condition)
}

// take returns the conditions joined by "and", and removes them. The parameters stay.
func (c *conditions) take() string {
	all := strings.Join(c.all, " AND ")
	c.all = nil
	return all
}

// values adds the condition that a column has one of some values, and none of those that
// begin with "-".
func (c *conditions) values(column string, values []string) {
	var in, out []string
	for _, value := range values {
		if not, ok := strings.CutPrefix(value, "-"); ok {
			out = append(out, not)
		} else {
			in = append(in, value)
		}
	}
	if len(in) > 0 {
		c.add(c.db.In(column, len(c.args)+1), c.db.List(in))
	}
	if len(out) > 0 {
		c.add("NOT ("+c.db.In(column, len(c.args)+1)+")", c.db.List(out))
	}
}

// paths adds the condition that a column, the path of a test, begins with the components of one of the
// values, and with those of none that begins with "-". It reports whether SQL decides it:
// for "*" SQL finds the paths with the beginning, and meetsPath decides.
func (c *conditions) paths(column string, values []string) (decided bool) {
	decided = true
	var wanted []string
	for _, value := range values {
		path, out := strings.CutPrefix(value, "-")
		literal, _, globbed := strings.Cut(path, "*")
		switch {
		case globbed && out:
			decided = false
			continue
		case globbed:
			decided = false
			c.add(column+" >= $%d AND "+column+" < $%d", literal, literal+"\U0010ffff")
		default:
			c.add("("+column+" = $%d OR "+column+" > $%d AND "+column+" < $%d)", path, path+".", path+"/")
		}
		last := len(c.all) - 1
		if out {
			c.all[last] = "NOT " + c.all[last]
		} else {
			wanted = append(wanted, c.all[last])
			c.all = c.all[:last]
		}
	}
	if len(wanted) > 0 {
		c.all = append(c.all, "("+strings.Join(wanted, " OR ")+")")
	}
	return decided
}

// PerCause returns the first n results of each cause of a revision.
func (db *DB) PerCause(ctx context.Context, revision int64, causes []int64, n int) (map[int64][]Result, error) {
	query := `
		SELECT ` + resultColumns + `
		FROM (
			SELECT r.*, row_number() OVER (PARTITION BY cause ORDER BY verdict, path, object_id) AS place
			FROM verdicts r
			WHERE revision = $1 AND ` + db.In("cause", 2) + `
		) v LEFT JOIN revisions s ON s.key = v.since
		WHERE v.place <= $3
		ORDER BY v.verdict, v.path, v.object_id`
	all := make(map[int64][]Result)
	var s resultScan
	err := db.read(ctx, "read results of causes", query, []any{revision, db.Numbers(causes), n}, s.targets(),
		func() { all[s.Cause] = append(all[s.Cause], s.result()) })
	return all, err
}

// judgements returns results of a query with their revisions, in its order.
func (db *DB) judgements(ctx context.Context, operation, rest string, args ...any) (all []Judgement, err error) {
	var s resultScan
	keys := make(map[int64]bool)
	err = db.read(ctx, operation, "SELECT "+resultColumns+resultsFrom+rest, args, s.targets(), func() {
		all = append(all, Judgement{Result: s.result()})
		keys[s.Revision] = true
	})
	if err != nil || len(all) == 0 {
		return all, err
	}
	var list []int64
	for key := range keys {
		list = append(list, key)
	}
	revisions, err := db.RevisionsByKey(ctx, list)
	for i := range all {
		all[i].Of = revisions[all[i].Revision]
	}
	return all, err
}

// OfObjects returns the verdicts of builds (kind Builds) or tests (any other kind) by their
// IDs, one for each branch. A result that is simply OK or skipped has none.
func (db *DB) OfObjects(ctx context.Context, kind rollup.Kind, ids []string) (map[string][]Judgement, error) {
	which := "v.kind <> 'build'"
	if kind == rollup.Builds {
		which = "v.kind = 'build'"
	}
	found, err := db.judgements(ctx, "read verdicts", "WHERE "+db.In("v.object_id", 1)+" AND "+which+" ORDER BY v.start DESC, v.revision", db.List(ids))
	all := make(map[string][]Judgement)
	for _, j := range found {
		all[j.ID] = append(all[j.ID], j)
	}
	return all, err
}

// OnPlatform returns results of a platform in revisions that started at after or later, the
// newest revision first, at most n.
func (db *DB) OnPlatform(ctx context.Context, platform string, after time.Time, n int) ([]Judgement, error) {
	return db.judgements(ctx, "read verdicts of a platform", `
		WHERE v.platform <> '' AND v.platform = $1 AND v.start >= $2
		ORDER BY v.start DESC, v.verdict, v.path, v.object_id LIMIT $3`, verdict.FirstBytes(platform, maxPlatform), sqldb.Micros(after), n)
}

// Failing returns the results of a test's path at a revision that fail, on all platforms,
// worst first, at most n.
func (db *DB) Failing(ctx context.Context, revision int64, path string, n int) (all []Result, err error) {
	query := "SELECT " + resultColumns + resultsFrom + "WHERE v.revision = $1 AND " + db.In("v.verdict", 2) +
		" AND v.path = $3 AND v.kind <> 'build' ORDER BY v.verdict, v.platform, v.object_id LIMIT $4"
	var s resultScan
	err = db.read(ctx, "read results of a test", query, []any{revision, db.Numbers(ranks(verdict.Failing)), path, n}, s.targets(),
		func() { all = append(all, s.result()) })
	return all, err
}

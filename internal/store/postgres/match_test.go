// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// related returns a database of some thousand objects that are related in all
// ways, which the server has statistics of.
func related(t *testing.T) *Store {
	t.Helper()
	s, spec := initialized(t, pgtest.Shared(t))
	r := &report.Report{}
	for c := range 400 {
		start := new(time.Date(2026, 1, 1, 0, c, 0, 0, time.UTC))
		checkout := fmt.Sprintf("a:%d", c)
		r.Checkouts = append(r.Checkouts, report.Checkout{ID: checkout, Origin: "a", GitCommitHash: new(fmt.Sprintf("c%d", c/2)),
			GitRepositoryURL: new("https://example.org/a"), GitRepositoryBranch: new(fmt.Sprintf("b%d", c%5)), StartTime: start})
		r.Issues = append(r.Issues, report.Issue{ID: fmt.Sprintf("a:%d", c/2), Version: c, Origin: "a"})
		for b := range 5 {
			build := fmt.Sprintf("%s.%d", checkout, b)
			r.Builds = append(r.Builds, report.Build{ID: build, Origin: "a", CheckoutID: checkout, StartTime: start, Architecture: new("x86"), ConfigName: new("def")})
			for i := range 10 {
				r.Tests = append(r.Tests, report.Test{ID: fmt.Sprintf("%s.%d", build, i), Origin: "a", BuildID: build})
			}
			r.Incidents = append(r.Incidents, report.Incident{ID: build, Origin: "a", IssueID: fmt.Sprintf("a:%d", c/2), IssueVersion: c,
				BuildID: &build, TestID: new(build + ".1")})
		}
	}
	if _, err := s.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	run(t, spec, "ANALYZE")
	return s
}

// planNode is a step of the server's plan.
type planNode struct {
	Type  string `json:"Node Type"`
	Table string `json:"Relation Name"`
	Cond  string `json:"Index Cond"`
	Plans []planNode
}

// walk calls f for a step and all within.
func (n *planNode) walk(f func(*planNode)) {
	f(n)
	for i := range n.Plans {
		n.Plans[i].walk(f)
	}
}

// plan returns what the server would do after some settings, in words as well.
func plan(t *testing.T, s *Store, settings, query string, args ...any) (planNode, string) {
	t.Helper()
	var top []struct{ Plan planNode }
	var words []string
	err := pgx.BeginFunc(t.Context(), s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), settings); err != nil {
			return err
		}
		var text []byte
		if err := tx.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) "+query, args...).Scan(&text); err != nil {
			return err
		}
		rows, err := tx.Query(t.Context(), "EXPLAIN "+query, args...)
		if err != nil {
			return err
		}
		if words, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return err
		}
		return json.Unmarshal(text, &top)
	})
	if err != nil {
		t.Fatalf("%v\nof %s", err, query)
	}
	return top[0].Plan, strings.Join(words, "\n")
}

// TestMatchPlans finds objects by indexes, where patterns have IDs, and reads no
// others.
func TestMatchPlans(t *testing.T) {
	t.Parallel()
	s := related(t)
	many := []object.ID{}
	for i := range 5000 {
		many = append(many, object.ID{fmt.Sprintf("a:%d.%d.%d", i%400, i%5, i%10)})
	}
	some := object.Of(object.TypeTest, many...)
	asked := map[string][]object.Pattern{
		"5,000 tests and their ancestors": {some, some.Parents(object.TypeBuild), some.Parents(object.TypeBuild).Parents(object.TypeCheckout),
			some.Parents(object.TypeBuild).Parents(object.TypeCheckout).Parents(object.TypeRevision)},
	}
	for _, text := range []string{
		`>revision[c1,""]#>*#`, ">checkout[a:1]#>*#", ">build[a:1.1;a:2.2]#>*#", ">test[a:1.1.1;a:2.2.2]<*#", ">incident[a:1.1]<*#", ">issue[a:1]#>*#",
		">issue_version[a:1,2]<*#>*#", ">test<build[a:1.1]<*#", ">incident<test<build[a:1.1]>test#", ">checkout[a:1]>build>test[a:1.1.1]#",
		">test[a:1.1.1]<build<checkout>build>test>incident<issue_version#", ">incident<issue_version<issue[a:1]#", ">build>test<build<checkout[a:1]#",
		`>checkout<revision[c1,""]>checkout>build[a:1.1]#`, `>build<checkout<revision[c1,""]#`,
	} {
		all, err := object.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		asked[text] = all
	}
	for text, all := range asked {
		for _, of := range object.Types() {
			q, ok := sqldb.Ask(dialect{}, of, all)
			if !ok {
				continue
			}
			guide, query, args := statementOf(sqldb.MatchListing(dialect{}, of, q))
			top, words := plan(t, s, guide, query, args...)
			top.walk(func(n *planNode) {
				whole := strings.Contains(n.Type, "Index") && n.Cond == "" || n.Type == "Seq Scan"
				if !q.Few || whole {
					t.Errorf("%s: %ss are not found by indexes alone, but by %s %s:\n%s\n%s", text, of, n.Type, n.Table, query, words)
				}
			})
		}
	}
}

// TestStreamPlans reads everything in the order of the keys or of arrival, without
// sorting.
func TestStreamPlans(t *testing.T) {
	t.Parallel()
	s := related(t)
	for _, text := range []string{">*#", ">revision>checkout>build>test#", ">build#>*#", ">test<build<checkout#", ">issue>issue_version>incident#"} {
		all, err := object.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range object.Types() {
			q, ok := sqldb.Ask(dialect{}, of, all)
			if !ok {
				continue
			}
			if q.Few {
				t.Errorf("%s: few %ss are expected", text, of)
			}
			expectOrdered(t, s, fmt.Sprintf("%s: %ss", text, of), sqldb.MatchListing(dialect{}, of, q))
		}
	}
	for _, list := range store.Lists {
		l := sqldb.DumpListing(dialect{}, list, store.DumpOptions{After: time.UnixMicro(1), Until: time.Now()})
		expectOrdered(t, s, "dump of "+string(list), l)
		l.After = []any{int64(1), "a:1", int64(1)}[:len(l.Order)]
		expectOrdered(t, s, "dump of "+string(list)+" behind a place", l)
	}
}

// expectOrdered fails the test unless the rows of a listing are read from an index in
// order.
func expectOrdered(t *testing.T, s *Store, name string, l *sqldb.Listing) {
	t.Helper()
	guide, query, args := statementOf(l)
	top, words := plan(t, s, guide, query, args...)
	top.walk(func(n *planNode) {
		if n.Type == "Sort" || n.Type == "Seq Scan" {
			t.Errorf("%s are not read in order:\n%s\n%s", name, query, words)
		}
	})
}

// statementOf returns how a listing is read.
func statementOf(l *sqldb.Listing) (guide, query string, args []any) {
	query, args = (&snapshot{}).Pages(l).(*pages).statement()
	return guides[l.Way], query, args
}

// TestOutcomePlans looks at the tests of builds, and at the checkouts of a branch.
func TestOutcomePlans(t *testing.T) {
	t.Parallel()
	s := related(t)
	like := store.Like{Origin: "a", RepositoryURL: "https://example.org/a", Branch: "b1", Architecture: "x86", ConfigName: "def", Before: time.Now()}
	previous, args := sqldb.PreviousSQL(dialect{}, like, 3)
	type statement struct {
		query string
		args  []any
		want  string
	}
	byBuild := func(l *sqldb.Listing) statement {
		_, query, args := statementOf(l)
		return statement{query, args, "test_rows_build_path"}
	}
	builds := []string{"a:1.1", "a:2.2"}
	for _, c := range []statement{
		byBuild(sqldb.OutcomesListing(dialect{}, builds)),
		byBuild(sqldb.RunsListing(dialect{}, builds, store.RunKey{})),
		byBuild(sqldb.RunsListing(dialect{}, builds, store.RunKey{BuildID: "a:1.1", Path: "boot", ID: "a:1.1.1"})),
		{previous, args, "Index Scan Backward using checkouts_branch"},
	} {
		top, words := plan(t, s, "", c.query, c.args...)
		top.walk(func(n *planNode) {
			if n.Type == "Seq Scan" {
				t.Errorf("%s\nreads a table as a whole:\n%s", c.query, words)
			}
		})
		if !strings.Contains(words, c.want) {
			t.Errorf("%s\nis done without %s:\n%s", c.query, c.want, words)
		}
	}
}

// TestManyBuildsPlan looks at the tests of most builds there are: they are found by
// the index all the same, for elsewhere there are more.
func TestManyBuildsPlan(t *testing.T) {
	t.Parallel()
	s := related(t)
	var builds []string
	for i := range 200 {
		builds = append(builds, fmt.Sprintf("a:%d.%d", i/10, i%10))
	}
	for _, l := range []*sqldb.Listing{sqldb.OutcomesListing(dialect{}, builds), sqldb.RunsListing(dialect{}, builds, store.RunKey{})} {
		guide, query, args := statementOf(l)
		top, words := plan(t, s, guide, query, args...)
		top.walk(func(n *planNode) {
			if n.Type == "Seq Scan" || strings.Contains(n.Type, "Hash Join") || strings.Contains(n.Type, "Merge Join") {
				t.Errorf("%s\nis done so:\n%s", query, words)
			}
		})
		if _, words := plan(t, s, "", query, args...); !strings.Contains(words, "Join") {
			t.Errorf("nothing has to be said for\n%s", words)
		}
	}
}

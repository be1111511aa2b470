// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"iter"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// countingStore counts what is read from a store.
type countingStore struct {
	store.Store
	objects int // with all properties, or tests as lists show them
	rows    int // of roll-ups, and of a few columns of objects; also outcomes of tests
}

// Unwrap returns the store within, which keeps the roll-ups.
func (c *countingStore) Unwrap() store.Sink { return c.Store }

// SQL returns the database of the store within. It counts the rows that answers read.
func (c *countingStore) SQL() *sqldb.DB {
	db := *sqldb.Of(c.Store)
	db.Conn = countingConn{db.Conn, c}
	return &db
}

type countingConn struct {
	sqldb.Conn
	store *countingStore
}

func (c countingConn) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return c.Conn.View(ctx, func(ctx context.Context, tx sqldb.Tx) error { return f(ctx, countingTx{tx, c.store}) })
}

type countingTx struct {
	sqldb.Tx
	store *countingStore
}

func (c countingTx) Query(ctx context.Context, query string, args ...any) (sqldb.Rows, error) {
	rows, err := c.Tx.Query(ctx, query, args...)
	return countingRows{rows, c.store}, err
}

type countingRows struct {
	sqldb.Rows
	store *countingStore
}

func (c countingRows) Next() bool {
	next := c.Rows.Next()
	if next {
		c.store.rows++
	}
	return next
}

func (c *countingStore) Outcomes(ctx context.Context, builds []string) iter.Seq2[store.Outcome, error] {
	return func(yield func(store.Outcome, error) bool) {
		for o, err := range c.Store.Outcomes(ctx, builds) {
			if c.rows++; !yield(o, err) {
				return
			}
		}
	}
}

func (c *countingStore) Runs(ctx context.Context, builds []string, after store.RunKey) iter.Seq2[store.Run, error] {
	return func(yield func(store.Run, error) bool) {
		for run, err := range c.Store.Runs(ctx, builds, after) {
			if c.objects++; !yield(run, err) {
				return
			}
		}
	}
}

func (c *countingStore) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	return func(yield func(*report.Report, error) bool) {
		for r, err := range c.Store.Query(ctx, q) {
			if r != nil {
				c.objects += len(r.Checkouts) + len(r.Builds) + len(r.Tests) + len(r.Issues) + len(r.Incidents)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// Page 20 of a list reads as many objects as page 1, apart from objects that a filter
// leaves out, and as many rows. A page reads its elements and the next element once, and
// their parents. Aggregates read no objects: their elements are counts.
func TestLaterPagesReadNoMore(t *testing.T) {
	if testing.Short() {
		t.Skip("it counts what is read, which other tests read under the race detector")
	}
	s := inFile(t, bigTree(), manyIssues(), manyBranches())
	counting := &countingStore{Store: s.store}
	cfg := s.api.data.Config
	cfg.Store = counting
	s.api = New(cfg)
	const compare = "/api/tree/mainline/master/compare"
	const always = "startTimestampInSeconds=0&endTimestampInSeconds=4000000000"
	for _, list := range []struct {
		method, path, body string
		limit, most        int // elements, and objects that a page may read
	}{
		{"GET", "/api/tree/" + hashNew + "/builds", "", 2, 3},
		{"GET", "/api/tree/" + hashNew + "/tests", "", 300, 300 + 10},
		{"GET", "/api/tree/" + hashNew + "/tests?filter_test.status=FAIL", "", 30, 30*10 + 100},
		{"GET", "/api/build/maestro:big.7/tests", "", 19, 20},
		{"GET", "/api/issue", "", 4, 4},
		{"GET", "/api/issue?filter_origin=maestro&filter_issue.culprit=code&filter_issue.categories=even", "", 1, 1},
		{"GET", "/api/issue/maestro:i/tests", "", 2, 3 + 2},
		{"POST", "/api/hardware/vendor%2Csoc/builds", `{"startTimestampInSeconds": 0, "endTimestampInSeconds": 4000000000}`, 2, 3},
		{"POST", "/api/hardware/vendor%2Csoc/tests", `{"startTimestampInSeconds": 0, "endTimestampInSeconds": 4000000000}`, 300, 300 + 10},
		// Aggregates.
		{"GET", "/api/tree", "", 2, 0},
		{"GET", "/api/tree/many/branch/commits", "", 2, 0},
		{"GET", "/api/hardware?" + always, "", 1, 0},
		{"GET", "/api/hardware?" + always + "&commitsList=" + hashNew, "", 1, 0},
		{"GET", "/api/hardware-by-revision?git_commit_hash=" + hashNew, "", 1, 0},
		{"GET", compare + "/builds?hash_a=none&hash_b=" + hashNew, "", 1, 0},
		{"GET", compare + "/tests?hash_a=none&hash_b=" + hashNew, "", 100, 0},
	} {
		separator := "?"
		if strings.Contains(list.path, "?") {
			separator = "&"
		}
		next := fmt.Sprintf("%s%slimit=%d", list.path, separator, list.limit)
		first, rows := 0, 0
		for page := 1; page <= 20; page++ {
			if next == "" {
				t.Fatalf("%s has %d pages", list.path, page-1)
			}
			counting.objects, counting.rows = 0, 0
			r := httptest.NewRequest(list.method, next, strings.NewReader(list.body))
			r.Header.Set("Content-Type", "application/json")
			code, header, body := s.do(r)
			if code != 200 {
				t.Fatalf("%s: %d %v", next, code, body)
			}
			if counting.objects > list.most {
				t.Errorf("page %d of %s reads %d objects, want at most %d", page, list.path, counting.objects, list.most)
			}
			if page == 1 {
				first = counting.rows
			}
			if rows = counting.rows; rows > first+2*list.limit {
				t.Errorf("page %d of %s reads %d rows, page 1 %d", page, list.path, rows, first)
			}
			next = nextOf(header.Get("Link"))
		}
		t.Logf("%s by %d: page 20 reads %d objects, %d rows", list.path, list.limit, counting.objects, rows)
	}
}

// manyIssues returns 100 versions of 50 issues, in addition to those of bigTree.
func manyIssues() *report.Report {
	r := &report.Report{}
	for n := range 100 {
		at := worldNow.Add(-time.Duration(n/2+1) * time.Minute)
		r.Issues = append(r.Issues, report.Issue{
			Timestamp: &at, ID: fmt.Sprint("maestro:issue-", n%50), Version: n / 50, Origin: "maestro", Comment: new("it breaks"), Culprit: &report.Culprit{Code: new(true)},
			Categories: []string{"all", []string{"even", "odd"}[n%2]}, Misc: []byte(`{"pattern": "x"}`),
		})
	}
	return r
}

// manyBranches returns 50 branches of a tree, each with a checkout, and one branch with
// 50 commits.
func manyBranches() *report.Report {
	r := &report.Report{}
	for n := range 50 {
		start := worldNow.Add(-time.Duration(n+1) * time.Minute)
		for name, branch := range map[string]string{"a": fmt.Sprint("branch-", n), "b": "branch"} {
			r.Checkouts = append(r.Checkouts, report.Checkout{
				ID: fmt.Sprintf("maestro:%s.%d", name, n), Origin: "maestro", TreeName: new("many"), GitRepositoryURL: new("https://git.example.org/many.git"),
				GitRepositoryBranch: &branch, GitCommitHash: new(fmt.Sprintf("%s%039d", name, n)), StartTime: &start, Misc: []byte(`{"x": 1}`),
			})
		}
	}
	return r
}

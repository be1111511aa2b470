// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// TestAnswersDoNotGrow asks for each page, and each answer of the API about a tree, in a
// database with little history and in one with more. The statements and the rows that they
// return are as many in both, and no statement scans a table that grows with the objects.
func TestAnswersDoNotGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("loads thousands of objects")
	}
	t.Parallel()
	few, many := costsOfAnswers(t, 3), costsOfAnswers(t, 5)
	for what, cost := range few {
		if many[what] != cost || cost.statements == 0 || cost.statements > 60 {
			t.Errorf("%s: %+v with little history, %+v with more", what, cost, many[what])
		}
	}
}

// answerCost is the number of statements of an answer, and of the rows they return.
type answerCost struct{ statements, rows int }

// costsOfAnswers returns the costs of answers about a tree whose branches have so many
// older trees as well, each of them two months before the next.
func costsOfAnswers(t *testing.T, older int) map[string]answerCost {
	s := sqlite.OpenMemory("test")
	t.Cleanup(func() { s.Close() })
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	scans := make(map[string]string) // tables by query
	counted := &storetest.Counted{Conn: storetest.WatchPlans(s.SQL().Conn, func(query, step string) {
		if table, ok := scanned(query, step); ok {
			scans[query] = table
		}
	})}
	g := &growing{
		Store: watchedStore{s, sqldb.NewStore(&sqldb.DB{Conn: counted, Dialect: s.SQL().Dialect},
			func() func([]byte) string { return new(rollup.Platforms).Of })},
		builds: 4, typical: sender{"bench", "lab-1", "board-3"},
	}
	end := time.Date(2026, 11, 28, 18, 0, 0, 0, time.UTC)
	g.now = end.AddDate(-2, 0, 0)
	g.send(t, g.otherBranch(), g.now, "other")
	for n := older; n >= 0; n-- {
		g.now, g.tests = end.AddDate(0, -2*n, 0), older-n
		r := g.tree()
		addKnown(r)
		g.send(t, r, g.now, fmt.Sprint("tree", n))
	}
	g.sendSubmission(t)
	g.judge(t)
	clear(scans)
	all := make(map[string]answerCost)
	for _, q := range slices.Concat(g.apiRequests(t), g.pageRequests(t)) {
		counted.Take()
		q.send()
		statements, rows := counted.Take()
		all[q.what] = answerCost{statements, rows}
	}
	for query, table := range scans {
		t.Errorf("scan of %s:\n%s", table, query)
	}
	return all
}

// otherBranch returns as many revisions of the tree's other branch as pages show.
func (g *growing) otherBranch() *report.Report {
	r := &report.Report{}
	for n := range 30 {
		c := g.tree().Checkouts[0]
		c.ID, c.GitCommitHash, c.StartTime = fmt.Sprint("bench:other", n), new(fmt.Sprintf("%040x", n)), new(g.now.Add(time.Duration(n)*time.Hour))
		r.Checkouts = append(r.Checkouts, c)
	}
	return r
}

// watchedStore loads as a store of SQLite does, and answers all questions over another
// connection.
type watchedStore struct {
	*sqlite.Store
	questions
}

type questions = sqldb.Store // its methods hide those that the store of SQLite embeds

// growingTables have more rows with each object.
const growingTables = `checkouts|builds|tests_stored|tests|issues|incidents|receipts|build_counts|counted_builds|test_counts|counted_tests|daily_counts|` +
	`hardware_counts|sightings|revisions|revision_checkouts|verdicts|verdict_counts|causes`

// scanned returns the table that a step of a plan of a query scans, if the table grows.
func scanned(query, step string) (table string, ok bool) {
	name, ok := strings.CutPrefix(step, "SCAN ")
	if !ok {
		return "", false
	}
	name, _, _ = strings.Cut(name, " ")
	switch {
	case strings.Contains(query, " "+name+" AS MATERIALIZED"): // rows that the query itself made
		return "", false
	case strings.Contains(query, "SELECT _timestamp FROM issues ORDER BY _timestamp DESC LIMIT 1 OFFSET"): // a scan that ends
		return "", false
	}
	table = regexp.MustCompile(`\b(?:` + growingTables + `)(?: AS)? ` + regexp.QuoteMeta(name) + `\b`).FindString(query)
	if table == "" && regexp.MustCompile(`^(?:`+growingTables+`)$`).MatchString(name) {
		table = name
	}
	return table + ": " + step, table != ""
}

// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// rollupsCost checks that a change of a build or a test, and a question of a page, takes
// the same number of statements and of rows to read, with few incidents and tests and
// with many.
func (s suite) rollupsCost(t *testing.T) {
	if testing.Short() {
		t.Skip("counts statements over thousands of objects")
	}
	few, many := s.costs(t, 20), s.costs(t, 2000)
	for name, cost := range few {
		if many[name] != cost || cost.statements > 40 || cost.rows > 20 {
			t.Errorf("%s: %+v with 20 incidents and tests, %+v with 2000", name, cost, many[name])
		}
	}
}

// costs returns the costs of changes and of questions. In the database a build and a test
// have n incidents each, and the build has n tests that passed.
func (s suite) costs(t *testing.T, n int) map[string]cost {
	db := s.ready(t)
	defer db.Close()
	r := &report.Report{
		Checkouts: []report.Checkout{{ID: "a:c", Origin: "a"}},
		Builds:    []report.Build{{ID: "a:b", Origin: "a", CheckoutID: "a:c", StartTime: new(moment(1)), Status: new(report.StatusFail)}},
		Tests:     []report.Test{{ID: "a:t", Origin: "a", BuildID: "a:b", StartTime: new(moment(2)), Status: new(report.StatusFail), Path: new("boot")}},
	}
	for i := range n {
		in := report.Incident{ID: fmt.Sprintf("a:b%d", i), Origin: "a", IssueID: "a:i", BuildID: &r.Builds[0].ID}
		of := in
		of.ID, of.BuildID, of.TestID = fmt.Sprintf("a:t%d", i), nil, &r.Tests[0].ID
		r.Incidents = append(r.Incidents, in, of)
		passed := r.Tests[0]
		passed.ID, passed.Status = fmt.Sprintf("a:p%d", i), new(report.StatusPass)
		r.Tests = append(r.Tests, passed)
	}
	mustLoad(t, db, r, store.LoadOptions{})
	rollups := rollup.Of(db)
	test := rollup.Test{ID: "a:t", BuildID: "a:b", Origin: "a", Path: "boot", Status: report.StatusFail, Start: moment(2).UnixMicro()}
	passed := test
	passed.Status = report.StatusPass
	all := s.readings(t, rollups)
	for _, change := range []struct {
		name, statement string
		note            func(*rollup.Delta)
	}{
		{"a build's configuration", "UPDATE builds SET config_name = 'x'", func(d *rollup.Delta) { d.Build("a:b") }},
		{"a build's status", "UPDATE builds SET status = 'PASS'", func(d *rollup.Delta) { d.Build("a:b") }},
		{"a build's start", "UPDATE builds SET start_time = NULL", func(d *rollup.Delta) { d.Build("a:b") }},
		{"nothing of a test", "UPDATE " + rollups.Tests() + " SET comment = 'x' WHERE id = 'a:t'", func(d *rollup.Delta) { d.Test(&test, &test) }},
		{"a test's status", "UPDATE " + rollups.Tests() + " SET status = 'PASS' WHERE id = 'a:t'", func(d *rollup.Delta) { d.Test(&test, &passed) }},
		{"an issue", "UPDATE issues SET comment = 'x'", func(*rollup.Delta) {}},
	} {
		err := rollups.Update(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
			if _, err := tx.Exec(ctx, change.statement); err != nil {
				return err
			}
			var delta rollup.Delta
			change.note(&delta)
			var spent cost
			err := delta.Apply(ctx, &countedTx{tx, &spent}, rollups.Dialect)
			all[change.name] = spent
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", change.name, err)
		}
		VerifyRollups(t, db)
	}
	return all
}

// readings returns the costs of questions of pages, mails and metrics.
func (s suite) readings(t *testing.T, rollups *rollup.DB) map[string]cost {
	all := make(map[string]cost)
	counted := &Counted{Conn: rollups.Conn}
	db := answers.New(&sqldb.DB{Conn: counted, Dialect: rollups.Dialect})
	ctx, builds := t.Context(), []string{"a:b"}
	for name, read := range map[string]func() error{
		"tests of builds":   func() error { _, err := db.Tally(ctx, builds); return err },
		"tests that failed": func() error { return db.Failed(ctx, builds, func(*answers.FailedTest) {}) },
		"issues of builds":  func() error { _, err := db.Findings(ctx, builds); return err },
		"an issue":          func() error { _, err := db.Incidents(ctx, store.Key{ID: "a:i"}); return err },
		"a suite":           func() error { _, err := db.SuiteCounts(ctx, builds, "boot"); return err },
		"totals":            func() error { _, err := db.Totals(ctx, answers.Days{First: 0, Last: 40000}); return err },
	} {
		if err := read(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all["read "+name], counted.cost = counted.cost, cost{}
	}
	return all
}

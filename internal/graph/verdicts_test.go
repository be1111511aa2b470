// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// TestJudgementStatements: the verdicts of objects that were found together are read
// together, and a new failure costs two more statements.
func TestJudgementStatements(t *testing.T) {
	r := history(2)
	var refs []object.Ref
	for n := range 16 {
		addRun(r, 0, fmt.Sprintf("ltp.%d", n), "rpi4", report.StatusPass, n)
		addRun(r, 1, fmt.Sprintf("ltp.%d", n), "rpi4", report.StatusFail, n)
	}
	for i := range r.Checkouts {
		r.Checkouts[i].GitCommitHash, r.Checkouts[i].GitCommitName, r.Checkouts[i].PatchsetHash = new(fmt.Sprintf("%040d", i)), new(fmt.Sprint("v", i)), new("")
	}
	for i := range r.Tests {
		if *r.Tests[i].Status == report.StatusFail {
			refs = append(refs, object.TestRef(r.Tests[i].ID))
		}
	}
	s := open(t, r)
	judge := &verdicts.Judge{DB: verdicts.Of(s.Store), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	if _, err := judge.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	g := graph.New(t.Context(), s)
	found := must[[]graph.Object](t)(g.Find(refs...))
	s.asked = nil
	for i, o := range found {
		j := must[*graph.Judgement](t)(o.(*graph.Test).Judgement())
		if j == nil || j.Verdict != "new" {
			t.Fatalf("test %d: %v", i, j)
		}
		if i == 0 {
			s.checkQueries(t, "the first verdict", "roll-ups", "roll-ups", "roll-ups")
		}
	}
	s.checkQueries(t, "the other verdicts")
	j := must[*graph.Judgement](t)(found[0].(*graph.Test).Judgement())
	if at := must[string](t)(j.PassedAt()); at != "v0" {
		t.Errorf("it passed at %q", at)
	}
	s.checkQueries(t, "where it passed", "roll-ups", "roll-ups")
	c := g.Checkout(r.Checkouts[1].ID)
	if said := must[[]graph.Sentence](t)(c.Sentences()); len(said) != 1 || said[0].Text == "" {
		t.Errorf("%v", said)
	}
	s.checkQueries(t, "the sentence of a checkout", "roll-ups", "roll-ups", "roll-ups", "roll-ups")
}

// SPDX-License-Identifier: Apache-2.0

package verdict_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// results returns the results that a text describes: statuses with "!" for an error of the
// harness and "#" for an issue.
func results(text string) (all []verdict.Result) {
	for word := range strings.FieldsSeq(text) {
		r := verdict.Result{HarnessError: strings.Contains(word, "!"), Issue: strings.Contains(word, "#")}
		if word = strings.Trim(word, "!#"); word != "none" {
			r.Status = report.Status(word)
		}
		all = append(all, r)
	}
	return all
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		results string
		earlier verdict.Outcome
		want    verdict.Kind
	}{
		{"", verdict.Failed, ""},
		{"PASS", verdict.Nothing, verdict.OK},
		{"DONE", verdict.Passed, verdict.OK},
		{"PASS", verdict.Mixed, verdict.OK},
		{"PASS PASS", verdict.Failed, verdict.Fixed},
		{"DONE SKIP", verdict.Failed, verdict.Fixed},
		{"PASS MISS", verdict.Failed, verdict.Fixed},
		{"FAIL", verdict.Passed, verdict.New},
		{"ERROR", verdict.Passed, verdict.New},
		{"FAIL!", verdict.Passed, verdict.New},
		{"FAIL MISS ERROR! SKIP none", verdict.Passed, verdict.New},
		{"FAIL", verdict.Failed, verdict.Still},
		{"FAIL", verdict.Mixed, verdict.Still},
		{"FAIL", verdict.Nothing, verdict.Still},
		{"FAIL", verdict.LabTrouble, verdict.Still},
		{"FAIL PASS", verdict.Passed, verdict.Flaky},
		{"ERROR DONE", verdict.Failed, verdict.Flaky},
		{"FAIL#", verdict.Passed, verdict.Known},
		{"FAIL FAIL#", verdict.Failed, verdict.Known},
		{"FAIL# PASS", verdict.Passed, verdict.Known},
		{"FAIL PASS#", verdict.Passed, verdict.Flaky}, // the issue is of the pass
		{"PASS#", verdict.Failed, verdict.Fixed},
		{"MISS#", verdict.Passed, verdict.Lab},
		{"MISS", verdict.Passed, verdict.Lab},
		{"ERROR!", verdict.Passed, verdict.Lab},
		{"ERROR! SKIP none", verdict.Failed, verdict.Lab},
		{"ERROR! PASS", verdict.Passed, verdict.OK},
		{"SKIP", verdict.Passed, verdict.Skip},
		{"none", verdict.Failed, verdict.Skip},
	} {
		all := results(c.results)
		got := verdict.Judge(all, c.earlier)
		slices.Reverse(all)
		if other := verdict.Judge(all, c.earlier); got != c.want || other != c.want {
			t.Errorf("%q, earlier %d: %q and in the other order %q, want %q", c.results, c.earlier, got, other, c.want)
		}
	}
}

// TestOf counts single results of variants.
func TestOf(t *testing.T) {
	for _, c := range []struct {
		variant verdict.Kind
		outcome verdict.Outcome
		want    verdict.Kind
	}{
		{verdict.New, verdict.Failed, verdict.New}, {verdict.Known, verdict.Failed, verdict.Known},
		{verdict.Flaky, verdict.Failed, verdict.Flaky}, {verdict.Flaky, verdict.Passed, verdict.Flaky},
		{verdict.Fixed, verdict.Passed, verdict.Fixed}, {verdict.Known, verdict.Passed, verdict.OK},
		{verdict.OK, verdict.Passed, verdict.OK}, {verdict.Lab, verdict.LabTrouble, verdict.Lab},
		{verdict.OK, verdict.LabTrouble, verdict.Skip}, {verdict.New, verdict.LabTrouble, verdict.Skip},
		{verdict.New, verdict.Nothing, verdict.Skip}, {verdict.Lab, verdict.Nothing, verdict.Skip},
	} {
		if got := c.variant.Of(c.outcome); got != c.want {
			t.Errorf("outcome %d in a variant that is %s: %s, want %s", c.outcome, c.variant, got, c.want)
		}
	}
}

func TestKinds(t *testing.T) {
	letters := ""
	for i, k := range verdict.Kinds {
		letters += k.Letter()
		if k.Rank() != i || !k.Valid() || k.Word() == "" {
			t.Errorf("%s: rank %d, word %q", k, k.Rank(), k.Word())
		}
	}
	if letters != "NS+~KL–·" {
		t.Errorf("letters %s", letters)
	}
	if none := verdict.Kind(""); none.Valid() || none.Letter() != "" || none.Rank() != len(verdict.Kinds) {
		t.Error("a variant that was not run has a verdict")
	}
}

func TestCounts(t *testing.T) {
	c := verdict.Counts{verdict.OK: 5, verdict.New: 0}
	c.Add(verdict.Counts{verdict.OK: 1, verdict.Flaky: 2})
	if c.Worst() != verdict.Flaky || c.Total() != 8 {
		t.Errorf("%v: worst %s, %d in all", c, c.Worst(), c.Total())
	}
	if none := (verdict.Counts{}); none.Worst() != "" || none.Overall() != "" {
		t.Errorf("the worst of nothing is %s, the verdict on it %s", none.Worst(), none.Overall())
	}
	// A cell says that tests were skipped; the revision with the cell passes.
	skipped := verdict.Counts{verdict.OK: 5, verdict.Skip: 1}
	if skipped.Worst() != verdict.Skip || skipped.Overall() != verdict.OK {
		t.Errorf("%v: worst %s, in all %s", skipped, skipped.Worst(), skipped.Overall())
	}
	if only := (verdict.Counts{verdict.Skip: 1}); only.Overall() != verdict.Skip {
		t.Errorf("%v: in all %s", only, only.Overall())
	}
}

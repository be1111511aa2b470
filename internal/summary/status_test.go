// SPDX-License-Identifier: Apache-2.0

package summary_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/report"
)

func TestWorst(t *testing.T) {
	for i, a := range summary.Statuses {
		for j, b := range summary.Statuses {
			if got, want := summary.Worst(a, b), summary.Statuses[min(i, j)]; got != want {
				t.Errorf("Worst(%q, %q): got %q", a, b, got)
			}
			if got, want := summary.Worse(a, b), i < j; got != want {
				t.Errorf("Worse(%q, %q): got %v", a, b, got)
			}
		}
	}
}

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		counts summary.Counts
		total  int64
		status report.Status
		text   string
	}{
		{nil, 0, "", ""},
		{summary.Counts{"FAIL": 0, "PASS": 1}, 1, "PASS", "1 PASS"},
		{summary.Counts{"PASS": 120, "": 2, "ERROR": 1, "FAIL": 3}, 126, "FAIL", "3 FAIL, 1 ERROR, 120 PASS, 2 none"},
	} {
		if c.counts.Total() != c.total || c.counts.Status() != c.status || c.counts.String() != c.text {
			t.Errorf("got %d, %s, %s", c.counts.Total(), c.counts.Status(), c.counts)
		}
	}
	sum := summary.Counts{"PASS": 1}
	sum.Add(summary.Counts{"PASS": 2, "FAIL": 1})
	if diff := cmp.Diff(summary.Counts{"PASS": 3, "FAIL": 1}, sum); diff != "" {
		t.Error(diff)
	}
}

func TestBySorted(t *testing.T) {
	by := summary.CountsByName{}
	by.Add("b", "PASS", 2)
	by.Add("d", "", 1)
	by.Add("c", "FAIL", 1)
	by.Add("a", "PASS", 1)
	by.Add("c", "PASS", 9)
	got := ""
	for name, counts := range by.Sorted() {
		got += name + ": " + counts.String() + "\n"
	}
	if want := "c: 1 FAIL, 9 PASS\na: 1 PASS\nb: 2 PASS\nd: 1 none\n"; got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestCulprits(t *testing.T) {
	yes, no := true, false
	for want, culprit := range map[string]*report.Culprit{
		"":              nil,
		"code":          {Code: &yes, Tool: &no},
		"tool, harness": {Tool: &yes, Harness: &yes},
	} {
		if got := facts.CulpritsOf(&report.Issue{Culprit: culprit}).String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package verdict_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/verdict"
)

func TestSentence(t *testing.T) {
	type counts = verdict.Counts
	long := strings.Repeat("long ", 40) + "title"
	for _, c := range []struct {
		facts verdict.Facts
		want  string
	}{
		{verdict.Facts{}, "Not judged yet."},
		{verdict.Facts{Judged: true}, "No results yet."},
		{verdict.Facts{Judged: true, Earlier: "next-1", Counts: counts{verdict.OK: 20143}}, "All 20,143 results pass."},
		{verdict.Facts{Judged: true, Counts: counts{verdict.OK: 1}}, "The only result passes."},
		{verdict.Facts{Judged: true, Earlier: "a", Counts: counts{verdict.OK: 8, verdict.Fixed: 2}}, "All 10 results pass. 2 fixed."},
		{verdict.Facts{Judged: true, Earlier: "a", Counts: counts{verdict.OK: 8, verdict.Known: 4, verdict.Lab: 31}}, "Nothing new: 4 known, 31 lab trouble."},
		{verdict.Facts{Judged: true, Earlier: "a", Counts: counts{verdict.OK: 8, verdict.Skip: 2}}, "Nothing fails: 8 pass, 2 skipped."},
		{verdict.Facts{Judged: true, Counts: counts{verdict.OK: 8, verdict.Still: 1200}}, "Nothing to compare with: 1,200 still failing."},
		{
			verdict.Facts{Judged: true, Earlier: "next-20261126", Counts: counts{verdict.New: 9}, Causes: counts{verdict.New: 3}, New: []string{
				"a warning in iomap_iter_advance", "rk3588-rock-5b does not boot", "riscv allmodconfig does not build",
			}},
			"Worse than next-20261126: a warning in iomap_iter_advance, rk3588-rock-5b does not boot, riscv allmodconfig does not build.",
		},
		{
			verdict.Facts{Judged: true, Earlier: "a", Counts: counts{verdict.New: 9}, Causes: counts{verdict.New: 1500}, New: []string{"x fails", "y fails"}},
			"Worse than a: x fails, y fails, 1,498 more.",
		},
		{
			verdict.Facts{Judged: true, Earlier: "a", Counts: counts{verdict.New: 9}, Causes: counts{verdict.New: 2}, New: []string{long, "y"}},
			"Worse than a: " + strings.Repeat("long ", 23) + "l…, 1 more.",
		},
		{verdict.Facts{Judged: true, Earlier: "a", Counts: counts{verdict.New: 9}, Causes: counts{verdict.New: 1}}, "Worse than a: 1 new cause in 9 results."},
	} {
		got := verdict.Sentence(c.facts)
		if got != c.want || utf8.RuneCountInString(got) > 140 {
			t.Errorf("%+v:\n%s\nwant\n%s", c.facts, got, c.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := verdict.Number(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestCountsText(t *testing.T) {
	for want, counts := range map[string]verdict.Counts{
		"":                                  nil,
		"1,200 new":                         {verdict.New: 1200, verdict.OK: 0},
		"2 new, 1 known, 3 lab trouble":     {verdict.Lab: 3, verdict.New: 2, verdict.Known: 1},
		"1 still failing, 1 fixed, 1 flaky": {verdict.Flaky: 1, verdict.Fixed: 1, verdict.Still: 1},
	} {
		if got := counts.Text(); got != want {
			t.Errorf("%v: %q, want %q", counts, got, want)
		}
	}
}

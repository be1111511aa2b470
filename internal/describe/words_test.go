// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

func TestWords(t *testing.T) {
	const commitOf = "5e29d1443c46b6ca70a4c940a67e8c09f05dcb7e"
	second := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	metric, binary := report.PrefixMetric, report.PrefixBinary
	for _, c := range []struct{ got, want string }{
		{shortHash(commitOf), "5e29d1443c46"}, {shortHash("ci:" + strings.Repeat("ä", 9)), "ci:ääää"}, {document.Cut("abcdef", 2), "..."}, {document.Cut("ab", 2), "ab"},
		{plural(1, "test"), "1 test"}, {plural(0, "test"), "0 tests"}, {plural(5310, "patch", "patches"), "5,310 patches"},
		{duration(0), "0 ms"}, {duration(second(0.25)), "250 ms"}, {duration(second(2.54)), "2.5 s"}, {duration(second(59.6)), "1 min"},
		{duration(second(200)), "3 min 20 s"}, {duration(second(3600)), "1 h"}, {duration(second(90061)), "1 d 1 h"},
		{duration(-time.Second), "-1 s"}, {duration(math.MinInt64), "-106751 d 23 h"},
		{date(time.Time{}), ""}, {date(time.Date(2026, 1, 1, 1, 30, 0, 0, time.FixedZone("", 7200))), "2025-12-31 23:30 UTC"},
		{listWords(nil, 3), ""}, {listWords([]string{"a"}, 3), "a"}, {listWords([]string{"a", "b", "c"}, 3), "a, b and c"},
		{listWords([]string{"a", "b", "c", "d"}, 3), "a, b, c and d"}, {listWords([]string{"a", "b", "c", "d", "e"}, 3), "a, b, c and 2 more"},
		{measured(nil), ""}, {measured(&report.Number{Value: 12.5}), "12.5"},
		{measured(&report.Number{Value: 1234567, Unit: new("B/s")}), "1234567 B/s"},
		{measured(&report.Number{Value: 1234567, Unit: new("B/s"), Prefix: &metric}), "1.235 MB/s"},
		{measured(&report.Number{Value: 1 << 20, Unit: new("B"), Prefix: &binary}), "1 MiB"},
		{measured(&report.Number{Value: -0.0042, Unit: new("s"), Prefix: &metric}), "-4.2 ms"},
		{measured(&report.Number{Unit: new("s"), Prefix: &metric}), "0 s"},
		{measured(&report.Number{Value: 1e-15, Unit: new("s"), Prefix: &metric}), "1e-15 s"},
		{counts(nil), "none known"}, {counts(summary.Counts{"FAIL": 1, "": 2, "PASS": 0}), "3: 1 FAIL, 2 without result"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestSum(t *testing.T) {
	for _, c := range []struct {
		counts summary.Counts
		want   string
	}{
		{summary.Counts{"FAIL": 12, "PASS": 5298}, "12 of 5,310 tests fail"},
		{summary.Counts{"FAIL": 1, "PASS": 47}, "1 of 48 tests fails"},
		{summary.Counts{"FAIL": 1, "ERROR": 2, "MISS": 1, "PASS": 1}, "1 of 5 tests fails, 2 aborted, 1 is missing"},
		{summary.Counts{"ERROR": 3}, "all 3 tests aborted"},
		{summary.Counts{"FAIL": 2}, "both tests fail"},
		{summary.Counts{"FAIL": 1}, "1 test fails"},
		{summary.Counts{"PASS": 48}, "all 48 tests pass"},
		{summary.Counts{"PASS": 3, "SKIP": 45}, "3 of 48 tests pass"},
		{summary.Counts{"SKIP": 1}, "1 test was skipped"},
		{summary.Counts{"": 4}, "all 4 tests have no result"},
		{summary.Counts{}, ""},
	} {
		if got := sum(c.counts, "test"); got != c.want {
			t.Errorf("%v: got %q, want %q", c.counts, got, c.want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("line " + verdict.Number(int64(i)) + "\n")
		}
		return b.String()
	}
	noise := "[    0.912345] EDAC igen6: error: not supported on this platform\n"
	panics := "[    9.000001] Kernel panic - not syncing\n[    9.000002] CPU: 0\n"
	for name, c := range map[string]struct {
		log         string
		first, last string
		lines       int
	}{
		"empty":                      {"", "", "", 1},
		"blank":                      {"\n\r\n  \t\n", "", "", 1},
		"short":                      {"a\r\nb\r\n", "a", "b", 2},
		"progress on a line":         {"10%\r20%\r30%\n", "10%", "30%", 3},
		"long, nothing wrong":        {many(100), "[70 lines before]", "line 99", 31},
		"prompts at the end":         {many(3) + "+ set +x\n/ # \n\n<LAVA_TEST_RUNNER EXIT>\nroot@rpi4:~# \n", "line 0", "line 2", 3},
		"wrong at the beginning":     {"a.c:1: error: no\n" + many(100), "a.c:1: error: no", "[71 lines after]", 31},
		"wrong in the middle":        {many(50) + "BUG: no\n" + many(50), "[47 lines before]", "[24 lines after]", 32},
		"wrong at the end":           {many(100) + "Kernel panic - not syncing\n", "[71 lines before]", "Kernel panic - not syncing", 31},
		"the kernel before suites":   {"not ok 1\n" + many(50) + "BUG: no\n" + many(50), "[48 lines before]", "[24 lines after]", 32},
		"a driver's error first":     {noise + many(200) + panics, "[173 lines before]", "[    9.000002] CPU: 0", 31},
		"a driver's error only":      {noise + many(200), "[171 lines before]", "line 199", 31},
		"a driver's error, a suite":  {noise + many(200) + "not ok 1\n" + many(5), "[177 lines before]", "line 4", 31},
		"a warning first":            {"WARNING: CPU: 0 PID: 1 at a.c:1\n" + many(200) + panics, "[173 lines before]", "[    9.000002] CPU: 0", 31},
		"a fault, then a panic":      {many(50) + "BUG: no\n" + many(200) + panics + many(20), "[47 lines before]", "[15 lines after]", 33},
		"the end of a panic":         {panics + many(200) + "---[ end Kernel panic - not syncing ]---\n", "[    9.000001] Kernel panic - not syncing", "[173 lines after]", 31},
		"the same again":             {"x\nx\n" + strings.Repeat("y\n", 9), "x", "[the same again, 8 times]", 4},
		"a word that is not trouble": {"CFLAGS=-Werror\n" + many(50), "[21 lines before]", "line 49", 31},
	} {
		got := strings.Split(excerpt(c.log), "\n")
		if got[0] != c.first || got[len(got)-1] != c.last || len(got) != c.lines {
			t.Errorf("%s: %d lines, %q to %q, want %d, %q to %q", name, len(got), got[0], got[len(got)-1], c.lines, c.first, c.last)
		}
	}
	shown := excerpt(many(50) + "BUG: first\n" + many(200) + "BUG: second\n" + many(200) + panics + many(20))
	for _, want := range []string{"BUG: first", "[382 lines between]", "Kernel panic"} {
		if !strings.Contains(shown, want) {
			t.Errorf("an excerpt without %q:\n%s", want, shown)
		}
	}
}

// FuzzClean: whatever a text is, what is shown of it only shows, and is bounded.
func FuzzClean(f *testing.F) {
	for _, text := range []string{"", "plain", "a\x1b[1;31mb\x1b]0;t\x07c", "\x1b", "\xff\xfe", "\u202e\u2066\u200b", "a\r\nb\rc\td", strings.Repeat("é", 3000), "http://e/\n x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for what, shown := range map[string]string{
			"line": line(text), "prose": prose(text), "excerpt": excerpt(text), "address": address(text), "paragraph": paragraph(text),
			"wrapped": document.Wrap(prose(text)), "field": field("Name", line(text)), "item": item(line(text), paragraph(text)),
		} {
			for _, r := range shown {
				if r != '\n' && r != utf8.RuneError && mustHide(r) || r == '\n' && (what == "line" || what == "address" || what == "paragraph") {
					t.Fatalf("%s has %U: %q", what, r, shown)
				}
			}
			if !utf8.ValidString(shown) || len(shown) > 40_000 {
				t.Fatalf("%s of %d bytes: %q", what, len(shown), shown)
			}
		}
		if n := utf8.RuneCountInString(line(text)); n > maxLine {
			t.Errorf("a line of %d characters", n)
		}
		if lines := strings.Count(prose(text), "\n"); lines > maxLines {
			t.Errorf("prose of %d lines", lines+1)
		}
		if lines := strings.Count(excerpt(text), "\n"); lines > maxExcerpt+2 {
			t.Errorf("an excerpt of %d lines", lines+1)
		}
	})
}

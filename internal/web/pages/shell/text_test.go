// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"fmt"
	"testing"
	"time"
)

func TestTexts(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) string { return Age(now, now.Add(-d)) }
	for _, test := range []struct{ got, want string }{
		{Grouped(0), "0"}, {Grouped(999), "999"}, {Grouped(1000), "1,000"}, {Grouped(20143), "20,143"}, {Grouped(-1234567), "-1,234,567"}, {Grouped(-123), "-123"},
		{Plural(1, "build"), "1 build"}, {Plural(0, "build"), "0 builds"}, {Plural(2000, "boot"), "2,000 boots"},
		{Plural(2, "branch"), "2 branches"}, {Plural(3, "query"), "3 queries"}, {Plural(14, "day"), "14 days"},
		{ago(-time.Hour), "0 min"}, {ago(time.Minute), "1 min"}, {ago(119 * time.Minute), "119 min"}, {ago(2 * time.Hour), "2 h"}, {ago(47 * time.Hour), "47 h"},
		{ago(96 * time.Hour), "4 d"}, {Age(now, time.Time{}), ""},
		{Day(now, now.AddDate(0, 0, -9)), "19 Nov"}, {Day(now, now.AddDate(-1, 0, 0)), "28 Nov 2025"},
		{Duration(23.4), "23.4 s"}, {Duration(250), "4 min 10 s"}, {Duration(7500), "2 h 5 min"}, {Duration(0), "0 s"},
		{inUnit(3.1e-05, "s"), "31 µs"}, {inUnit(-0.25, "s"), "-250 ms"}, {inUnit(1.5, "s"), "1.5 s"}, {inUnit(0, "s"), "0 s"}, {inUnit(0.5, "MB/s"), "0.5 MB/s"},
		{frame{Page: &Page{Title: "All is well."}}.Name(), "All is well - KCIDB"}, {frame{Page: &Page{Title: "No such tree: a..."}}.Name(), "No such tree: a... - KCIDB"},
		{Size(1), "1 byte"}, {Size(999), "999 bytes"}, {Size(412_345), "412 kB"}, {Size(1_400_000), "1.4 MB"}, {Size(2_500_000_000), "2.5 GB"},
		{Outside("https://example.org/a?b"), "https://example.org/a?b"}, {Outside("mailto:a@example.org"), "mailto:a@example.org"},
		{Outside("javascript:alert(1)"), ""}, {Outside("https:///x"), ""}, {Outside("http://a b"), ""}, {Outside("//example.org"), ""}, {Outside(""), ""},
		{TreeURL("next"), "/tree/next"}, {BranchURL("a/b", "for-next/x"), "/tree/a%2Fb/for-next%2Fx"}, {BranchURL("next", ".."), ""}, {BranchURL("next", ""), ""},
		{RevisionURL("0123456789abcdef", ""), "/revision/0123456789ab"}, {RevisionURL("0123456789abcdef", "fedcba9876543210"), "/revision/0123456789ab+fedcba987654"},
		{CompareURL("v1", "v2"), "/compare/v1...v2"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}

func inUnit(value float64, unit string) string {
	value, unit = InUnit(value, unit)
	return fmt.Sprintf("%.4g %s", value, unit)
}

func TestMeasured(t *testing.T) {
	for _, test := range []struct {
		value float64
		unit  string
		want  string
	}{
		{0.0234567, "s", "23.46 ms"}, {12345.6, "us", "12,346 us"}, {999.96, "", "1000"}, {-1e300, "x", "-1e+300 x"}, {0, "s", "0 s"}, {1234, "MB", "1,234 MB"},
	} {
		if got := Measured(test.value, test.unit); got != test.want {
			t.Errorf("%v %s: %s, want %s", test.value, test.unit, got, test.want)
		}
	}
}

func TestNames(t *testing.T) {
	for want, names := range map[string][]string{"": nil, "a": {"a"}, "a, b, c": {"a", "b", "c"}, "a, b, c and 2 more": {"a", "b", "c", "d", "e"}} {
		if got := Names(names); got != want {
			t.Errorf("%v: %s, want %s", names, got, want)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/report"
)

func TestDayOf(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		want int64
	}{
		{time.Time{}, noDay},
		{time.Unix(0, 0), 0},
		{time.UnixMicro(-1), noDay},
		{time.Unix(-1e9, 0), noDay},
		{time.Date(1970, 1, 1, 23, 59, 59, 999_999_999, time.UTC), 0},
		{time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC), 1},
		{time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), 20270},
		{time.Date(2025, 7, 1, 1, 0, 0, 0, time.FixedZone("", 2*3600)), 20269},
		{time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC), 19782},
		{time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), 2932896},
	} {
		if got := DayOf(c.at); got != c.want {
			t.Errorf("%v: %d, want %d", c.at, got, c.want)
		}
	}
	// An object without a time has 0.
	if got := dayOfStart(0); got != noDay {
		t.Errorf("no time is of day %d", got)
	}
	if got := dayOfStart(1); got != 0 {
		t.Errorf("the first microsecond is of day %d", got)
	}
}

func TestKindOf(t *testing.T) {
	for path, want := range map[string]Kind{"boot": Boots, "boot.nfs": Boots, "boots": Tests, "ltp.boot": Tests, "": Tests} {
		if got := KindOf(path); got != want {
			t.Errorf("%q: %s", path, got)
		}
	}
}

func TestFails(t *testing.T) {
	for _, s := range []report.Status{"FAIL", "ERROR", "MISS", "PASS", "DONE", "SKIP", "", "NEW"} {
		if got, want := Fails(s), s == "FAIL" || s == "ERROR" || s == "MISS"; got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestIsDummy(t *testing.T) {
	for id, want := range map[string]bool{
		"maestro:dummy_": true, "maestro:dummy_x": true, "maestro:dummy": false, "": false, "ci:maestro:dummy_": false, "Maestro:dummy_": false,
	} {
		if got := IsDummy(id); got != want {
			t.Errorf("%q: %v", id, got)
		}
	}
}

func TestSetMisc(t *testing.T) {
	long := strings.Repeat("x", 3*maxReason)
	for _, c := range []struct {
		status            report.Status
		misc, lab, reason string
	}{
		{"FAIL", `{"runtime":"l","error_msg":"why"}`, "l", "why"},
		{"ERROR", `{"error_msg":"why"}`, "", "why"},
		{"MISS", `{"error_msg":"why"}`, "", "why"},
		{"PASS", `{"runtime":"l","error_msg":"why"}`, "l", ""},
		{"", `{"error_msg":"why"}`, "", ""},
		{"FAIL", `{"error_msg":["why"]}`, "", ""},
		{"FAIL", ``, "", ""},
		{"FAIL", `{"error_msg":"` + long + `"}`, "", long[:maxReason]},
		{"FAIL", `{"error_msg":"` + long[:maxReason] + `"}`, "", long[:maxReason]},
		{"FAIL", `{"error_msg":"` + long[:maxReason-1] + `éx"}`, "", long[:maxReason-1]},
	} {
		x := Test{Status: c.status, Lab: "before", Reason: "before"}
		x.SetMisc([]byte(c.misc), nil, new(Platforms))
		if x.Lab != c.lab || x.Reason != c.reason {
			t.Errorf("%s %s: %q, %q", c.status, c.misc, x.Lab, x.Reason)
		}
	}
}

func TestFirstBytes(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"aé", 3, "aé"}, {"aéb", 3, "aé"}, {"abé", 3, "ab"}, {"😀", 3, ""}, {"abc", 0, ""},
		{"ab\xffcd", 3, "ab\xff"},
	} {
		if got := firstBytes(c.text, c.n); got != c.want {
			t.Errorf("%d of %q: %q, want %q", c.n, c.text, got, c.want)
		}
	}
}

// FuzzFirstBytes: as much as there is room for, and whole characters.
func FuzzFirstBytes(f *testing.F) {
	f.Add("abé", 3)
	f.Add("😀😀", 7)
	f.Fuzz(func(t *testing.T, text string, n int) {
		if n < 0 || !utf8.ValidString(text) {
			return
		}
		got := firstBytes(text, n)
		rest, ok := strings.CutPrefix(text, got)
		_, next := utf8.DecodeRuneInString(rest)
		if !ok || len(got) > n || rest != "" && len(got)+next <= n {
			t.Errorf("%d of %q: %q", n, text, got)
		}
		if !utf8.ValidString(got) {
			t.Errorf("%d of %q: %q is cut within a character", n, text, got)
		}
	})
}

// Databases keep hashes, so the hash of the same texts must never change. Texts that
// are split differently have different hashes.
func TestHashOf(t *testing.T) {
	if got, want := HashOf("ci", "mainline", "https://x", "main"), int64(4513234403533807460); got != want {
		t.Errorf("the key of a tree is %d, and was %d", got, want)
	}
	seen := make(map[int64][]string)
	for _, texts := range [][]string{
		nil, {""}, {"", ""}, {"a"}, {"a", ""}, {"", "a"}, {"a", "b"}, {"ab"}, {"ab", ""}, {"b", "a"}, {"\x01a"}, {strings.Repeat("a", 200)},
		{strings.Repeat("a", 199), "a"}, {"a\x01b"}, {"A"},
	} {
		key := HashOf(texts...)
		if other, ok := seen[key]; ok {
			t.Errorf("%q and %q are the same", texts, other)
		}
		seen[key] = texts
	}
}

// Every table compares rows by the columns of its key, in their order.
func TestCompare(t *testing.T) {
	comparesKeys(t, testCounts)
	comparesKeys(t, hardwareCounts)
	comparesKeys(t, checkoutCounts)
	comparesKeys(t, dailyCounts)
	comparesKeys(t, countedBuilds)
	comparesKeys(t, countedCheckouts)
	comparesKeys(t, treeHeads)
	comparesKeys(t, sightings)
	comparesKeys(t, absences)
	comparesKeys(t, issueCounts)
	comparesKeys(t, incidentCounts)
	comparesKeys(t, objectCounts)
}

func comparesKeys[R comparable](t *testing.T, table *table[R]) {
	t.Helper()
	raise := func(c column) {
		if c.text != nil {
			*c.text += "x"
		} else {
			*c.number++
		}
	}
	keys := len(table.cursor().key)
	for i, c := range table.cursor().columns() {
		low, high := table.cursor(), table.cursor()
		raise(high.columns()[i])
		want := -1
		if i >= keys {
			want = 0
		}
		for j := i + 1; j < keys; j++ { // earlier columns decide
			raise(low.columns()[j])
		}
		if got := table.compare(low.row, high.row); got != want || table.compare(high.row, low.row) != -want {
			t.Errorf("%s: rows that differ in %s compare as %d, want %d", table.name, c.name, got, want)
		}
		if low.row == high.row {
			t.Errorf("%s: rows that differ in %s are equal", table.name, c.name)
		}
	}
}

func TestDifferences(t *testing.T) {
	counts := func(is, due []checkoutCount) recount { return comparison[checkoutCount]{checkoutCounts, is, due} }
	count := func(checkout string, status report.Status, n int64) checkoutCount {
		return checkoutCount{checkout, Tests, status, n}
	}
	build := func(status report.Status, day int64) []countedBuild {
		return []countedBuild{{id: "b", checkoutID: "c", origin: "ci", status: status, day: day}}
	}
	heads := func(is []treeHead, due ...treeHead) recount { return comparison[treeHead]{treeHeads, is, due} }
	head := func(hash int64, branch, checkout string) treeHead {
		return treeHead{hash: hash, origin: "ci", url: "https://x", branch: branch, checkoutID: checkout, start: 1_751_364_000_000_001}
	}
	for _, c := range []struct {
		name    string
		recount recount
		want    string
	}{
		{"nothing", counts(nil, nil), ""},
		{"all the same, in any order", counts(
			[]checkoutCount{count("b", "", 1), count("a", "PASS", 1)}, []checkoutCount{count("a", "PASS", 1), count("b", "", 1)}), ""},
		{"more, less, too much and nothing", counts(
			[]checkoutCount{count("a", "", 1), count("b", "PASS", 2), count("d", "PASS", 4)},
			[]checkoutCount{count("a", "", 1), count("b", "PASS", 3), count("c", "FAIL", 5)}), `
			checkout_counts: checkout_id=b kind=test status=PASS: n=2, should be n=3
			checkout_counts: checkout_id=c kind=test status=FAIL: missing, should be n=5
			checkout_counts: checkout_id=d kind=test status=PASS: n=4, should not be there`},
		{"a counted object", comparison[countedBuild]{countedBuilds, build("", 20270), build("PASS", noDay)}, `
			counted_builds: build_id=b: checkout_id=c origin=ci day=2025-07-01 start=0, should be checkout_id=c origin=ci status=PASS day=-1 start=0`},
		{"a hash means nothing to people", heads(
			[]treeHead{head(7, "main", "c1")}, head(7, "main", "c2"), head(9, "a b\n\u202e", "c")), `
			tree_heads: origin=ci url=https://x branch=main: checkout_id=c1 start=2025-07-01T10:00:00.000001Z, should be checkout_id=c2 start=2025-07-01T10:00:00.000001Z
			tree_heads: origin=ci url=https://x branch="a b\n\u202e": missing, should be checkout_id=c start=2025-07-01T10:00:00.000001Z`},
		{"a hash of other values", heads([]treeHead{head(7, "dev", "c1")}, head(7, "main", "c1")), `
			tree_heads: origin=ci url=https://x branch=dev: origin=ci url=https://x branch=dev checkout_id=c1 start=2025-07-01T10:00:00.000001Z, should be origin=ci url=https://x branch=main checkout_id=c1 start=2025-07-01T10:00:00.000001Z`},
		{"sightings at unknown times", comparison[issueCount]{issueCounts, []issueCount{{issueKey: issueKey{"i", 1}, n: 2}}, nil}, `
			issue_counts: issue_id=i issue_version=1: first_seen=0 last_seen=0 n=2, should not be there`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var want, got []string
			for line := range strings.Lines(c.want) {
				if line = strings.TrimSpace(line); line != "" {
					want = append(want, line)
				}
			}
			for _, d := range c.recount.differences() {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A test that stays the same changes no counts.
func TestDeltaOfUnchangedTest(t *testing.T) {
	var d Delta
	if !d.Empty() {
		t.Error("a new delta has changes")
	}
	x := &Test{ID: "t", BuildID: "b", Path: "ltp.a", Status: "PASS", Start: 1}
	y := *x
	y.Path, y.Platform = "ltp.b", x.Platform
	d.Test(x, &y) // the suite is the same
	for row, n := range d.tests {
		if n != 0 {
			t.Errorf("%v: %d", row, n)
		}
	}
	if len(d.changed) > 0 {
		t.Errorf("incidents of %v are affected", d.changed.sorted())
	}
	d.Test(nil, x)
	d.Test(x, nil)
	d.Checkout("c")
	d.Checkout("c")
	if n := d.tests[x.counted()]; n != 0 || !d.changed.has("t") || len(d.checkouts) != 1 || d.Empty() {
		t.Errorf("%d, %v, %v", n, d.changed, d.checkouts)
	}
}

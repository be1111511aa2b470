// SPDX-License-Identifier: Apache-2.0

package branch

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/web/pages/feed/feedtest"
	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/report"
)

// history has three revisions of next/master, of which the last is worse.
func history() *report.Report {
	w := new(pagestest.Builder)
	for n := 1; n <= 3; n++ {
		at := func(from int, status, before string) string { // status from a revision on
			if n >= from {
				return status
			}
			return before
		}
		w.Checkout("maestro", "next", "master", fmt.Sprintf("next-%d", n), float64(24*(4-n)))
		failed := &w.Builds
		w.Build("riscv allmodconfig clang-21", at(3, "FAIL", "PASS"))
		if n == 3 {
			(*failed)[len(*failed)-1].LogExcerpt = new("drivers/gpu/pvr_power.c:412:9: error: variable 'err' is uninitialized\n")
		}
		w.Build("arm64 defconfig gcc-14", "PASS")
		w.Test("boot", "rock-5b", "lava-ridge", at(3, "FAIL", "PASS"))
		w.Test("boot", "khadas-vim3", "lava-ridge", "PASS")
		w.Test("kselftest.net.tls", "khadas-vim3", "lava-ridge", at(2, "FAIL", "PASS"))
		w.Test("kselftest.net.tls", "rock-5b", "lava-meadow", "PASS")
		w.Test("kselftest.mm.thp", "khadas-vim3", "lava-ridge", "PASS")
		w.Test("kselftest.rtc.alarm", "khadas-vim3", "lava-ridge", "PASS")
		w.Test("ltp.syscalls.fork01", "khadas-vim3", "lava-ridge", "FAIL")
		w.Known("maestro:fork")
		w.Test("kunit.list", "khadas-vim3", "lava-ridge", "PASS")
		w.Test("kvm.tsc", "khadas-vim3", "lava-ridge", "SKIP")
		w.Test("xfstests.generic.091", "khadas-vim3", "lava-harbour", at(3, "MISS", "PASS"))
	}
	w.Checkout("maestro", "stable", "linux-6.12.y", "v6.12.1", 5)
	w.Build("arm64 defconfig gcc-14", "PASS")
	w.Checkout("maestro", "stable", "linux/6.18.y", "v6.18.1", 4)
	w.Build("arm64 defconfig gcc-14", "FAIL")
	return &w.Report
}

func TestBranch(t *testing.T) {
	s := pagestest.New(t, Routes, history())
	pagestest.Golden(t, "branch.html", s.Page("/tree/next/master?open=kselftest"))
	pagestest.Golden(t, "path.html", s.Page("/tree/next/master/test/kselftest.net"))
	pagestest.Golden(t, "tree.html", s.Page("/tree/stable"))
	pagestest.Golden(t, "empty.html", s.Page("/tree/next/master?as_of=2026-01-01T00%3A00%3A00Z"))
}

// gridIn returns the grid of a page: the labels of its rows with the letters of their
// cells.
func gridIn(body string) (rows []string) {
	_, body, _ = strings.Cut(body, `<table class="grid" id="grid">`)
	body, _, _ = strings.Cut(body, "</table>")
	for _, line := range strings.Split(body, "\n") {
		if !strings.Contains(line, `<th scope="row">`) {
			continue
		}
		label, cells, _ := strings.Cut(line, "</th>")
		var letters []string
		for _, cell := range cellShape.FindAllStringSubmatch(cells, -1) {
			letters = append(letters, tags.ReplaceAllString(cell[1], "")+".")
		}
		rows = append(rows, strings.Join(strings.Fields(strings.Trim(tags.ReplaceAllString(label, " "), " ▸▾")), " ")+": "+strings.Join(letters, ""))
	}
	return rows
}

var (
	tags      = regexp.MustCompile(`<[^>]*>`)
	cellShape = regexp.MustCompile(`<td class="c [^"]*">(.*?)</td>`)
)

func TestGrid(t *testing.T) {
	s := pagestest.New(t, Routes, history())
	for path, want := range map[string][]string{
		"/tree/next/master": {
			"causes worst first: N2.N1.K1.", "builds 2: N1.·.·.", "boots 2: N1.·.·.", "kselftest 4: S1.N1.·.", "ltp 1: K1.K1.K1.", "xfstests 1: L1.·.·.", "2 more, none fails 2: –1.–1.–1.",
		},
		"/tree/next/master?open=%2A": {
			"causes worst first: N2.N1.K1.", "builds 2: N1.·.·.", "boots 2: N1.·.·.", "kselftest 4: S1.N1.·.", "kunit 1: ·.·.·.", "kvm 1: –1.–1.–1.", "ltp 1: K1.K1.K1.", "xfstests 1: L1.·.·.",
		},
		"/tree/next/master?open=boots&open=builds&open=kselftest": {
			"causes worst first: N2.N1.K1.", "builds 2: N1.·.·.", "arm64 1: ·.·.·.", "riscv 1: N1.·.·.", "boots 2: N1.·.·.", "boot 2: N1.·.·.",
			"kselftest 4: S1.N1.·.", "net 2: S1.N1.·.", "2 more, all pass 2: ·.·.·.", "ltp 1: K1.K1.K1.", "xfstests 1: L1.·.·.", "2 more, none fails 2: –1.–1.–1.",
		},
		"/tree/next/master?path=kselftest":              {"kselftest 4: S1.N1.·."},
		"/tree/next/master?path=-boot&path=-kselftest":  {"ltp 1: K1.K1.K1.", "xfstests 1: L1.·.·.", "2 more, none fails 2: –1.–1.–1."},
		"/tree/next/master?path=k%2A&path=ltp.syscalls": {"kselftest 4: S1.N1.·.", "ltp 1: K1.K1.K1.", "2 more, none fails 2: –1.–1.–1."},
		"/tree/next/master?verdict=known":               {"causes worst first: N2.N1.K1.", "ltp 1: K1.K1.K1."},
		"/tree/next/master?platform=rock-5b":            {"boots 1: N1.·.·.", "kselftest 1: ·.·.·."},
		"/tree/next/master?lab=lava-harbour":            {"xfstests 1: L1.·.·."},
		"/tree/next/master?arch=riscv":                  {"builds 1: N1.·.·."},
		"/tree/next/master?compiler=-clang-21&config=defconfig&lab=lava-ridge&open=kselftest&platform=khadas-vim3": {
			"boots 1: ·.·.·.", "kselftest 3: S1.N1.·.", "net 1: S1.N1..", "ltp 1: K1.K1.K1.", "2 more, none fails 2: –1.–1.–1.",
		},
		"/tree/next/master?columns=1":                                     {"causes worst first: N2.", "builds 2: N1.", "boots 2: N1.", "kselftest 4: S1.", "ltp 1: K1.", "xfstests 1: L1.", "2 more, none fails 2: –1."},
		"/tree/next/master?as_of=2026-11-27T00%3A00%3A00Z&path=kselftest": {"kselftest 4: N1.·."},
		"/tree/next/master?days=2&path=kselftest":                         {"kselftest 4: S1.N1."},
		"/tree/next/master/test/kselftest":                                {"net 2: S1.N1.·.", "2 more, all pass 2: ·.·.·."},
		"/tree/next/master/test/kselftest.net":                            {"tls 2: S1.N1.·."},
		"/tree/next/master/test/kselftest.net.tls":                        {"khadas-vim3 1 arm64 defconfig gcc-14: S1.N1.·.", "rock-5b 1 arm64 defconfig gcc-14: ·.·.·."},
		"/tree/next/master/test/kselftest.net.tls?platform=rock-5b":       {"rock-5b 1 arm64 defconfig gcc-14: ·.·.·."},
		"/tree/next/master/test/boot":                                     {"rock-5b 1 arm64 defconfig gcc-14: N1.·.·.", "khadas-vim3 1 arm64 defconfig gcc-14: ·.·.·."},
		"/tree/next/master/test/none":                                     nil,
		"/tree/next/master/test/kselftest.none":                           nil,
		"/tree/stable/linux%2F6.18.y":                                     {"causes worst first: S1.", "builds 1: S1."},
	} {
		got := gridIn(s.Page(path))
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", path, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if s.Statements() > 8 {
			t.Errorf("%s: %d statements", path, s.Statements())
		}
	}
}

// TestSelected: the verdict, the chart and the texts of the grid follow a filter.
func TestSelected(t *testing.T) {
	s := pagestest.New(t, Routes, history())
	const all = "with the verdicts and numbers of all their results"
	for path, want := range map[string]struct {
		line, chart string // the verdict line, and the newest row of the table of the chart
		now         string // the last column of the grid
	}{
		"/tree/next/master?platform=rock-5b": {
			"NEW next-3: 1 new, 1 pass. Only results that the filter selects are counted, here and in the grid.", "next-3 1 1", "rock-5b does not boot",
		},
		"/tree/next/master?lab=lava-harbour": {
			"LAB next-3: 1 lab trouble. Only results that the filter selects are counted, here and in the grid.", "next-3 1 –", "1 lab trouble",
		},
		"/tree/next/master?path=kselftest": {
			"STILL next-3: 1 still failing, 3 pass. Only results that the filter selects are counted, here and in the grid.", "next-3 – 1 3", "",
		},
		"/tree/next/master?platform=none": {
			"NONE next-3: No result there meets the filter. Only results that the filter selects are counted, here and in the grid.", "", "",
		},
	} {
		page := s.Page(path)
		_, line, _ := strings.Cut(page, `<p class="verdict`)
		line, _, _ = strings.Cut(line[strings.Index(line, ">")+1:], "</p>")
		_, row, _ := strings.Cut(page, "<caption>Results by revision</caption>")
		_, row, _ = strings.Cut(row, "<tbody>")
		row, _, _ = strings.Cut(row, "</tr>")
		_, now, _ := strings.Cut(page, `<td class="now">`)
		now, _, _ = strings.Cut(now, "</td>")
		words := func(html string) string { return strings.Join(strings.Fields(tags.ReplaceAllString(html, " ")), " ") }
		if line = strings.ReplaceAll(words(line), " :", ":"); line != want.line || words(row) != want.chart || want.now != "" && words(now) != want.now || !strings.Contains(page, all) {
			t.Errorf("%s: %q, chart %q, now %q", path, line, words(row), words(now))
		}
	}
	if strings.Contains(s.Page("/tree/next/master"), all) {
		t.Error("a page without a filter says that it has one")
	}
}

func TestLinks(t *testing.T) {
	s := pagestest.New(t, Routes, history())
	head := "/revision/" + pagestest.Hash("nextnext-3")[:12]
	for path, want := range map[string][]string{
		"/tree/next/master": {
			`href="` + head + `?path=kselftest&amp;verdict=still" aria-label="S1: 1 still failing, kselftest, next-3"`, `href="` + head + `?kind=build&amp;verdict=new"`,
			`data-unfold="kselftest"`, `href="/tree/next/master?open=kselftest"`, `href="/tree/next/master?open=%2A"`,
			`href="/compare/` + pagestest.Hash("nextnext-2")[:12] + `...` + head[len("/revision/"):] + `"`, `href="/atom/tree/next/master"`,
		},
		"/tree/next/master?lab=lava-ridge": {`href="` + head + `?lab=lava-ridge&amp;path=kselftest&amp;verdict=still"`, `href="/tree/next/master?lab=lava-ridge&amp;open=kselftest"`},
		"/tree/next/master?path=kselftest": {
			`href="/compare/` + pagestest.Hash("nextnext-2")[:12] + `...` + head[len("/revision/"):] + `?path=kselftest"`, `href="/compare?b=` + head[len("/revision/"):] + `&amp;path=kselftest"`,
		},
		"/tree/next/master?open=builds":                         {`href="` + head + `?arch=riscv&amp;kind=build&amp;verdict=new"`, `href="/tree/next/master?arch=riscv&amp;open=builds"`, `aria-expanded="true"`},
		"/tree/next/master?open=kselftest":                      {`href="/tree/next/master/test/kselftest.net"`},
		"/tree/next/master/test/kselftest.net.tls":              {`href="/tree/next/master/test/kselftest.net.tls?platform=khadas-vim3"`, `<a href="/tree/next/master/test/kselftest">`},
		"/tree/next/master?columns=1":                           {"Older revisions"},
		"/tree/stable":                                          {`href="/tree/stable/linux%2F6.18.y"`, "None of 2 branches is worse than before."},
		"/tree/next/master?as_of=2026-01-01T00%3A00%3A00Z":      {"Show the newest revisions"},
		"/tree/next/master/test/kselftest?platform=khadas-vim3": {"have only what does not pass"},
	} {
		body := s.Page(path)
		for _, part := range want {
			if !strings.Contains(body, part) {
				t.Errorf("%s has no %s", path, part)
			}
		}
	}
	next := regexp.MustCompile(`href="([^"]*)" rel="nofollow">Older`).FindStringSubmatch(s.Page("/tree/next/master?columns=1"))
	if next == nil {
		t.Fatal("no older revisions")
	}
	body := s.Page(strings.ReplaceAll(next[1], "&amp;", "&"))
	if !strings.Contains(body, ">next-2</a>:") || !strings.Contains(body, "Newest</a>") {
		t.Error(body)
	}
}

func TestOtherAnswers(t *testing.T) {
	s := pagestest.New(t, Routes, history())
	for path, want := range map[string]struct {
		code int
		text string // where it leads, or in the page
	}{
		"/tree/next":            {302, "/tree/next/master"},
		"/tree/next?arch=arm64": {302, "/tree/next/master?arch=arm64"},
		"/tree/next/master?path=kselftest.net.tls":      {302, "/tree/next/master/test/kselftest.net.tls"},
		"/tree/next/master?lab=x&path=a.b&verdict=new":  {302, "/tree/next/master/test/a.b?lab=x&verdict=new"},
		"/tree/next/master.atom":                        {302, "/atom/tree/next/master"},
		"/tree/next/master.json":                        {302, "/api/verdicts/" + pagestest.Hash("nextnext-3") + "?branch=master&tree=next"},
		"/tree/none":                                    {404, "No such tree yet"},
		"/tree/none/master":                             {404, "No such branch yet"},
		"/tree/next/none":                               {404, "No such branch yet"},
		"/tree/next/master/tests":                       {404, "No such page of a tree"},
		"/tree/":                                        {404, "No such page of a tree"},
		"/tree/next/master?columns=31":                  {400, "from 1 to 30"},
		"/tree/next/master?verdict=bad":                 {400, "verdict=bad selects nothing"},
		"/tree/next/master?after=x":                     {400, "after=x selects nothing"},
		"/tree/next/master?days=x":                      {400, "days=x selects nothing"},
		"/tree/next/master?open=a&open=b&open=c&open=d": {400, "at most 3 groups"},
		"/tree/next/master?platfrom=x":                  {400, "This page has no parameter"},
		"/atom/tree/next":                               {404, ""},
		"/atom/tree/next/none":                          {404, ""},
	} {
		w := s.Get(path)
		if w.Code != want.code || !strings.Contains(w.Header().Get("Location")+w.Body.String(), want.text) {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Location"))
		}
	}
	s.Shell.Answers, s.Shell.Verdicts = nil, nil
	if w := s.Get("/tree/next"); w.Code != http.StatusNotImplemented {
		t.Errorf("without counts: %d", w.Code)
	}
}

func TestFeed(t *testing.T) {
	s := pagestest.New(t, Routes, history())
	before := feedtest.Read(t, s.Get("/atom/tree/next/master").Body.Bytes())
	if len(before.Entries) != 3 || before.Entries[0].Title != "next master next-3" || !strings.HasPrefix(before.Entries[0].Content, "Worse than next-2: ") {
		t.Fatalf("%+v", before.Entries)
	}
	w := new(pagestest.Builder)
	w.Checkout("maestro", "next", "master", "next-4", 1)
	w.Build("arm64 defconfig gcc-14", "PASS")
	s.Load(&w.Report)
	after := feedtest.Read(t, s.Get("/atom/tree/next/master").Body.Bytes())
	if len(after.Entries) != 4 {
		t.Fatalf("%+v", after.Entries)
	}
	for i, e := range before.Entries {
		if got := after.Entries[i+1]; got.ID != e.ID || got.Updated != e.Updated || got.Content != e.Content {
			t.Errorf("%+v became %+v", e, got)
		}
	}
}

// wide is a branch with 30 revisions of 40 groups, of which some fail.
func wide(tests int) *report.Report {
	w := new(pagestest.Builder)
	for n := range 32 {
		w.Checkout("maestro", "next", "master", fmt.Sprintf("next-202611%02d", n), float64(24*(32-n)))
		w.Build("arm64 defconfig gcc-14", "PASS")
		for group := range 40 {
			for i := range tests {
				status := "PASS"
				if i == 0 && (n*7+group*3)%13 == 0 {
					status = "FAIL"
				}
				w.Test(fmt.Sprintf("suite%02d.sub.test%d", group, i), "board", "lava-ridge", status)
			}
		}
	}
	return &w.Report
}

// TestCost: a grid of 40 by 30 is small, and neither the bytes nor the statements of a page
// grow with the number of tests.
func TestCost(t *testing.T) {
	for _, tests := range []int{1, 8} {
		s := pagestest.New(t, Routes, wide(tests))
		for path, most := range map[string]int{
			"/tree/next/master":                             60_000,
			"/tree/next/master?columns=30":                  60_000, // of the grid
			"/tree/next/master?columns=30&platform=board":   70_000,
			"/tree/next/master?open=suite00&open=suite01":   60_000,
			"/tree/next/master/test/suite00":                40_000,
			"/tree/next/master/test/suite00.sub?columns=30": 40_000,
			"/tree/next/master/test/suite00.sub.test0":      40_000,
		} {
			body := s.Page(path)
			_, grid, _ := strings.Cut(body, `<table class="grid" id="grid">`)
			grid, _, _ = strings.Cut(grid, "</table>")
			if s.Statements() > 8 || len(grid) > most {
				t.Errorf("%d tests: %s: %d statements, grid of %d bytes, page of %d", tests, path, s.Statements(), len(grid), len(body))
			}
		}
	}
}

var fieldValue = regexp.MustCompile(` value="[^"]*"`)

// TestHostile shows texts that try to break the page.
func TestHostile(t *testing.T) {
	const evil = "<script>alert(1)</script>\"'&\u202e\x1b[31mred\r\nline"
	long := strings.Repeat("x", 10_000)
	w := new(pagestest.Builder)
	for n := range 3 {
		w.Checkout("ci", evil, evil, fmt.Sprint(evil, n, long), float64(3-n))
		w.Checkouts[n].GitRepositoryURL = new("javascript:alert(2)")
		w.Checkouts[n].GitCommitHash = new(pagestest.Hash(fmt.Sprint(n)))
		w.Build("a b c", []string{"PASS", "PASS", "FAIL"}[n])
		b := &w.Builds[len(w.Builds)-1]
		b.Architecture, b.ConfigName, b.Compiler, b.LogExcerpt = new(evil), new(long), new(evil), new("x.c:1:1: error: "+evil)
		w.Build("arm64 defconfig gcc", "PASS")
		for _, path := range []string{"ltp." + evil, "boot", long, evil, ""} {
			w.Test(path, evil, long, []string{"PASS", "PASS", "FAIL"}[n]).LogExcerpt = new("BUG: " + evil)
		}
	}
	s := pagestest.New(t, Routes, &w.Report)
	branch := "/tree/" + url.PathEscape(evil) + "/" + url.PathEscape(evil)
	for _, path := range []string{
		branch, branch + "?open=boots&open=builds&open=ltp", branch + "/test/ltp", branch + "/test/" + url.PathEscape("ltp."+evil),
		branch + "?platform=" + url.QueryEscape(evil), "/atom" + branch, "/tree/" + url.PathEscape(evil+"2"),
	} {
		got := s.Get(path)
		body := got.Body.String()
		if got.Code != http.StatusOK && got.Code != http.StatusNotFound || !utf8.ValidString(body) || len(body) > 80_000 {
			t.Errorf("%s: %d, %d bytes", path, got.Code, len(body))
		}
		body = fieldValue.ReplaceAllString(body, "") // what the reader wrote
		for _, bad := range []string{"<script>", "\u202e", "\x1b", "\x00", `="javascript:`} {
			if strings.Contains(body, bad) {
				i := strings.Index(body, bad)
				t.Errorf("%s has %q in %q", path, bad, body[max(i-200, 0):i])
			}
		}
	}
}

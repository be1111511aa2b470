// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/report"
)

const (
	earlier = "661c0d3a9b2e"
	later   = "671c0d3a9b2e"
)

func TestRevision(t *testing.T) {
	s := serve(t, twoRevisions())
	pagestest.Golden(t, "revision.html", s.Page("/revision/"+later))
	pagestest.Golden(t, "filtered.html", s.Page("/revision/"+later+"?path=kselftest"))
	pagestest.Golden(t, "first.html", s.Page("/revision/651c0d3a9b2e"))
	pagestest.Golden(t, "compare.html", s.Page("/compare/"+earlier+"..."+later))
}

// TestEmpty shows a revision without results, and a comparison without differences.
func TestEmpty(t *testing.T) {
	w := new(world)
	w.checkout("maestro", 7, 1)
	s := serve(t, &w.Report)
	pagestest.Golden(t, "empty.html", s.Page("/revision/"+later))
	pagestest.Golden(t, "same.html", s.Page("/compare/"+later+"..."+later))
}

// TestNames asks for revisions by all their names.
func TestNames(t *testing.T) {
	w := new(world)
	w.checkout("maestro", 5, 30)
	w.checkout("maestro", 7, 3)
	patched := w.checkout("maestro", 6, 2)
	patched.ID, patched.PatchsetHash = "maestro:p", new(strings.Repeat("9b", 32))
	like := w.checkout("redhat", 8, 1)
	like.GitCommitHash, like.GitCommitName = new(later+strings.Repeat("0", 28)), new("next-20261127")
	twin := w.checkout("redhat", 9, 1)
	twin.GitRepositoryBranch = new("pending/a")
	w.Checkouts = append(w.Checkouts, report.Checkout{ID: "redhat:same", Origin: "redhat", TreeName: new("next"), GitRepositoryBranch: new("master"),
		GitCommitHash: new(hashOf(9)), PatchsetHash: new("")})
	s := serve(t, &w.Report)
	five, seven, other := hashOf(5), hashOf(7), later+strings.Repeat("0", 28)
	for _, test := range []struct {
		path   string
		status int
		want   string // in the page, or where it leads to
	}{
		{"/revision/" + five, 302, "/revision/651c0d3a9b2e"},
		{"/revision/" + five[:7], 302, "/revision/651c0d3a9b2e"},
		{"/revision/" + five[:12], 200, "next-20261125"},
		{"/revision/" + five[:12] + "/", 302, "/revision/651c0d3a9b2e"},
		{"/revision/next-20261125?arch=arm64", 302, "/revision/651c0d3a9b2e?arch=arm64"},
		{"/revision/" + five[:12] + ".json", 302, "/api/verdicts/" + five + "?branch=master&tree=next"},
		{"/revision/" + strings.ToUpper(five[:12]) + "?arch=arm64", 302, "/revision/651c0d3a9b2e?arch=arm64"},
		{"/revision/next%2Fmaster", 302, "/revision/691c0d3a9b2e"},
		{"/revision/" + five[:6], 404, "at least 7 digits"},
		{"/revision/ffffffffff", 404, "No revision ffffffffff is known"},
		{"/revision/" + strings.Repeat("f", 40), 404, "No revision ffff"},
		{"/revision/%3Cb%3E", 404, "No revision &lt;b&gt; is known"},
		{"/revision/", 404, "No such page"},
		{"/revision/a/b/c", 404, "No such page"},
		// Patches.
		{"/revision/" + earlier, 404, "No revision"},
		{"/revision/" + hashOf(6) + "/" + strings.Repeat("9b", 32), 302, "/revision/661c0d3a9b2e+9b9b9b9b9b9b"},
		{"/revision/661c0d3a9b2e+9b9b9b9b9b9b", 200, "with patches <code>9b9b9b9b9b9b</code>"},
		{"/revision/661C0D3A9B2E+9B9B9B9B9B9B", 302, "/revision/661c0d3a9b2e+9b9b9b9b9b9b"},
		{"/revision/661c0d3a9b2e+9b9b9b9", 302, "/revision/661c0d3a9b2e+9b9b9b9b9b9b"},
		// Two commits have the same 12 digits and the same name.
		{"/revision/" + later, 300, `href="/revision/` + other + `"`},
		{"/revision/next-20261127?arch=arm64", 300, `href="/revision/` + seven + `?arch=arm64"`},
		{"/revision/" + seven, 200, "next-20261127"},
		{"/revision/" + seven[:20], 302, "/revision/" + seven},
		// A commit on two branches.
		{"/revision/691c0d3a9b2e", 200, "The commit is on 2 branches"},
		{"/revision/691c0d3a9b2e?branch=master&tree=next", 200, `href="/revision/691c0d3a9b2e?branch=pending%2Fa&amp;tree=next"`},
		{"/revision/691c0d3a9b2e?branch=none&tree=next", 404, "is not on the branch next none"},
		// Parameters.
		{"/revision/" + five[:12] + "?verdict=bad", 400, "verdict=bad selects nothing"},
		{"/revision/" + five[:12] + "?kind=bad", 400, "kind=bad selects nothing"},
		{"/revision/" + five[:12] + "?cause=x", 400, "cause=x selects nothing"},
		{"/revision/" + five[:12] + "?status=BOGUS", 400, "status=BOGUS selects nothing"},
		{"/revision/" + five[:12] + "?by=x", 400, "by=x selects nothing"},
		{"/revision/" + five[:12] + "?after=x&arch=y", 400, "after=x selects nothing"},
		{"/revision/" + five[:12] + "?after=zzz", 400, "after=zzz selects nothing"},
		{"/revision/" + five[:12] + "?after=rest.AAA&verdict=new", 400, "after=rest.AAA selects nothing"},
		{"/revision/" + five[:12] + "?cause=7", 200, `aria-label="Take away cause: 7"`},
		{"/revision/" + five[:12] + "?platfrom=x", 400, "no parameter"},
		{"/revision/" + five[:12] + "?sort=x", 400, "no parameter"},
		// Comparisons.
		{"/compare?a=next-20261125&b=691c0d3", 302, "/compare/next-20261125...691c0d3"},
		{"/compare?a=" + five + "&arch=arm64&b=next-20261129", 302, "/compare/" + five + "...next-20261129?arch=arm64"},
		{"/compare?a=%3Cx%3E&arch=arm64", 200, `value="&lt;x&gt;" required`},
		{"/compare?a=x&arch=arm64", 200, `<input type="hidden" name="arch" value="arm64">`},
		{"/compare", 200, "How to name a revision"},
		{"/compare?a=" + strings.ToUpper(five) + "&b=next%2Fmaster", 302, "/compare/" + five + "...next%2Fmaster"},
		{"/compare/651c0d3...next%2Fmaster", 302, "/compare/651c0d3a9b2e...691c0d3a9b2e"},
		{"/compare/651c0d3...next%2Fpending%2Fa?arch=arm64", 302, "/compare/651c0d3a9b2e...691c0d3a9b2e?arch=arm64"},
		{"/compare/651c0d3...next%2Fnone", 404, "No revision next/none is known"},
		{"/compare/next-20261125...691c0d3", 302, "/compare/651c0d3a9b2e...691c0d3a9b2e"},
		{"/compare/651c0d3a9b2e...691c0d3a9b2e", 200, "next-20261129"},
		{"/compare/651c0d3a9b2e...661c0d3a9b2e+9b9b9b9b9b9b", 200, "next-20261126"},
		{"/compare/651c0d3a9b2e...fffffff", 404, "No revision fffffff"},
		{"/compare/651c0d3a9b2e..." + later, 300, `href="/compare/651c0d3a9b2e...` + other + `"`},
		{"/compare/651c0d3a9b2e", 404, "No such comparison"},
		{"/compare/651c0d3a9b2e...691c0d3a9b2e?by=x", 400, "by=x selects nothing"},
		{"/compare/691c0d3a9b2e...651c0d3a9b2e", 200, "Swap them"},
	} {
		w := s.Get(test.path)
		if w.Code != test.status || !strings.Contains(w.Body.String()+w.Header().Get("Location"), test.want) || w.Code == 302 && w.Header().Get("Location") != test.want {
			t.Errorf("%s: %d %s, want %d %s\n%s", test.path, w.Code, w.Header().Get("Location"), test.status, test.want, w.Body)
		}
	}
}

// TestPlain shows revisions that no judge has seen, by their whole hash: the text of mails.
func TestPlain(t *testing.T) {
	s := serve(t)
	r := twoRevisions()
	patched := r.Checkouts[0]
	patched.ID, patched.PatchsetHash = "maestro:p", new(strings.Repeat("9b", 32))
	r.Checkouts = append(r.Checkouts, patched)
	if _, err := s.Store.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/revision/" + hashOf(7):                                  `href="http://kcidb.example.org/issue/maestro:ltp-console/1"`,
		"/revision/" + hashOf(5) + "/" + strings.Repeat("9b", 32): "9b9b9b9b9b9b",
		"/revision/" + hashOf(5) + "+" + strings.Repeat("9b", 32): "9b9b9b9b9b9b",
	} {
		if page := s.Page(path); !strings.Contains(page, want) {
			t.Errorf("%s does not say %s:\n%s", path, want, page)
		}
	}
	if w := s.Get("/revision/" + later); w.Code != http.StatusNotFound {
		t.Errorf("a part of a hash: %d", w.Code)
	}
}

// TestFilters selects results.
func TestFilters(t *testing.T) {
	s := serve(t, twoRevisions())
	for query, want := range map[string]string{
		"verdict=new": "build boot xfstests.generic.091 xfstests.generic.091 xfstests.generic.091 xfstests.generic.091",
		"verdict=new&platform=-k3-am625&path=xfstests": "xfstests.generic.091 xfstests.generic.091 xfstests.generic.091",
		"verdict=new&kind=build":                       "build",
		"kind=build&verdict=-new":                      "build build build build",
		"arch=mips":                                    "build",
		"compiler=clang-21":                            "build boot build",
		"config=allmodconfig":                          "build build",
		"kind=boot":                                    "boot boot boot boot boot",
		"kind=test&platform=imx8mp-verdin":             "xfstests.generic.091 ltp.syscalls.fork00 ltp.syscalls.fork01 ltp.syscalls.fork02 ltp.syscalls.fork03 ltp.syscalls.fork04 perf.will-it-scale",
		"lab=lava-harbour":                             "kselftest.mm.test0 kselftest.mm.test1 kselftest.mm.test2",
		"issue=maestro:ltp-console":                    "ltp.syscalls.fork14",
		"issue=none&path=kselftest.net&path=ltp":       "kselftest.net.fib_nexthops",
		"origin=redhat":                                "",
		"path=kselftest.net":                           "kselftest.net.fib_nexthops",
		"path=*.cgroup":                                "kselftest.cgroup.test_memcontrol kselftest.cgroup.test_memcontrol",
		"path=kselftest.net&path=ltp.syscalls.fork14":  "kselftest.net.fib_nexthops ltp.syscalls.fork14",
		"status=MISS":                                  "kselftest.mm.test0 kselftest.mm.test1 kselftest.mm.test2",
		"status=PASS&verdict=fixed":                    "kselftest.arm64.sve-ptrace",
		// Results that pass or were skipped.
		"verdict=ok&kind=boot":              "boot boot boot boot",
		"verdict=ok&status=FAIL":            "",
		"path=perf":                         "perf.will-it-scale",
		"kind=test&path=perf.will-it-scale": "perf.will-it-scale",
		"status=PASS&path=kunit":            "kunit.rust",
		"verdict=skip":                      "kunit.list",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, list, ok := strings.Cut(s.Page("/revision/"+later+"?"+values.Encode()), `<h2 id="results">`)
		list, _, _ = strings.Cut(list, "<h2")
		var got []string
		for _, line := range strings.Split(list, `<th scope="row">`)[1:] {
			_, name, _ := strings.Cut(line, ">")
			name, _, _ = strings.Cut(name, "<")
			got = append(got, name)
		}
		if strings.Join(got, " ") != want || !ok {
			t.Errorf("%s selects %v, want %s", query, got, want)
		}
		if want == "" && !strings.Contains(list, `class="note"`) {
			t.Errorf("%s: an empty list says nothing", query)
		}
	}
}

// TestSelectedCounts counts the results that a filter selects.
func TestSelectedCounts(t *testing.T) {
	s := serve(t, twoRevisions())
	tags := regexp.MustCompile(`<[^>]*>`)
	for query, want := range map[string]string{
		"platform=imx8mp-verdin":           "1 new 7 pass",
		"kind=test&platform=imx8mp-verdin": "1 new 6 pass",
		"kind=boot":                        "1 new 4 pass",
		"kind=build&verdict=new":           "1 new 1 still failing 3 pass",
		"compiler=clang-21":                "2 new 1 pass",
		"path=kunit&path=xfstests":         "4 new 1 skipped 1 pass",
		"path=kselftest.net":               "",
		"status=FAIL":                      "",
	} {
		_, list, _ := strings.Cut(s.Page("/revision/"+later+"?"+query), `<h2 id="results">`)
		_, list, _ = strings.Cut(list, "</h2>\n")
		line, _, _ := strings.Cut(list, "\n")
		if !strings.Contains(line, `class="ns"`) {
			line = ""
		}
		if got := strings.TrimSpace(tags.ReplaceAllString(line, "")); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// TestPages reads a long list page by page.
func TestPages(t *testing.T) {
	s := serve(t, bigRevisions(7_000))
	seen := make(map[string]bool)
	next := "/revision/" + later + "?verdict=new"
	for pages := 0; next != ""; pages++ {
		if pages > 3 {
			t.Fatal("the list does not end")
		}
		body := s.Page(next)
		for _, part := range strings.Split(body, `<th scope="row"><a href="/test/`)[1:] {
			id, _, _ := strings.Cut(part, `"`)
			if seen[id] {
				t.Errorf("%s comes twice", id)
			}
			seen[id] = true
		}
		_, after, _ := strings.Cut(body, `<p class="pager">`)
		after, _, _ = strings.Cut(after, "</p>")
		_, link, ok := strings.Cut(after, `Newest</a> <a href="`)
		if !ok {
			_, link, _ = strings.Cut(after, `<a href="`)
		}
		next, _, _ = strings.Cut(html.UnescapeString(link), `"`)
		if strings.Contains(after, "Newest") && !strings.Contains(after, "Next") {
			next = ""
		}
	}
	if len(seen) != 140 {
		t.Errorf("%d new tests", len(seen))
	}
}

// TestCost: the numbers of statements and of bytes do not grow with the revision.
func TestCost(t *testing.T) {
	for _, tests := range []int{1_000, 20_000} {
		if tests > 1_000 && testing.Short() {
			continue
		}
		s := serve(t, bigRevisions(tests))
		for path, most := range map[string]struct{ statements, bytes int }{
			"/revision/" + later:                                  {8, 80_000},
			"/revision/" + later + "?verdict=new":                 {8, 55_000},
			"/revision/" + later + "?verdict=ok":                  {9, 60_000},
			"/revision/" + later + "?platform=board-001":          {12, 60_000},
			"/revision/" + later + "?by=platform":                 {8, 100_000},
			"/compare/" + earlier + "..." + later:                 {9, 40_000},
			"/compare/" + earlier + "..." + later + "?by=results": {9, 60_000},
		} {
			body := s.Page(path)
			if s.Statements() > most.statements || len(body) > most.bytes {
				t.Errorf("%d tests: %s has %d bytes after %d statements", tests, path, len(body), s.Statements())
			}
		}
	}
}

// TestHostile shows texts that try to break the page.
func TestHostile(t *testing.T) {
	const evil = "<script>alert(1)</script>\"'&\u202e\x1b[31mred\r\nline"
	long := strings.Repeat("x", 10_000)
	w := new(world)
	for n := 6; n <= 7; n++ {
		c := w.checkout("maestro", n, 24*(8-n))
		c.TreeName, c.GitCommitName, c.GitCommitMessage, c.LogURL = new(evil), new(evil+strings.Repeat("!", n)), new(evil+"\n"+long+"\n\u202e\x00"), new("javascript:alert(1)")
		c.GitCommitTags, c.Comment, c.MessageID, c.GitRepositoryURL = []string{evil, long}, new(evil), new(evil), new("javascript:alert(2)")
		c.PatchsetFiles = []report.Resource{{Name: evil, URL: "javascript:alert(3)"}}
		b := w.build(c.ID, "a b c", "FAIL")
		b.Architecture, b.ConfigName, b.Compiler, b.LogExcerpt = new(evil), new(long), new(evil), new("x.c:1:1: error: "+evil)
		good := w.build(c.ID, "arm64 defconfig gcc", "PASS").ID
		for _, path := range []string{"ltp." + evil, "boot", long, ""} {
			test := w.test(good, path, evil, long, map[bool]string{true: "FAIL", false: "PASS"}[n == 7])
			test.LogExcerpt = new("BUG: " + evil)
		}
		known := w.test(good, "known", evil, evil, "FAIL")
		w.Incidents = append(w.Incidents, report.Incident{ID: "maestro:" + evil + string(rune('0'+n)), Origin: "maestro", IssueID: "maestro:" + evil, IssueVersion: 1, TestID: &known.ID, Present: new(true)})
		w.test(good, "lost", evil, evil, "MISS").Misc = []byte(`{"error_msg":"<script>alert(4)</script>"}`)
	}
	w.Issues = append(w.Issues, report.Issue{ID: "maestro:" + evil, Origin: "maestro", Version: 1, Comment: new(evil)})
	s := serve(t, &w.Report)
	for _, path := range []string{"/revision/" + later, "/revision/" + later + "?kind=test", "/compare/" + earlier + "..." + later, "/revision/" + url.PathEscape(evil)} {
		got := s.Get(path)
		body := got.Body.String()
		if got.Code != http.StatusOK && got.Code != http.StatusNotFound || !utf8.ValidString(body) {
			t.Errorf("%s: %d", path, got.Code)
		}
		for _, bad := range []string{"<script>", "\u202e", "\x1b", "\x00", `="javascript:`} {
			if strings.Contains(strings.ReplaceAll(body, "<script src=", ""), bad) {
				t.Errorf("%s has %q behind %q", path, bad, before(body, bad))
			}
		}
		if len(body) > 200_000 {
			t.Errorf("%s has %d bytes", path, len(body))
		}
	}
}

// before returns the end of what stands before a text.
func before(body, text string) string {
	start, _, _ := strings.Cut(body, text)
	return start[max(0, len(start)-60):]
}

// A revision whose tests still come is not said to pass.
func TestWaiting(t *testing.T) {
	w := new(world)
	c := w.checkout("maestro", 7, 1)
	c.OriginBuildsFinishTime = &now
	w.build(c.ID, "arm64 defconfig gcc-14", "PASS")
	page := serve(t, &w.Report).Page("/revision/" + hashOf(7)[:12])
	for _, want := range []string{"<title>Waiting: next-20261127 - KCIDB</title>", "WAITING", "So far: The only result passes.", "1 of 1 origin still tests."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q:\n%s", want, page)
		}
	}
}

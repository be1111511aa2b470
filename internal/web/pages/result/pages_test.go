// SPDX-License-Identifier: Apache-2.0

package result

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/testing/hostile"
	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// TestAnswers reads the line that answers first for each verdict.
func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		revisions []string
		test      string
		want      string // the line
		bisect    string
	}{
		"new": {[]string{"PASS", "PASS", "FAIL"}, "ci:t2-0",
			"NEW First failure after 2 revisions where it passed: WARNING in iomap_iter_advance. Passed at next-1, failed at next-2: compare them. No issue is recorded.",
			"git bisect start " + hashOf(2) + " " + hashOf(1)},
		"still": {[]string{"PASS", "FAIL", "", "FAIL"}, "ci:t3-0",
			"STILL Fails since next-1, for 2 d: WARNING in iomap_iter_advance. Passed at next-0, failed at next-1: compare them. No issue is recorded.",
			"git bisect start " + hashOf(1) + " " + hashOf(0)},
		"always": {[]string{"FAIL", "FAIL"}, "ci:t1-0",
			"STILL Fails since next-0, for 24 h: WARNING in iomap_iter_advance. No earlier revision is known here where it passed. No issue is recorded.",
			"# No revision is known here where it failed after it passed."},
		"first": {[]string{"FAIL"}, "ci:t0-0",
			"STILL Fails since next-0: WARNING in iomap_iter_advance. No earlier revision is known here where it passed. No issue is recorded.",
			"# No revision is known here where it failed after it passed."},
		"flaky": {[]string{"PASS", "FAIL PASS PASS"}, "ci:t1-0", "FLAKY Passes in 2 of 3 results at this revision: WARNING in iomap_iter_advance. No issue is recorded.", ""},
		"known": {[]string{"PASS", "FAIL#"}, "ci:t1-0", "KNOWN Fails by a known issue: WARNING in iomap_iter_advance. Issue: iomap warns.", ""},
		"lab":   {[]string{"PASS", "MISS!"}, "ci:t1-0", "LAB Says nothing about the kernel, because the harness failed: the board is gone", ""},
		"fixed": {[]string{"FAIL", "PASS"}, "ci:t1-0", "FIXED Passes again. Passed at next-1, failed at next-0: compare them.",
			"git bisect start --term-new=fixed --term-old=broken " + hashOf(1) + " " + hashOf(0)},
		"ok":      {[]string{"FAIL", "PASS", "PASS", "PASS"}, "ci:t3-0", "OK Passes, as at the last 2 revisions before that tested it.", ""},
		"ever ok": {[]string{"PASS", "PASS", "PASS"}, "ci:t2-0", "OK Passes, as at all 2 revisions before that tested it.", ""},
		"one":     {[]string{"PASS"}, "ci:t0-0", "OK Passes.", ""},
		"skipped": {[]string{"PASS", "SKIP"}, "ci:t1-0", "SKIPPED Says nothing: it was skipped.", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, history(c.revisions...))
			page := w.Main("/test/" + c.test)
			if got := words(page, `<p class="verdict`, "</p>"); got != c.want {
				t.Errorf("%s\nwant\n%s", got, c.want)
			}
			title := w.Get("/test/" + c.test).Body.String()
			word, _, _ := strings.Cut(c.want, " ")
			if want := "<title>" + word + ": xfstests.generic.091 on vim3, next-"; !strings.Contains(title, want) {
				t.Errorf("no %s", want)
			}
			if has := strings.Contains(page, "Find the commit"); has != (c.bisect != "") || !strings.Contains(page, html.EscapeString(c.bisect)) {
				t.Errorf("%v, want %q in\n%s", has, c.bisect, page)
			}
		})
	}
}

// TestLabSentence: if a lab failed, the sentence has the words of the harness, not those of
// the kernel, and points to the boot that failed.
func TestLabSentence(t *testing.T) {
	r := history("PASS", "FAIL")
	lost := &r.Tests[1]
	lost.Status, lost.Misc = new(report.StatusMiss), []byte(`{"error_msg":"no prompt"}`)
	w := newWorld(t, r)
	line := func() string { return words(w.Main("/test/ci:t1-0"), `<p class="verdict`, "</p>") }
	if got, want := line(), "LAB Says nothing about the kernel, because the harness failed: no prompt"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	boot := *lost
	boot.ID, boot.Path, boot.Status, boot.Misc = "ci:boot", new("boot"), new(report.StatusFail), nil
	boot.LogExcerpt = new("Unable to handle kernel NULL pointer dereference at virtual address 0000000000000028\n")
	w.Load(&report.Report{Tests: []report.Test{boot}})
	if got, want := line(), "LAB Says nothing about the kernel, because the harness failed: no prompt The kernel did not boot on the board: boot, "; !strings.HasPrefix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestShortSentence: the sentence of a build with a long fault line fits in a line.
func TestShortSentence(t *testing.T) {
	r := history("PASS", "PASS")
	r.Builds[1].Status = new(report.StatusFail)
	r.Builds[1].LogExcerpt = new("drivers/gpu/drm/imagination/pvr_power.c:412:9: error: variable 'err' is uninitialized " + strings.Repeat("when used here ", 8) + "\n")
	page := newWorld(t, r).Main("/build/ci:b1")
	sentence, _, _ := strings.Cut(page, "<small>Passed")
	sentence = words(sentence+"</p>", `<p class="verdict`, "</p>")
	if n := utf8.RuneCountInString(html.UnescapeString(strings.TrimPrefix(sentence, "NEW "))); n > 140 || !strings.HasSuffix(sentence, "…") {
		t.Errorf("%d characters: %s", n, sentence)
	}
}

// TestTestPage holds the page of a test with all parts to a golden file.
func TestTestPage(t *testing.T) {
	r := history("PASS", "PASS", "", "FAIL", "FAIL")
	other := r.Tests[2] // ci:t3-0
	other.ID, other.Status, other.LogExcerpt = "ci:other", new(report.StatusPass), nil
	other.Environment = &report.Environment{Misc: []byte(`{"platform":"qemu"}`)}
	r.Tests = append(r.Tests, other)
	w := newWorld(t, r)
	pagestest.Golden(t, "test.html", w.Main("/test/ci:t3-0"))
	pagestest.Golden(t, "build.html", w.Main("/build/ci:b3"))
	pagestest.Golden(t, "checkout.html", w.Main("/checkout/ci:c3"))
	pagestest.Golden(t, "log.html", w.Main("/test/ci:t3-0/log"))
	w.Load(history("", "FAIL#"))
	pagestest.Golden(t, "incident.html", w.Main("/incident/ci:i1-0"))
}

// TestPagesWithLess shows a test before its build arrives, and what a database without
// counts knows.
func TestPagesWithLess(t *testing.T) {
	w := newWorld(t, &report.Report{
		Tests:     []report.Test{{ID: "ci:1", Origin: "ci", BuildID: "ci:late", Timestamp: &now}},
		Builds:    []report.Build{{ID: "ci:lost", Origin: "ci", CheckoutID: "ci:none"}, {ID: "ci:bare", Origin: "ci", CheckoutID: "ci:bare", Status: new(report.StatusFail)}},
		Checkouts: []report.Checkout{{ID: "ci:bare", Origin: "ci"}},
	})
	pagestest.Golden(t, "bare.html", w.Main("/test/ci:1"))
	for path, want := range map[string]string{
		"/build/ci:lost":    "Its checkout ci:none is not here yet",
		"/build/ci:bare":    "Its checkout has no commit hash, so it is compared with nothing.",
		"/checkout/ci:bare": `<a href="/build/ci:bare">ci:bare</a>`,
		"/test/ci:1/log":    "No excerpt of a log was sent with this test.",
	} {
		if page := w.Main(path); !strings.Contains(page, want) {
			t.Errorf("%s: no %q in\n%s", path, want, page)
		}
	}
	w = newWorld(t)
	if _, err := w.Store.Load(t.Context(), history("PASS", "FAIL"), store.LoadOptions{Metadata: true}); err != nil {
		t.Fatal(err)
	}
	if page := w.Main("/test/ci:t1-0"); !strings.Contains(page, "The revision is not judged yet.") || !strings.Contains(page, `<b class="m still">FAIL</b> Fails: WARNING in iomap_iter_advance.`) {
		t.Error(page)
	}
	w.Shell.Store, w.Shell.Answers, w.Shell.Verdicts = struct{ store.Store }{w.Store}, nil, nil
	for _, path := range []string{"/test/ci:t1-0", "/build/ci:b1"} {
		if page := w.Main(path); !strings.Contains(page, "keeps no counts") || !strings.Contains(page, "git checkout "+hashOf(1)) {
			t.Errorf("%s: %s", path, page)
		}
	}
	if page := w.Main("/checkout/ci:c1"); !strings.Contains(page, `<a href="/build/ci:b1">arm64 defconfig</a>`) {
		t.Error(page)
	}
}

// TestOrderOfCounts: the page of a checkout counts builds, then boots, then tests.
func TestOrderOfCounts(t *testing.T) {
	b := &pagestest.Builder{}
	id := b.Checkout("ci", "next", "master", "next-1", 1)
	b.Build("arm64 defconfig gcc-14", "PASS")
	b.Test("boot", "rock", "lab", "PASS")
	b.Test("ltp.a", "rock", "lab", "PASS")
	var order []string
	for _, m := range regexp.MustCompile(`<th scope="row"[^>]*>(Builds|Boots|Tests)<`).FindAllStringSubmatch(pagestest.New(t, Routes, &b.Report).Main("/checkout/"+id), -1) {
		order = append(order, m[1])
	}
	if !slices.Equal(order, []string{"Builds", "Boots", "Tests"}) {
		t.Errorf("counts of %s", order)
	}
}

// TestTreeWithoutName: pages name the repository of a checkout that names no tree, and
// nothing if it names neither.
func TestTreeWithoutName(t *testing.T) {
	b := &pagestest.Builder{}
	for name, url := range map[string]*string{"repository": new("https://git.example.org/mine.git"), "nothing": nil} {
		b.Checkout("ci", name, "main", name, 1)
		c := &b.Checkouts[len(b.Checkouts)-1]
		c.ID, c.TreeName, c.GitRepositoryURL = "ci:"+name, nil, url
	}
	w := pagestest.New(t, Routes, &b.Report)
	for id, want := range map[string]string{"ci:repository": "<small>git.example.org/mine main", "ci:nothing": "<small>main"} {
		if page := w.Main("/checkout/" + id); !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}

func TestNoPages(t *testing.T) {
	w := newWorld(t, history("PASS"))
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/checkout/ci:9": {404, "No such checkout yet"}, "/build/ci:9": {404, "No such build yet"}, "/incident/ci:9": {404, "No such incident yet"},
		"/test/x": {404, `value="x"`}, "/test/ci:1%2F2": {404, `value="ci:1/2"`}, "/test/ci:1_2/log": {404, "No such test yet"},
		"/test/%3Cb%3E": {404, `value="&lt;b&gt;"`}, "/test/" + strings.Repeat("x", 3000): {404, "No such test yet"},
		"/test/": {404, "No such page"}, "/test/ci:t0-0/1": {404, "No such page"}, "/checkout/ci:c0/log": {404, "No such page"},
		"/incident/ci:1/0": {404, "No such page"}, "/test//log": {404, "No such page"},
		"/test/ci:t0-0?x=1": {400, "This page has no parameters."}, "/test/ci:t0-0?utm_source=a": {302, ""}, "/test/ci:t0-0.json": {302, ""},
	} {
		answer := w.Get(path)
		if answer.Code != want.status || !strings.Contains(answer.Body.String(), want.text) {
			t.Errorf("%s: %d\n%s", path, answer.Code, answer.Body)
		}
		if want.status != 302 && answer.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s is kept, but may be there soon: %v", path, answer.Header())
		}
	}
	if to := w.Get("/test/ci:t0-0.json").Header().Get("Location"); to != "/api/test/ci:t0-0" {
		t.Errorf("the data is at %s", to)
	}
}

// TestEveryIDHasAPage follows the links to objects with all kinds of IDs.
func TestEveryIDHasAPage(t *testing.T) {
	var all strings.Builder
	for c := rune(1); c < 0x180; c++ {
		all.WriteRune(c)
	}
	ids := []string{all.String(), "a/b", "/", "//", "a//b/", ".", "..", "../..", "./a", "50%", "%2F", "%", "?a=b", "#c", "a b", " ", "+", ";", "'\"`", "log", "/log",
		"<script>alert(1)</script>", "&amp;", "\\", "{{.}}", "|", "日本語", "é", "\U0001F427", "\u202e", "\t", "a.json", strings.Repeat("long", 200)}
	r := &report.Report{}
	var refs []object.Ref
	for _, id := range ids {
		id = "ci:" + id
		r.Checkouts = append(r.Checkouts, report.Checkout{ID: id, Origin: "ci"})
		r.Builds = append(r.Builds, report.Build{ID: id, Origin: "ci", CheckoutID: id})
		r.Tests = append(r.Tests, report.Test{ID: id, Origin: "ci", BuildID: id})
		r.Incidents = append(r.Incidents, report.Incident{ID: id, Origin: "ci", IssueID: id, TestID: &id})
		refs = append(refs, object.CheckoutRef(id), object.BuildRef(id), object.TestRef(id), object.IncidentRef(id))
	}
	w := newWorld(t, r)
	server := httptest.NewServer(w)
	defer server.Close()
	for _, ref := range refs {
		link := pageurl.Of(server.URL, ref)
		for _, suffix := range []string{"", "/log"} {
			if suffix != "" && ref.Type != object.TypeBuild && ref.Type != object.TypeTest {
				continue
			}
			answer, err := server.Client().Get(link + suffix)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK || answer.Request.URL.String() != link+suffix {
				t.Errorf("%s: %d from %s", link+suffix, answer.StatusCode, answer.Request.URL)
			}
		}
	}
}

// TestHostileObjects shows texts that would do harm if they were not escaped.
func TestHostileObjects(t *testing.T) {
	r := hostile.Report(now)
	w := newWorld(t, r)
	var paths []string
	for i := range min(len(r.Checkouts), 3) {
		paths = append(paths, pageurl.Of("/", object.CheckoutRef(r.Checkouts[i].ID)))
	}
	for i := range r.Builds[:6] {
		paths = append(paths, pageurl.Of("/", object.BuildRef(r.Builds[i].ID)), pageurl.Of("/", object.BuildRef(r.Builds[i].ID))+"/log")
	}
	for i := range r.Tests[:12] {
		paths = append(paths, pageurl.Of("/", object.TestRef(r.Tests[i].ID)), pageurl.Of("/", object.TestRef(r.Tests[i].ID))+"/log")
	}
	for i := range r.Incidents {
		paths = append(paths, pageurl.Of("/", object.IncidentRef(r.Incidents[i].ID)))
	}
	values := regexp.MustCompile(`"[^"]*"`)
	href := regexp.MustCompile(`href="([^"]*)"`)
	command := regexp.MustCompile(`(?s)<pre class="cmd"[^>]*><code>(.*?)</code>`)
	for _, path := range paths {
		page := w.Main(path)
		for _, tag := range tags.FindAllString(page, -1) {
			tag = values.ReplaceAllString(tag, "")
			if strings.Contains(tag, "<"+hostile.Marker) || strings.Contains(tag, " "+hostile.Marker) || strings.HasPrefix(tag, "<script") || strings.HasPrefix(tag, "<img") {
				t.Errorf("%s: %s", path, tag)
			}
		}
		for _, m := range href.FindAllStringSubmatch(page, -1) {
			if link := html.UnescapeString(m[1]); !strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "#") && !strings.HasPrefix(link, "https://") {
				t.Errorf("%s: a link to %s", path, link)
			}
		}
		for _, m := range command.FindAllStringSubmatch(page, -1) {
			for line := range strings.Lines(html.UnescapeString(m[1])) {
				if strings.Contains(line, hostile.Marker) && !strings.HasPrefix(line, "#") && !strings.Contains(line, "'") {
					t.Errorf("%s: a command that does more: %s", path, line)
				}
			}
		}
		if i := strings.IndexAny(page, "\x01\x1b\x7f\u0085\u2028\u202e\u202c"); i >= 0 || !utf8.ValidString(page) {
			t.Errorf("%s: characters that do more than show: %q", path, page[max(0, i-50):min(len(page), i+10)])
		}
		if len(page) > 200<<10 {
			t.Errorf("%s has %d bytes", path, len(page))
		}
	}
}

// TestLongTexts bounds pages whose names and logs are long.
func TestLongTexts(t *testing.T) {
	r := history("PASS", "FAIL")
	long := strings.Repeat("name ", 2000)
	r.Tests[1].Path, r.Tests[1].Comment, r.Tests[1].LogExcerpt = &long, new(strings.Repeat(long, 20)), new(strings.Repeat("a line of a log\n", 100_000))
	w := newWorld(t, r)
	if page := w.Main("/test/ci:t1-0"); len(page) > 80<<10 {
		t.Errorf("the page of a test has %d bytes", len(page))
	}
	page := w.Main("/test/ci:t1-0/log")
	if !strings.Contains(page, `id="L20000"`) || !strings.Contains(page, "The page is cut: 1.3 MB more") || len(page) > 4<<20 {
		t.Errorf("the page of a log has %d bytes", len(page))
	}
}

// TestCost holds pages to a number of statements, which does not grow with the database.
func TestCost(t *testing.T) {
	for _, revisions := range []int{3, 40} {
		all := make([]string, revisions)
		for i := range all {
			all[i] = "PASS PASS FAIL"
		}
		w := newWorld(t, history(all...))
		for path, most := range map[string]int{
			fmt.Sprintf("/test/ci:t%d-0", revisions-1): 6, "/test/ci:t0-0": 6, fmt.Sprintf("/build/ci:b%d", revisions-1): 5, "/checkout/ci:c0": 2, "/test/ci:t0-0/log": 0,
		} {
			w.Main(path)
			// The test or build, with its parents and its issues, is one question more.
			if questions, statements := w.Queries(), w.Statements()-w.Queries(); questions > 1 || statements > most {
				t.Errorf("%s of %d revisions: %d questions, %d statements, want %d", path, revisions, questions, statements, most)
			}
		}
	}
}

func TestByMethod(t *testing.T) {
	w := newWorld(t, history("PASS"))
	for path, code := range map[string]int{"/test/ci:t0-0": 200, "/test/ci:2": 404, "/test/": 404} {
		whole := w.Get(path)
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, httptest.NewRequest(http.MethodHead, path, nil))
		if rec.Code != code || whole.Code != code || rec.Body.Len() != 0 || rec.Header().Get("ETag") != whole.Header().Get("ETag") {
			t.Errorf("HEAD %s: %d, %v, %d bytes", path, rec.Code, rec.Header(), rec.Body.Len())
		}
		rec = httptest.NewRecorder()
		w.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, path, strings.NewReader("x")))
		if rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d, %v", path, rec.Code, rec.Header())
		}
	}
}

func TestPagesThatChange(t *testing.T) {
	w := newWorld(t, history("PASS", "FAIL"))
	first := w.Get("/test/ci:t1-0")
	tag := first.Header().Get("ETag")
	if again := w.Get("/test/ci:t1-0", "If-None-Match", tag); tag == "" || again.Code != http.StatusNotModified {
		t.Errorf("again: %d, %s", again.Code, tag)
	}
	w.Load(history("PASS", "FAIL PASS"))
	if later := w.Get("/test/ci:t1-0", "If-None-Match", tag); later.Code != http.StatusOK || !strings.Contains(later.Body.String(), "FLAKY") {
		t.Errorf("after it passed once: %d", later.Code)
	}
}

func TestWithoutADatabase(t *testing.T) {
	w := newWorld(t, history("PASS"))
	w.Store.Close()
	answer := w.Get("/test/ci:t0-0")
	if answer.Code < 500 || !strings.Contains(answer.Body.String(), "Results that were sent are safe") || strings.Contains(answer.Body.String(), "closed") {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

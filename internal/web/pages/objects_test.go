// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"bytes"
	"context"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

const (
	base    = "http://kcidb.example.org" // that tests visit
	commit  = "0123456789abcdef0123456789abcdef01234567"
	patches = "89abcdef89abcdef89abcdef89abcdef89abcdef89abcdef89abcdef89abcdef"
)

// sample is a report with objects of all types, that belong together.
func sample() *report.Report {
	return &report.Report{
		Checkouts: []report.Checkout{
			{ID: "ci:1", Origin: "ci", TreeName: new("mainline"), GitRepositoryURL: new("https://git.example.org/linux.git"),
				GitRepositoryBranch: new("master"), GitCommitName: new("v6.19-rc1"), GitCommitHash: new(commit), StartTime: new(now)},
			{ID: "ci:2", Origin: "ci", GitCommitHash: new(commit), PatchsetHash: new(patches)},
		},
		Builds: []report.Build{{ID: "ci:1", Origin: "ci", CheckoutID: "ci:1", Architecture: new("arm64"),
			ConfigName: new("defconfig"), Status: new(report.StatusPass), LogURL: new("https://files.example.org/build.log?a=1&b=2")}},
		Tests: []report.Test{{ID: "ci:1", Origin: "ci", BuildID: "ci:1", Path: new("ltp.syscalls.accept01"),
			Status: new(report.StatusFail), LogExcerpt: new("a < b && b > c\n")}},
		Issues: []report.Issue{
			{ID: "ci:1", Version: 1, Origin: "ci", ReportSubject: new("accept hangs")},
			{ID: "ci:1", Version: 2, Origin: "ci", ReportSubject: new("accept hangs at times"), ReportURL: new("https://bugs.example.org/1")},
		},
		Incidents: []report.Incident{{ID: "ci:1", Origin: "ci", IssueID: "ci:1", IssueVersion: 2, TestID: new("ci:1"), Present: new(true)}},
	}
}

func load(t *testing.T, p *Pages, r *report.Report) {
	t.Helper()
	if _, err := p.Store.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
}

// TestPagesSayWhatDescribeSays checks the page of an object of each type.
func TestPagesSayWhatDescribeSays(t *testing.T) {
	p, h, _ := newPages(t)
	load(t, p, sample())
	for _, c := range []struct {
		ref  object.Ref
		path string
		want []string // in the page's HTML
	}{
		{object.RevisionRef(commit, ""), "/revision/" + commit, []string{
			`<h1 class="title fail">FAIL: v6.19-rc1`, "</a> / revision</p>", `<b class="fail">FAIL</b>: 1 test fails`,
			`<a href="http://kcidb.example.org/issue/ci:1/2">`}},
		{object.RevisionRef(commit, patches), "/revision/" + commit + "/" + patches, []string{
			`<h1 class="title">`, `<a href="http://kcidb.example.org/revision/` + commit + "/" + patches + `">`}},
	} {
		t.Run(strings.ReplaceAll(c.path[1:], "/", " "), func(t *testing.T) {
			if link := pageurl.Of(base, c.ref); link != base+c.path {
				t.Errorf("links lead to %s", link)
			}
			w := get(h, c.path)
			if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
				t.Fatalf("%d, %v: %s", w.Code, w.Header(), w.Body)
			}
			page := w.Body.String()
			found, err := graph.New(t.Context(), p.Store).Find(c.ref)
			if err != nil {
				t.Fatal(err)
			}
			summary, err := describe.Summary(found[0])
			if err != nil {
				t.Fatal(err)
			}
			description, err := describe.Description(found[0], base)
			if err != nil {
				t.Fatal(err)
			}
			if want := "<main>\n" + string(description.HTML()) + "</main>"; !strings.Contains(page, want) {
				t.Errorf("the page says\n%s\nwant\n%s", page, want)
			}
			for _, want := range append(c.want, "<title>"+html.EscapeString(summary)+" - KCIDB</title>", `<a href="/">KCIDB</a>`) {
				if !strings.Contains(page, want) {
					t.Errorf("no %s in\n%s", want, page)
				}
			}
		})
	}
}

func TestPageOfARevision(t *testing.T) {
	p, h, _ := newPages(t)
	load(t, p, sample())
	golden(t, "revision", get(h, "/revision/"+commit).Body.String())
	golden(t, "unknown", get(h, "/revision/%3Cb%3E_2").Body.String())
}

func TestNoPages(t *testing.T) {
	p, h, _ := newPages(t)
	load(t, p, sample())
	const notice = "Not known"
	for path, want := range map[string]string{
		// Well-formed paths: the page says that the object is unknown.
		"/revision/ffff": notice, "/revision/" + commit + "/ffff": notice,
		"/revision/1_2": "The revision 1_2 is not in",
		// Malformed paths: no page exists.
		"/revision/":      "",
		"/revision/a/b/c": "", "/revision/" + commit + "/": "",
	} {
		w := get(h, path)
		body := html.UnescapeString(w.Body.String())
		if w.Code != 404 || (body == "") != (want == "") || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, w.Code, body)
		}
		if want != "" && w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s is kept, but may be there soon: %v", path, w.Header())
		}
	}
}

// TestEveryIDHasAPage follows the links to objects with all kinds of IDs.
func TestEveryIDHasAPage(t *testing.T) {
	var all strings.Builder
	for c := rune(1); c < 0x180; c++ {
		all.WriteRune(c)
	}
	ids := []string{all.String(), "a/b", "/", "//", "a//b/", ".", "..", "../..", "./a", "50%", "%2F", "%", "?a=b", "#c", "a b", " ", "+", ";", "'\"`",
		"<script>alert(1)</script>", "&amp;", "\\", "{{.}}", "|", "日本語", "é", "\U0001F427", "\u202e", "\t", strings.Repeat("long", 200)}
	p, h, _ := newPages(t)
	server := httptest.NewServer(h)
	defer server.Close()
	r := &report.Report{}
	var refs []object.Ref
	for _, id := range ids {
		id = "ci:" + id
		r.Issues = append(r.Issues, report.Issue{ID: id, Version: 3, Origin: "ci"})
		refs = append(refs, object.IssueRef(id), object.IssueVersionRef(id, 3))
	}
	for c := rune(1); c < 0x100; c++ {
		id := "ci:one " + string(c)
		r.Issues = append(r.Issues, report.Issue{ID: id, Version: 3, Origin: "ci"})
		refs = append(refs, object.IssueRef(id))
	}
	load(t, p, r)
	for _, ref := range refs {
		link := pageurl.Of(server.URL, ref)
		if link == "" {
			t.Errorf("%v has no page", ref)
			continue
		}
		answer, err := server.Client().Get(link)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != 200 || answer.Request.URL.String() != link {
			t.Errorf("%s: %d from %s", link, answer.StatusCode, answer.Request.URL)
		}
	}
}

// TestHostileObjects shows texts that would do harm if they were not escaped.
func TestHostileObjects(t *testing.T) {
	const evil = `"'></a></pre><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}` + "\x1b[31m\u202e\x00"
	p, h, _ := newPages(t)
	p.Base = "https://kcidb.example.org/base/"
	text := strings.ReplaceAll(evil, "\x00", "")
	load(t, p, &report.Report{
		Checkouts: []report.Checkout{{ID: "ci:" + text, Origin: "ci", TreeName: &text, GitRepositoryBranch: &text, GitCommitName: &text,
			GitRepositoryURL: new("https://x.example.org/" + text), GitCommitHash: new(commit), Comment: &text, StartTime: new(now)}},
		Builds: []report.Build{{ID: "ci:" + text, Origin: "ci", CheckoutID: "ci:" + text, LogURL: new("javascript:alert(1)"),
			Architecture: &text, ConfigName: &text, Status: new(report.StatusFail), LogExcerpt: &text}},
		Tests: []report.Test{{ID: "ci:" + text, Origin: "ci", BuildID: "ci:" + text, Path: &text, Status: new(report.StatusFail),
			LogExcerpt: new("http://x.example.org/" + text), Comment: &text, Environment: &report.Environment{Comment: &text}}},
		Issues: []report.Issue{{ID: "ci:" + text, Version: 1, Origin: "ci", ReportSubject: &text, ReportURL: new("data:text/html," + text), Comment: &text}},
		Incidents: []report.Incident{{ID: "ci:" + text, Origin: "ci", IssueID: "ci:" + text, IssueVersion: 1, TestID: new("ci:" + text), Present: new(true),
			Comment: &text}},
	})
	element := regexp.MustCompile(`</?([a-z0-9]+)`)
	known := map[string]bool{}
	for name := range strings.FieldsSeq("html head meta title link body header p a h1 main pre span ul li br " +
		"section dl div dt dd h2 table thead tr th tbody td b svg rect code time footer") {
		known[name] = true
	}
	href := regexp.MustCompile(`href="([^"]*)"`)
	for _, path := range []string{"/revision/" + commit, pageurl.Of("/", object.RevisionRef(text, ""))} {
		w := get(h, path)
		if want := map[bool]int{true: 404, false: 200}[path == pageurl.Of("/", object.RevisionRef(text, ""))]; w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		page := w.Body.String()
		for _, m := range element.FindAllStringSubmatch(page, -1) {
			if !known[m[1]] {
				t.Errorf("%s: <%s in\n%s", path, m[1], page)
			}
		}
		for _, m := range href.FindAllStringSubmatch(page, -1) {
			if link := html.UnescapeString(m[1]); !strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "http") && !strings.HasPrefix(link, "data:image/svg+xml,") {
				t.Errorf("%s: a link to %s", path, link)
			}
		}
		if strings.ContainsAny(page, "\x1b\u202e\x00") || !utf8.ValidString(page) {
			t.Errorf("%s: characters that do more than show in\n%q", path, page)
		}
	}
	if page := get(h, "/revision/"+commit).Body.String(); !strings.Contains(page, `href="https://kcidb.example.org/base/revision/`) {
		t.Errorf("no link below the base in\n%s", page)
	}
}

func TestPagesByMethod(t *testing.T) {
	p, h, _ := newPages(t)
	load(t, p, sample())
	for path, code := range map[string]int{"/revision/" + commit: 200, "/revision/ffff": 404, "/revision/": 404} {
		whole := get(h, path)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("HEAD", base+path, nil))
		if w.Code != code || whole.Code != code || w.Body.Len() != 0 || w.Header().Get("Content-Type") != whole.Header().Get("Content-Type") ||
			w.Header().Get("ETag") != whole.Header().Get("ETag") {
			t.Errorf("HEAD %s: %d, %v, %d bytes", path, w.Code, w.Header(), w.Body.Len())
		}
		w = httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", base+path, strings.NewReader("x")))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d, %v", path, w.Code, w.Header())
		}
	}
}

func TestPagesOfObjectsThatChange(t *testing.T) {
	p, h, _ := newPages(t)
	load(t, p, sample())
	first := get(h, "/revision/"+commit)
	tag := first.Header().Get("ETag")
	if tag == "" || !strings.Contains(first.Header().Get("Cache-Control"), "max-age=") {
		t.Fatalf("%v", first.Header())
	}
	if w := get(h, "/revision/"+commit, "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("again: %d, %d bytes", w.Code, w.Body.Len())
	}
	load(t, p, &report.Report{Checkouts: []report.Checkout{{ID: "ci:1", Origin: "ci", TreeName: new("slow")}}})
	if w := get(h, "/revision/"+commit, "If-None-Match", tag); w.Code != 200 || !strings.Contains(w.Body.String(), "slow") {
		t.Errorf("after a change: %d %s", w.Code, w.Body)
	}
}

func TestPagesWithoutADatabase(t *testing.T) {
	p, h, _ := newPages(t)
	load(t, p, sample())
	var log bytes.Buffer
	p.Log = slog.New(slog.NewTextHandler(&log, nil))
	p.Store.Close()

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", base+"/revision/"+commit, nil).WithContext(ctx))
	if log.Len() != 0 {
		t.Errorf("a visitor that is gone is in the log: %s", &log)
	}
	w := get(h, "/revision/"+commit)
	if w.Code != 503 || !strings.Contains(w.Body.String(), "does not answer") || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if !strings.Contains(log.String(), "revision[") || strings.Contains(w.Body.String(), "closed") {
		t.Errorf("the log says %s, the page\n%s", &log, w.Body)
	}
}

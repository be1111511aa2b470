// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/front"
)

var now = time.Date(2026, 11, 28, 6, 9, 48, 0, time.UTC)

// serve returns a front with the view at /a/, and at /a for the view's parameters.
func serve(view View, params ...string) http.Handler {
	s := &Shell{Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
	f := front.New(front.Limits{})
	s.HandleBelow(f, "/a", view, params...)
	Files(f)
	return f
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

var testTemplates = Parse(fstest.MapFS{"test.html": {Data: []byte(`<h1>{{line .Name}}</h1>{{template "counts" .Counts}}{{template "filter" .Bar}}{{template "pager" .Pager}}` +
	`<table><tr>{{range .Cells}}{{cell .}}{{end}}</tr></table>{{spark .Spark}}{{mark "new"}} {{status "PASS"}} {{link "/x" .Name}} {{link "" .Name}} {{when .At}}`)}})

type testPage struct {
	Name   string
	Counts []Count
	Bar    FilterBar
	Pager  Pager
	Cells  []Cell
	Spark  []verdict.Kind
	At     time.Time
}

func TestPage(t *testing.T) {
	const hostile = "<b>\"'&\u202e\x1b[31mred"
	h := serve(func(r *http.Request) (*Page, error) {
		f := FilterOf(r)
		counts := verdict.Counts{verdict.New: 1, verdict.OK: 19_999}
		return &Page{
			Title: "NEW: " + hostile, Section: "Trees", Crumbs: []Link{{"Trees", "/"}, {hostile, ""}}, JSON: "/api/x?a=1&b=2", Atom: "/x.atom", Changed: now,
			Older: "/a/1", Newer: "/a/2", CanBeStill: true,
			Content: testTemplates.Content("test.html", testPage{
				Name: hostile, Counts: []Count{{"Tests", counts, func(k verdict.Kind) string { return f.With("verdict", string(k)) }}, {Title: "Boots"}},
				Bar:   f.Bar(Field{Label: "Lab", Name: "lab", Options: Options("x", hostile)}, Field{Label: "Path", Name: "path", Placeholder: "ltp"}),
				Pager: Pager{Range: "1 of 2", Next: f.With("after", "9")},
				Cells: []Cell{CellOf(counts, "/n", hostile), CellOf(verdict.Counts{verdict.OK: 3}, "/n", ""), {}, {Kind: verdict.Lab, N: 2, URL: "/l", Of: "ltp", Here: true}},
				Spark: []verdict.Kind{verdict.New, "", verdict.OK}, At: now,
			}),
		}, nil
	}, "after", AsOf, "lab", "path", "verdict")
	w := get(h, "/a/b%2Fc?lab=%3Cb%3E&path=x")
	golden(t, "page.html", strings.NewReplacer(styleURL(), "/style.css", scriptURL(), "/script.js").Replace(w.Body.String()))
	if got := w.Header().Get("Last-Modified"); got != "Sat, 28 Nov 2026 06:09:48 GMT" {
		t.Error("changed at", got)
	}
}

func TestNotices(t *testing.T) {
	h := serve(func(r *http.Request) (*Page, error) {
		switch r.URL.EscapedPath() {
		case "/a/known":
			return &Page{Title: "Known", Content: testTemplates.Content("test.html", testPage{}), JSON: "/api/known"}, nil
		case "/a/broken":
			return nil, errors.New("secret of the database")
		}
		return nil, NotFound("No such thing", "Search for it.")
	}, "lab")
	for _, test := range []struct {
		path   string
		status int
		want   string // in the page, or where it leads to
	}{
		{"/a/known", 200, "<title>Known - KCIDB</title>"},
		{"/a/known.json", 302, "/api/known"},
		{"/a/known.atom", 404, "No such thing"},
		{"/a/other", 404, "Search for it."},
		{"/a/other.json", 404, "No such thing"},
		{"/a/broken", 500, "Results that were sent are safe."},
		{"/a/known?lba=x", 400, "This page has the parameters lab."},
		{"/a/known?lab=", 302, "/a/known"},
		{"/a/known?lab=" + strings.Repeat("x", 9000), 414, "at most 8,192 bytes"},
	} {
		w := get(h, test.path)
		if w.Code != test.status || !strings.Contains(w.Body.String()+w.Header().Get("Location"), test.want) || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s\n%s", test.path, w.Code, w.Header().Get("Location"), w.Body)
		}
	}
}

// A page with a path of its own leads to its API call, too.
func TestKin(t *testing.T) {
	s := &Shell{Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
	f := front.New(front.Limits{})
	s.Handle(f, "/labs", func(r *http.Request) (*Page, error) {
		return &Page{Title: "Labs", JSON: "/api/labs?" + r.URL.RawQuery, Content: testTemplates.Content("test.html", testPage{})}, nil
	}, "days")
	f.HandleMissing(http.HandlerFunc(s.Missing))
	for path, want := range map[string]string{
		"/labs":             "200",
		"/labs.json?days=3": "302 /api/labs?days=3",
		"/labs.atom":        "404",
		"/labs.json?day=3":  "400",
		"/nothing":          "404",
		"/labs?" + strings.Repeat("days=1&", 29) + "days=2": "302 /labs?days=1&days=2",
		"/labs?" + strings.Repeat("days=1&", 30) + "days=2": "400",
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept", "text/html,*/*")
		f.ServeHTTP(w, r)
		if got := strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Header().Get("Location"))); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
		if w.Code >= 400 && !strings.Contains(w.Body.String(), `role="search"`) {
			t.Errorf("%s has no search: %s", path, w.Body)
		}
	}
	if w := get(f, "/nothing"); w.Code != 404 || w.Body.Len() > 0 {
		t.Errorf("a program gets %d %s", w.Code, w.Body)
	}
}

func TestFiles(t *testing.T) {
	h := serve(nil)
	for path, want := range map[string]string{
		styleURL():      "public, max-age=31536000, immutable",
		scriptURL():     "public, max-age=31536000, immutable",
		"/style.css":    "public, max-age=86400",
		"/style.css?v1": "public, max-age=86400",
		"/icon.svg":     "public, max-age=86400",
	} {
		if got := get(h, path).Header().Get("Cache-Control"); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

// Package pagestest serves the pages of a room in tests, over a database in memory whose
// revisions are judged, and counts the statements of each page.
package pagestest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

// Now is the time of the pages.
var Now = time.Date(2026, 11, 28, 6, 9, 48, 0, time.UTC)

// World is a service with the pages of a room.
type World struct {
	Shell *shell.Shell
	Store *sqlite.Store

	t       testing.TB
	counter counter
	handler http.Handler
}

// New returns a service with the routes of a room and a database with reports. Objects
// without a timestamp arrive when they are loaded.
func New(t testing.TB, routes func(*front.Front, *shell.Shell), reports ...*report.Report) *World {
	t.Helper()
	st := sqlite.OpenMemory("test")
	t.Cleanup(func() { st.Close() })
	if err := st.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	w := &World{Store: st, t: t}
	db := *st.SQL()
	db.Conn = countingConn{db.Conn, &w.counter}
	w.Shell = &shell.Shell{
		Store: countingStore{st, &w.counter}, Answers: answers.New(&db), Verdicts: verdicts.New(&db), Trees: treenames.Default(),
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return Now },
	}
	w.Load(reports...)
	w.Serve(routes)
	return w
}

// Serve makes the routes again, for a shell that changed.
func (w *World) Serve(routes func(*front.Front, *shell.Shell)) {
	f := front.New(front.Limits{})
	shell.Files(f)
	routes(f, w.Shell)
	w.handler = f
}

// Load loads reports, and judges the revisions that they change.
func (w *World) Load(reports ...*report.Report) {
	w.t.Helper()
	for _, r := range reports {
		if _, err := w.Store.Load(w.t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
			w.t.Fatal(err)
		}
	}
	judge := verdicts.Judge{DB: verdicts.Of(w.Store), Names: w.Shell.Trees, Now: w.Shell.Now, Log: w.Shell.Log}
	if _, err := judge.Once(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// ServeHTTP implements http.Handler.
func (w *World) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	w.handler.ServeHTTP(answer, r)
}

// Get asks for a path, which is percent-encoded and may have parameters. Headers are
// names with their values.
func (w *World) Get(path string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	u, err := url.ParseRequestURI(path)
	if err != nil {
		w.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "http://kcidb.example.org/", nil)
	r.URL, r.RequestURI = u, path
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w.counter.statements.Store(0)
	w.counter.queries.Store(0)
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	return answer
}

// Page returns the page at a path.
func (w *World) Page(path string) string {
	w.t.Helper()
	answer := w.Get(path)
	if answer.Code != http.StatusOK {
		w.t.Fatalf("%s: %d %s\n%s", path, answer.Code, answer.Header().Get("Location"), answer.Body)
	}
	return answer.Body.String()
}

// Main returns the content of the element main of the page at a path.
func (w *World) Main(path string) string {
	w.t.Helper()
	_, rest, _ := strings.Cut(w.Page(path), `<main id="main">`)
	main, _, _ := strings.Cut(rest, "</main>")
	return main
}

// Statements returns how many statements and queries the last answer took.
func (w *World) Statements() int { return int(w.counter.statements.Load() + w.counter.queries.Load()) }

// Queries returns how many of these were queries for objects.
func (w *World) Queries() int { return int(w.counter.queries.Load()) }

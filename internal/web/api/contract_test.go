// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
	"github.com/kcidb-go/kcidb/report"
)

// served is an API with a database of its own, at a moment that stands still.
type served struct {
	t      testing.TB
	api    *API
	store  store.Store
	now    time.Time      // for the API; worldNow, until a test moves it
	loaded *report.Report // everything
}

// eachStore runs a test on an empty database of each kind; with -short, on SQLite only.
// Queries are the same for both.
func eachStore(t *testing.T, f func(t *testing.T, s *served)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		db, err := sqlite.Open(filepath.Join(t.TempDir(), "db"))
		if err != nil {
			t.Fatal(err)
		}
		f(t, serve(t, db))
	})
	t.Run("postgresql", func(t *testing.T) {
		if testing.Short() {
			t.Skip("it takes too long")
		}
		db, err := postgres.Open(strings.TrimPrefix(pgtest.Database(t), "postgresql:"))
		if err != nil {
			t.Fatal(err)
		}
		f(t, serve(t, db))
	})
}

// serve returns an API of a database, which is made ready.
func serve(t testing.TB, db store.Store) *served {
	t.Helper()
	t.Cleanup(func() { db.Close() })
	if err := db.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	s := &served{t: t, store: db, now: worldNow, loaded: &report.Report{}}
	s.api = New(Config{
		Store: db, Receipts: db, Base: "https://kcidb.example.org", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return s.now },
		Known: func(http.Header) bool { return true },
	})
	return s
}

// load loads reports, whose timestamps are kept.
func (s *served) load(reports ...*report.Report) {
	s.t.Helper()
	for _, r := range reports {
		if _, err := s.store.Load(s.t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
			s.t.Fatal(err)
		}
		s.loaded.Append(r)
	}
}

// get requests a path with its query. The body is decoded by encoding/json, or a string
// if it is not JSON.
func (s *served) get(path string) (int, http.Header, any) {
	return s.do(httptest.NewRequest("GET", path, nil))
}

// post sends a body: a string as it is, anything else as JSON.
func (s *served) post(path string, body any) (int, http.Header, any) {
	text, ok := body.(string)
	if !ok {
		b, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		text = string(b)
	}
	r := httptest.NewRequest("POST", path, strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	return s.do(r)
}

func (s *served) do(r *http.Request) (int, http.Header, any) {
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	var body any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		body = w.Body.String()
	}
	return w.Code, w.Header(), body
}

// getOK asks for a path, and returns the body of an answer that is as it should be.
func (s *served) getOK(path string) any {
	s.t.Helper()
	code, header, body := s.get(path)
	return s.checkOK("GET "+path, code, header, body)
}

// postOK sends a body, and returns that of an answer that is as it should be.
func (s *served) postOK(path string, content any) any {
	s.t.Helper()
	code, header, body := s.post(path, content)
	return s.checkOK("POST "+path, code, header, body)
}

func (s *served) checkOK(what string, code int, header http.Header, body any) any {
	s.t.Helper()
	object, _ := body.(map[string]any)
	_, failed := object["error"]
	if kind := header.Get("Content-Type"); code != 200 || kind != "application/json" || failed {
		s.t.Fatalf("%s: %d %s %.300v", what, code, kind, body)
	}
	return body
}

// refused requests a path, and expects an error with a status and a part of its text.
// Status 200 says that nothing was found.
func (s *served) refused(path string, code int, text string) {
	s.t.Helper()
	got, _, body := s.get(path)
	wantError(s.t, "GET "+path, got, body, code, text)
}

// wantError checks the answer of an error.
func wantError(t testing.TB, what string, got int, body any, code int, text string) {
	t.Helper()
	object, _ := body.(map[string]any)
	message, ok := object["error"].(string)
	if got != code || !ok || !strings.Contains(message, text) {
		t.Errorf("%.200s: %d %.300v, want %d %s", what, got, body, code, text)
	}
}

// pick returns what is in a body, by the names of members and the numbers of
// elements.
func pick(t testing.TB, body any, path ...any) any {
	t.Helper()
	for i, step := range path {
		switch at := body.(type) {
		case map[string]any:
			name, _ := step.(string)
			inner, ok := at[name]
			if !ok {
				t.Fatalf("%v: not there in %.300v", path[:i+1], body)
			}
			body = inner
		case []any:
			n, ok := step.(int)
			if !ok || n >= len(at) {
				t.Fatalf("%v: not there in %d elements", path[:i+1], len(at))
			}
			body = at[n]
		default:
			t.Fatalf("%v: not there in %.300v", path[:i+1], body)
		}
	}
	return body
}

// contracts are run over the small world, generated data and real submissions, on each
// database. They only read. s.loaded has the objects as they were sent, each once or
// more often.
var contracts = make(map[string]func(t *testing.T, s *served))

// contract adds one; call it in a function init.
func contract(name string, f func(t *testing.T, s *served)) { contracts[name] = f }

func TestContracts(t *testing.T) {
	for name, reports := range map[string]func(t testing.TB) []*report.Report{
		"world":     func(testing.TB) []*report.Report { return []*report.Report{world()} },
		"generated": generated,
		"real":      submissions,
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "world" {
				t.Skip("it takes too long")
			}
			all := reports(t)
			eachStore(t, func(t *testing.T, s *served) {
				s.load(all...)
				s.now = newestStart(s.loaded).Add(time.Hour)
				for name, f := range contracts {
					t.Run(name, func(t *testing.T) {
						here := *s
						here.t = t
						f(t, &here)
					})
				}
			})
		})
	}
}

// generated returns reports that are made up.
func generated(testing.TB) (all []*report.Report) {
	batch := &report.Report{}
	for r := range sample.Reports(sample.Options{Checkouts: 4}) {
		batch.Append(r)
	}
	return append(all, batch)
}

// submissions returns real reports, and skips the test if they are missing.
func submissions(t testing.TB) (all []*report.Report) {
	t.Helper()
	texts, err := storebench.Real()
	if err != nil {
		t.Skip("no real submissions: ", err)
	}
	for batch, err := range storebench.Batches(texts) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, batch)
	}
	return all
}

// newestStart returns when the newest checkout, build or test started.
func newestStart(r *report.Report) (newest time.Time) {
	look := func(at *time.Time) {
		if at != nil && at.After(newest) {
			newest = *at
		}
	}
	for i := range r.Checkouts {
		look(r.Checkouts[i].StartTime)
	}
	for i := range r.Builds {
		look(r.Builds[i].StartTime)
	}
	for i := range r.Tests {
		look(r.Tests[i].StartTime)
	}
	return newest
}

// Looking into bodies finds what is there.
func TestPick(t *testing.T) {
	var body any
	if err := json.Unmarshal([]byte(`{"a": [{"b": 1}, {"b": 2}]}`), &body); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(pick(t, body, "a", 1, "b")); got != "2" {
		t.Error(got)
	}
}

// SPDX-License-Identifier: Apache-2.0

package service

import (
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/report"
)

// noSQL hides that a store is an SQL database. So it has neither roll-ups nor a spool, as
// BigQuery.
type noSQL struct{ store.Store }

// everyList is a report with an object of each list.
const everyList = `{"version": {"major": 5, "minor": 3},
	"checkouts": [{"id": "ci:c1", "origin": "ci", "tree_name": "mainline", "git_commit_hash": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "patchset_hash": ""}],
	"builds": [{"id": "ci:b1", "origin": "ci", "checkout_id": "ci:c1", "status": "FAIL"}],
	"tests": [{"id": "ci:t1", "origin": "ci", "build_id": "ci:b1", "path": "boot", "status": "FAIL"}],
	"issues": [{"id": "ci:i1", "version": 1, "origin": "ci"}],
	"incidents": [{"id": "ci:n1", "origin": "ci", "issue_id": "ci:i1", "issue_version": 1, "test_id": "ci:t1", "present": true}]}`

func decodeReport(t testing.TB, text string) *report.Report {
	t.Helper()
	r, err := report.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWithoutSQL: on a database without roll-ups each route answers. Questions that need
// roll-ups are answered with what to do instead.
func TestWithoutSQL(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Data, cfg.JWTSecret, cfg.APIRate = t.TempDir(), "s", 0
	withTasks(&cfg)
	log := &strings.Builder{}
	s, err := New(cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	p := newParts()
	if p.queue, err = s.openQueue(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.queue.Close() })
	if p.store, err = s.openStore(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.store.Close() })
	p.store = noSQL{p.store}
	p.reading = p.store
	if _, err := p.store.Load(t.Context(), decodeReport(t, everyList), store.LoadOptions{Receipts: []store.Receipt{{ID: "known", Objects: 2}}}); err != nil {
		t.Fatal(err)
	}
	watch, receiver := s.monitor(p), s.receiver(p, arrival.NewClock(s.now), auth.Off)
	work, err := s.tasks(t.Context(), p, watch, receiver)
	if err != nil {
		t.Fatal(err)
	}
	f := s.front(p, watch, receiver, work)
	ask := func(method, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		r.Host, r.RemoteAddr = "localhost", "192.0.2.1:1"
		w := httptest.NewRecorder()
		front.NewServer(f, s.log).Handler.ServeHTTP(w, r)
		return w
	}
	for _, c := range []struct {
		path string
		code int
		body string // a part of the body
	}{
		{"/", 200, "keeps no counts"},
		{"/health", 200, "OK"},
		{"/ready", 200, "store: OK\nqueue: OK\nloader: OK\n"},
		{"/metrics", 200, "kcidb_json_files 0"},
		{"/style.css", 200, ""},
		{"/checkout/ci:c1", 200, "FAIL"},
		{"/build/ci:b1", 200, "FAIL"},
		{"/test/ci:t1", 200, "FAIL"},
		{"/issue/ci:i1", 200, "ci:i1"},
		{"/incident/ci:n1", 200, "ci:n1"},
		{"/revision/" + strings.Repeat("a", 40), 200, "FAIL"},
		{"/build/ci:none", 404, "ci:none"},
		{"/feed/x.atom", 404, ""},
		{"/status?id=known", 401, ""},
		{"/tasks/load", 405, ""},
		{"/api/build/ci:b1", 200, "ci:b1"},
		{"/api/build/ci:b1/tests", 200, "ci:t1"},
		{"/api/test/ci:t1", 200, "ci:t1"},
		{"/api/report?test=ci:t1&parents=true", 200, "ci:c1"},
		{"/api/objects?pattern=" + url.QueryEscape(">test[ci:t1]<*#"), 200, "ci:c1"},
		{"/api/tree", 501, "put a PostgreSQL database first in a mux:"},
		{"/api/issue/ci:i1", 501, "dashboards for Grafana"},
	} {
		if w := ask("GET", c.path); w.Code != c.code || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s: %d %s, want %d %s", c.path, w.Code, w.Body, c.code, c.body)
		}
	}
	// All operations that the document describes.
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(ask("GET", "/api/schema").Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	unsupported := 0
	for path, methods := range document.Paths {
		for method := range methods {
			for from, to := range map[string]string{"{id}": "ci:b1", "{hash}": strings.Repeat("a", 40)} {
				path = strings.ReplaceAll(path, from, to)
			}
			for strings.Contains(path, "{") {
				before, rest, _ := strings.Cut(path, "{")
				_, after, _ := strings.Cut(rest, "}")
				path = before + "main" + after
			}
			w := ask(strings.ToUpper(method), path+"?origin=ci&git_branch=main&git_url=x&tree_name=x&days=7&path=boot&issue_ids=ci:i1")
			switch w.Code {
			case 501:
				unsupported++
			case 200, 400, 404, 422, 403:
			default:
				t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
			}
		}
	}
	if len(document.Paths) < 20 || unsupported < 20 {
		t.Errorf("%d of %d paths need roll-ups", unsupported, len(document.Paths))
	}
	if strings.Contains(log.String(), "panic") {
		t.Error(log)
	}
	t.Logf("%d operations answer 501", unsupported)
}

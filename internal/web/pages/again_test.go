// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/report"
)

// A browser that comes back gets a page again only if the page says something else. The time
// of the data passes, and is no reason.
func TestSecondVisits(t *testing.T) {
	p, h, clock := newPages(t)
	server := httptest.NewServer(h)
	defer server.Close()
	judge := &verdicts.Judge{DB: verdicts.Of(p.Store), Names: treenames.Default(), Now: p.Now, Log: p.Log}
	loadJudged := func(r *report.Report) {
		load(t, p, r)
		if _, err := judge.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	loadJudged(sample())
	paths := []string{"/", "/tree/mainline/master", "/revision/" + commit[:12], "/hardware", "/hardware/rock-5b", "/origin/ci", "/statistics", "/search?q=m", "/style.css"}
	loadJudged(&report.Report{Tests: []report.Test{onRock("ci:2", report.StatusPass)}})
	tags := make(map[string]string)
	for _, path := range paths {
		answer := visit(t, server.URL+path, "")
		tags[path] = answer.Header.Get("ETag")
		if answer.StatusCode != 200 || tags[path] == "" || answer.Header.Get("Cache-Control") == "" {
			t.Errorf("%s: %d, %v", path, answer.StatusCode, answer.Header)
		}
	}
	*clock = clock.Add(20 * time.Second)
	for _, path := range paths {
		if answer := visit(t, server.URL+path, tags[path]); answer.StatusCode != 304 || answer.Header.Get("ETag") != tags[path] {
			t.Errorf("%s again: %d, %v", path, answer.StatusCode, answer.Header)
		}
	}
	loadJudged(&report.Report{Tests: []report.Test{onRock("ci:3", report.StatusFail)}})
	for _, path := range paths[:len(paths)-1] {
		if answer := visit(t, server.URL+path, tags[path]); answer.StatusCode != 200 || answer.Header.Get("ETag") == tags[path] {
			t.Errorf("%s after a load: %d, %v", path, answer.StatusCode, answer.Header)
		}
	}
}

// onRock is a test of the build of sample on a board.
func onRock(id string, status report.Status) report.Test {
	return report.Test{ID: id, Origin: "ci", BuildID: "ci:1", Path: new("mm.vm"), Status: &status, StartTime: new(now),
		Environment: &report.Environment{Misc: []byte(`{"platform": "rock-5b"}`)}}
}

// visit gets a page, for a browser that has the page with the tag unless that is "".
func visit(t *testing.T, url, tag string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer
}

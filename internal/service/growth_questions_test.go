// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/notify"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/api"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/monitor"
	"github.com/kcidb-go/kcidb/internal/web/pages"
)

// requestNames are the names of the measured requests, in the order of the
// figures.
var requestNames = []string{"tree-listing", "tree-summary", "hardware-listing", "hardware-page", "issue-listing", "history", "compare", "tests",
	"totals", "front-page", "revision-page", "checkout-page", "build-page", "test-page", "issue-page", "issue-version-page", "incident-page",
	"notifier", "metrics"}

// measure loads a tree and returns how long answers take once the caches are
// warm.
func (g *growing) measure(b *testing.B) map[string]time.Duration {
	b.Helper()
	tree := g.tree(b)
	if _, err := g.Load(b.Context(), tree, store.LoadOptions{Metadata: true}); err != nil {
		b.Fatal(err)
	}
	g.settle()
	requests := g.apiRequests(b)
	last := func(n int) string { return fmt.Sprintf("bench:%d.%d", g.tests, n) }
	for what, path := range map[string]string{
		"revision-page": "/revision/" + g.hash(sides-1), "checkout-page": "/checkout/" + last(sides-1), "build-page": "/build/" + last(sides-1) + ".7",
		"test-page": "/test/" + last(sides-1) + ".7.4", "issue-page": "/issue/" + knownIssue, "issue-version-page": "/issue/" + knownIssue + "/1",
		"incident-page": "/incident/bench:n" + fmt.Sprint(g.tests) + ".11.3", "front-page": "/",
	} {
		requests[what] = func() { g.page(b, path) }
	}
	requests["notifier"] = g.notifier(b, store.Change{List: store.Incidents, Key: store.Key{ID: fmt.Sprintf("bench:n%d.11.3", g.tests)}, Created: true},
		store.Change{List: store.Tests, Key: store.Key{ID: last(sides-1) + ".7.4"}, Created: true},
		store.Change{List: store.Issues, Key: store.Key{ID: knownIssue, Version: 1}})
	requests["metrics"] = g.metrics(b)
	all := make(map[string]time.Duration)
	for _, what := range requestNames {
		for began := time.Now(); time.Since(began) < time.Second; { // until the caches are warm
			requests[what]()
		}
		var took []time.Duration
		for range 21 {
			began := time.Now()
			requests[what]()
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		all[what] = took[len(took)/2]
	}
	return all
}

// apiRequests returns functions that send the requests to the API.
func (g *growing) apiRequests(b *testing.B) map[string]func() {
	now := g.now
	answers := api.New(api.Config{Store: g.Store, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	day := fmt.Sprintf("startTimestampInSeconds=%d&endTimestampInSeconds=%d", now.Add(-24*time.Hour).Unix(), now.Unix())
	head := g.hash(sides - 1)
	tree := "origin=bench&git_branch=main&git_url=" + benchURL
	requests := map[string]*http.Request{
		"tree-listing":     httptest.NewRequest("GET", "/api/tree?origin=bench&interval_in_days=1", nil),
		"tree-summary":     httptest.NewRequest("GET", "/api/tree/"+head+"/summary?"+tree, nil),
		"hardware-listing": httptest.NewRequest("GET", "/api/hardware/?origin=bench&"+day, nil),
		"hardware-page":    httptest.NewRequest("POST", "/api/hardware/board-7/summary", nil),
		"issue-listing":    httptest.NewRequest("GET", "/api/issue/?filter_origin=bench&"+day, nil),
		"history": httptest.NewRequest("GET", "/api/test/status-history?path=ltp.syscalls.case005&origin=bench&config_name=config1&platform=board-7&"+
			"git_repository_branch=main&git_repository_url="+benchURL, nil),
		"compare": httptest.NewRequest("GET", "/api/tree/bench/main/compare?origin=bench&hash_a="+g.hash(sides-2)+"&hash_b="+head, nil),
		"totals":  httptest.NewRequest("GET", "/api/metrics/?start_days_ago=1", nil),
		"tests":   httptest.NewRequest("GET", "/api/tree/"+head+"/tests?"+tree, nil),
	}
	body := fmt.Sprintf(`{"origin": "bench", "startTimestampInSeconds": "%d", "endTimestampInSeconds": "%d", "selectedCommits": {}, "filter": {}}`,
		now.Add(-24*time.Hour).Unix(), now.Unix())
	send := make(map[string]func())
	for name, request := range requests {
		send[name] = func() {
			r := request.Clone(b.Context())
			if r.Method == "POST" {
				r = httptest.NewRequest("POST", r.URL.Path, strings.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
			} else {
				g.asked++
				r.URL.RawQuery += fmt.Sprint("&n=", g.asked) // so that the cache does not answer
			}
			mustAnswer(b, answers, r)
		}
	}
	return send
}

// mustAnswer fails the benchmark unless a request is answered.
func mustAnswer(b *testing.B, h http.Handler, r *http.Request) {
	b.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 200 || strings.HasPrefix(w.Body.String(), `{"error"`) || w.Body.Len() < 30 {
		b.Fatalf("%s: %d %.300s", r.URL, w.Code, w.Body)
	}
}

// page requests a page that is not in the cache.
func (g *growing) page(b *testing.B, path string) {
	b.Helper()
	front := front.New(front.Limits{})
	p := &pages.Pages{Store: g.Store, Queue: noQueue{}, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return g.now }}
	p.Routes(front)
	mustAnswer(b, front, httptest.NewRequest("GET", path, nil))
}

// noQueue is a queue that only has statistics.
type noQueue struct{ queue.Queue }

func (noQueue) Stats(context.Context) (queue.Stats, error) { return queue.Stats{}, nil }

// notifier returns a function that considers changes by the example subscriptions
// and writes the resulting mails.
func (g *growing) notifier(b *testing.B, changes ...store.Change) func() {
	folder, err := subscription.Load("../../examples/subscriptions", subscription.Options{})
	if err != nil {
		b.Fatal(err)
	}
	maker := &notify.Maker{Objects: g.Store, Folder: folder, Now: func() time.Time { return g.now }, OnFailure: func(string, string) {}}
	return func() {
		for _, err := range maker.OfChanges(b.Context(), changes) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// metrics returns a function that requests the metrics of the process.
func (g *growing) metrics(b *testing.B) func() {
	m := &monitor.Monitor{Registry: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler)}
	keeper, _ := sqlspool.Of(g.Store)
	m.Registry.MustRegister(monitor.Spool(keeper, keeper, keeper.Now), monitor.Queue(noQueue{}))
	front := front.New(front.Limits{})
	m.Routes(front)
	return func() { mustAnswer(b, front, httptest.NewRequest("GET", "/metrics", nil)) }
}

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
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/internal/web/api"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/monitor"
	"github.com/kcidb-go/kcidb/report"
)

// question is a request, or other work, whose time is measured.
type question struct {
	what string
	send func() time.Duration // returns how long the work took
}

// figure is a measured time.
type figure struct {
	what string
	took time.Duration
}

// measure loads and judges a tree, and returns how long answers take once the caches are
// warm.
func (g *growing) measure(b *testing.B) []figure {
	b.Helper()
	g.names = g.tests
	g.send(b, g.tree(), g.now, fmt.Sprint("tree", g.tests))
	all := []figure{{"judge-tree", timed(func() {
		if n := g.judge(b); n != sides {
			b.Fatalf("%d revisions of %d were judged", n, sides)
		}
	})}}
	g.sendSubmission(b)
	g.judge(b)
	g.settle()
	for _, r := range slices.Concat(g.apiRequests(b), g.pageRequests(b), g.work(b)) {
		for began := time.Now(); time.Since(began) < time.Second/5; { // until the caches are warm
			r.send()
		}
		var took []time.Duration
		for range 21 {
			took = append(took, r.send())
		}
		slices.Sort(took)
		all = append(all, figure{r.what, took[len(took)/2]})
	}
	return all
}

// send loads a report as a submission.
func (g *growing) send(b testing.TB, r *report.Report, at time.Time, id string) {
	next := &batch{}
	next.add(r, at, id)
	g.load(b, next)
}

// sendSubmission loads the submission whose page is asked for.
func (g *growing) sendSubmission(b testing.TB) {
	g.send(b, g.moreTests("sent", 100), g.now.Add(-time.Microsecond), g.submission())
}

// timed returns how long f takes.
func timed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// work returns the work that no client asks for: that of a notifier, the metrics, and the
// judge's after one more result.
func (g *growing) work(b *testing.B) []question {
	consider := g.notifier(b, store.Change{List: store.Incidents, Key: store.Key{ID: fmt.Sprintf("bench:n%d.11.3", g.tests)}, Created: true},
		store.Change{List: store.Tests, Key: store.Key{ID: fmt.Sprintf("bench:%d.%d.3.4", g.tests, sides-1)}, Created: true},
		store.Change{List: store.Issues, Key: store.Key{ID: knownIssue, Version: 1}})
	metrics := g.metrics(b)
	return []question{
		{"notifier", func() time.Duration { return timed(consider) }},
		{"metrics", func() time.Duration { return timed(metrics) }},
		{"judge", func() time.Duration {
			g.asked++
			id := fmt.Sprint("one", g.asked)
			g.send(b, g.moreTests(id, 1), g.now, id)
			return timed(func() {
				if n := g.judge(b); n != 1 {
					b.Fatalf("%d revisions were judged after a new result", n)
				}
			})
		}},
	}
}

// apiRequests returns the requests to the API.
func (g *growing) apiRequests(b testing.TB) (all []question) {
	now := g.now
	answers := api.New(api.Config{Store: g.Store, Trees: treenames.Default(), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	day := fmt.Sprintf("startTimestampInSeconds=%d&endTimestampInSeconds=%d", now.Add(-24*time.Hour).Unix(), now.Unix())
	head := g.hash(sides - 1)
	tree := "origin=bench&git_branch=main&git_url=" + g.url()
	board := fmt.Sprintf(`{"origin": "bench", "startTimestampInSeconds": "%d", "endTimestampInSeconds": "%d", "selectedCommits": {}, "filter": {}}`,
		now.Add(-24*time.Hour).Unix(), now.Unix())
	for _, r := range []struct{ what, path, body string }{
		{"tree-listing", "/api/tree?origin=bench&interval_in_days=1", ""},
		{"tree-summary", "/api/tree/" + head + "/summary?" + tree, ""},
		{"hardware-listing", "/api/hardware/?origin=bench&" + day, ""},
		{"hardware-page", "/api/hardware/board-3/summary", board},
		{"issue-listing", "/api/issue/?filter_origin=bench&" + day, ""},
		{"history", "/api/test/status-history?path=ltp.syscalls.case005&origin=bench&config_name=config0&platform=board-3&" +
			"git_repository_branch=main&git_repository_url=" + g.url(), ""},
		{"compare", "/api/tree/" + g.treeName() + "/main/compare?origin=bench&hash_a=" + g.hash(sides-2) + "&hash_b=" + head, ""},
		{"tests", "/api/tree/" + head + "/tests?" + tree, ""},
		{"totals", "/api/metrics/?start_days_ago=1", ""},
		{"verdict-listing", "/api/verdicts?interval_in_days=3", ""},
		{"verdicts", "/api/verdicts/" + head + "?branch=main", ""},
	} {
		all = append(all, question{r.what, func() time.Duration {
			request := httptest.NewRequest("GET", r.path, nil)
			if r.body != "" {
				request = httptest.NewRequest("POST", r.path, strings.NewReader(r.body))
				request.Header.Set("Content-Type", "application/json")
			} else {
				g.asked++
				request.URL.RawQuery += fmt.Sprint("&n=", g.asked) // so that the cache does not answer
			}
			return timed(func() { mustAnswer(b, answers, request) })
		}})
	}
	return all
}

// mustAnswer fails the benchmark unless a request is answered.
func mustAnswer(b testing.TB, h http.Handler, r *http.Request) {
	b.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 200 || strings.HasPrefix(w.Body.String(), `{"error"`) || w.Body.Len() < 30 {
		b.Fatalf("%s: %d %.300s", r.URL, w.Code, w.Body)
	}
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
	m.Registry.MustRegister(monitor.Spool(keeper, keeper, keeper.Now), monitor.Queue(noQueue{}, time.Now))
	front := front.New(front.Limits{})
	m.Routes(front)
	return func() { mustAnswer(b, front, httptest.NewRequest("GET", "/metrics", nil)) }
}

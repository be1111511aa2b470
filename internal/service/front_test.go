// SPDX-License-Identifier: Apache-2.0

package service

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/tasks"
	"github.com/kcidb-go/kcidb/report"
)

// frontOf returns the front of a service that does not run, and the service's
// parts.
func frontOf(t *testing.T, change func(*Config)) (*front.Front, *parts) {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Data = t.TempDir()
	change(&cfg)
	s, err := New(cfg, slog.New(slog.DiscardHandler))
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
	p.reading = p.store
	watch, receiver := s.monitor(p), s.receiver(p, arrival.NewClock(s.now), auth.Off)
	var work *tasks.Tasks
	if cfg.TasksAudience != "" {
		if work, err = s.tasks(t.Context(), p, watch, receiver); err != nil {
			t.Fatal(err)
		}
	}
	return s.front(p, watch, receiver, work), p
}

// withTasks makes a service serve tasks.
func withTasks(c *Config) {
	c.Roles, c.TasksAudience, c.TasksAccounts = "web", audience, scheduler
}

// ask sends a request from an address.
func ask(front *front.Front, path, host, from string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.Host, r.RemoteAddr = host, from
	w := httptest.NewRecorder()
	front.ServeHTTP(w, r)
	return w
}

// TestRoutesAreBehindLimits: each route has a kind of limit, and clients that
// exceed it are refused. The front's own tests test the kinds. Add new routes
// here.
func TestRoutesAreBehindLimits(t *testing.T) {
	routes := []struct {
		path, asked string
		kind        front.Kind
	}{
		{"/", "/nothing", front.Light},
		{"/api/", "/api/tree", front.Question},
		{"/api/objects", "/api/objects?pattern=%3Etest%5Ba%5D%23", front.Pattern},
		{"/atom/hardware/", "/atom/hardware/a", front.Page},
		{"/atom/issue/", "/atom/issue/a", front.Page},
		{"/atom/issues", "/atom/issues", front.Page},
		{"/atom/origin/", "/atom/origin/a", front.Page},
		{"/atom/regressions", "/atom/regressions", front.Page},
		{"/atom/tree/", "/atom/tree/a", front.Page},
		{"/authtest", "/authtest", front.Receipt},
		{"/build/", "/build/a", front.Page},
		{"/checkout/", "/checkout/a", front.Page},
		{"/compare", "/compare?a=a&b=b", front.Page},
		{"/compare/", "/compare/a...b", front.Page},
		{"/feed/{name}", "/feed/a.atom", front.Page},
		{"/hardware", "/hardware", front.Page},
		{"/hardware/", "/hardware/a", front.Page},
		{"/health", "/health", front.Probe},
		{"/icon.svg", "/icon.svg", front.Light},
		{"/incident/", "/incident/a", front.Page},
		{"/issue/", "/issue/a", front.Page},
		{"/issues", "/issues", front.Page},
		{"/issues/new", "/issues/new", front.Page},
		{"/keys", "/keys", front.Page},
		{"/lab/", "/lab/a", front.Page},
		{"/labs", "/labs", front.Page},
		{"/metrics", "/metrics", front.Light},
		{"/origin/", "/origin/a", front.Page},
		{"/origins", "/origins", front.Page},
		{"/ready", "/ready", front.Probe},
		{"/revision/", "/revision/a", front.Page},
		{"/script.js", "/script.js", front.Light},
		{"/search", "/search?q=a", front.Page},
		{"/statistics", "/statistics", front.Page},
		{"/status", "/status?id=a", front.Receipt},
		{"/style.css", "/style.css", front.Light},
		{"/submission/", "/submission/a", front.Page},
		{"/submit", "/submit", front.Submission},
		{"/submit-results", "/submit-results", front.Page},
		{"/submit-results/tray", "/submit-results/tray", front.Page},
		{"/tasks/load", "/tasks/load", front.Task},
		{"/tasks/notify", "/tasks/notify", front.Task},
		{"/tasks/send", "/tasks/send", front.Task},
		{"/test/", "/test/a", front.Page},
		{"/tree/", "/tree/a/b", front.Page},
		{"/verdicts", "/verdicts", front.Page},
		{"/{$}", "/", front.Page},
	}
	limited, _ := frontOf(t, func(c *Config) {
		withTasks(c)
		c.JWTSecret, c.APIRate, c.APIBurst = "s", 1, 1
	})
	open, _ := frontOf(t, func(c *Config) {
		withTasks(c)
		c.BaseURL = "https://kcidb.example.org/"
	})
	all := limited.Routes()
	all = slices.DeleteFunc(all, func(r front.Route) bool { // they lead from a page to its data and its feed
		return r.Kind == front.Page && (strings.HasSuffix(r.Path, ".json") || strings.HasSuffix(r.Path, ".atom"))
	})
	slices.SortFunc(all, func(a, b front.Route) int { return cmp.Compare(a.Path, b.Path) })
	if len(all) != len(routes) {
		t.Errorf("%d routes, want %d", len(all), len(routes))
	}
	for i, route := range all {
		if i >= len(routes) || route.Path != routes[i].path || route.Kind != routes[i].kind {
			t.Fatalf("%s is of kind %d: see what it costs, and say so here", route.Path, route.Kind)
		}
		path, from := routes[i].asked, fmt.Sprintf("192.0.2.%d:1", i)
		for again := 0; ; again++ {
			began, from := time.Now(), fmt.Sprintf("192.0.%d.%d:1", 2+again, i)
			if w := ask(limited, path, "kcidb.example.org", from); w.Code == 429 || w.Code == 421 {
				t.Errorf("%s: %d at first", path, w.Code)
			}
			w := ask(limited, path, "kcidb.example.org", from)
			isLimited := (w.Code == 429) == (route.Kind != front.Probe)
			if !isLimited && time.Since(began) >= time.Second && again < 100 {
				continue // on a busy machine a request may be late, and so not too often
			}
			if !isLimited {
				t.Errorf("%s: %d for one who asks too often", path, w.Code)
			}
			break
		}
		if w := ask(open, path, "evil.example", from); w.Code != 421 || !strings.Contains(w.Body.String(), "base_url") {
			t.Errorf("%s: %d by a name of somebody else", path, w.Code)
		}
		for _, host := range []string{"kcidb.example.org", "localhost:8080", "127.0.0.1", "[::1]:80"} {
			if w := ask(open, path, host, from); w.Code == 421 {
				t.Errorf("%s: %d by the name %s", path, w.Code, host)
			}
		}
	}
}

// TestFloodOfPages: each of many concurrent requests for pages is answered, or
// refused with the time to come back. Requests of other clients are answered
// meanwhile.
func TestFloodOfPages(t *testing.T) {
	front, p := frontOf(t, func(c *Config) { c.JWTSecret, c.APIRate = "s", 0 })
	hash := strings.Repeat("a", 40)
	r := &report.Report{Checkouts: []report.Checkout{{ID: "ci:1", Origin: "ci", GitCommitHash: &hash, PatchsetHash: new("")}}}
	for n := range 200 {
		r.Builds = append(r.Builds, report.Build{ID: fmt.Sprint("ci:", n), Origin: "ci", CheckoutID: "ci:1", Status: new(report.Status("PASS"))})
	}
	if _, err := p.store.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	var visitors sync.WaitGroup
	var shown atomic.Int64
	for n := range 300 {
		visitors.Go(func() {
			// A page under another host name is another page to the cache.
			w := ask(front, "/revision/"+hash, fmt.Sprintf("kcidb%d.example.org", n), "192.0.2.1:1")
			switch w.Code {
			case 200:
				shown.Add(1)
			case 503:
				if w.Header().Get("Retry-After") == "" {
					t.Error("nobody says when to come back")
				}
			default:
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	for _, path := range []string{"/", "/health", "/ready", "/metrics", "/api/tree"} {
		if w := ask(front, path, "kcidb.example.org", "192.0.2.2:1"); w.Code != 200 {
			t.Errorf("%s meanwhile: %d %s", path, w.Code, w.Body)
		}
	}
	visitors.Wait()
	if shown.Load() == 0 {
		t.Error("no page is shown")
	}
}

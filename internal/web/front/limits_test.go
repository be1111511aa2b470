// SPDX-License-Identifier: Apache-2.0

package front

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// oneOfEach returns a front with a route for each kind, whose path is its number.
func oneOfEach(l Limits, h http.HandlerFunc) *Front {
	front := New(l)
	for k := range kinds {
		front.Handle(fmt.Sprint("/", int(k)), k, h)
	}
	return front
}

// TestBeside: a front for another address has its own routes and answers, and the limits
// of the first.
func TestBeside(t *testing.T) {
	first := New(Limits{Rate: 1, Burst: 3, Keep: time.Hour})
	second := first.Beside()
	first.Handle("/a", Question, respondWith("first"))
	second.Handle("/a", Question, respondWith("second"))
	second.Handle("/b", Question, respondWith("b"))
	for _, tt := range []struct {
		front      *Front
		path, want string
		code       int
	}{
		{first, "/a", "first", 200}, {second, "/a", "second", 200}, {first, "/b", "", 404}, {second, "/b", "", 429}, {first, "/a", "", 429},
	} {
		if w := fetch(tt.front, "GET", tt.path); w.Code != tt.code || tt.want != "" && w.Body.String() != tt.want {
			t.Errorf("%s: %d %s", tt.path, w.Code, w.Body)
		}
	}
	if first.slots != second.slots || first.streams != second.streams || first.bodies != second.bodies {
		t.Error("the fronts do not share their slots")
	}
}

func respondWith(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
}

// TestRefusalsAreSlowed answers the first refusals at once and further ones later, each address
// apart.
func TestRefusalsAreSlowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock moves only while all wait
		front := oneOfEach(Limits{Rate: 0.001, Burst: 1}, respondWith("x"))
		get := func(ctx context.Context, from string) (code int, took time.Duration) {
			r := httptest.NewRequestWithContext(ctx, "GET", fmt.Sprint("/", int(Page)), nil)
			r.RemoteAddr = from
			w := httptest.NewRecorder()
			began := time.Now()
			front.ServeHTTP(w, r)
			return w.Code, time.Since(began)
		}
		get(t.Context(), "192.0.2.1:1")
		for i := range refusalBurst {
			if code, took := get(t.Context(), "192.0.2.1:1"); code != 429 || took != 0 {
				t.Fatalf("refusal %d: %d after %v", i, code, took)
			}
		}
		if code, took := get(t.Context(), "192.0.2.1:1"); code != 429 || took == 0 || took > slowRefusal {
			t.Errorf("a flood: %d after %v", code, took)
		}
		if code, took := get(t.Context(), "192.0.2.2:1"); code != 200 || took != 0 {
			t.Errorf("another address: %d after %v", code, took)
		}
	})
}

// An address that sends too many requests learns when to come back, for all kinds of
// requests except probes, and except those of known submitters.
func TestTooOften(t *testing.T) {
	get := func(front http.Handler, k Kind, from string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", fmt.Sprint("/", int(k)), nil)
		r.RemoteAddr = from
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		return w
	}
	known := func(h http.Header) bool { return h.Get("Authorization") == "me" }
	for k := range kinds {
		synctest.Test(t, func(t *testing.T) { // the clock stands still
			front := oneOfEach(Limits{Rate: 0.5, Burst: 2, Known: known}, respondWith("x"))
			for range 2 {
				if w := get(front, k, "192.0.2.1:1"); w.Code != 200 {
					t.Errorf("%d: %d", k, w.Code)
				}
			}
			w := get(front, k, "192.0.2.1:2")
			if k == Probe {
				if w.Code != 200 {
					t.Errorf("a probe: %d", w.Code)
				}
				return
			}
			if w.Code != 429 || w.Header().Get("Retry-After") != "2" || !strings.Contains(w.Body.String(), "Too many requests") ||
				strings.Contains(w.Body.String(), `{"error":`) != (k.forPrograms() || k == Task) || strings.Contains(w.Body.String(), `"status":"error"`) != k.forSubmitters() {
				t.Errorf("%d: %d %v %s", k, w.Code, w.Header(), w.Body)
			}
			if w := get(front, k, "192.0.2.2:1"); w.Code != 200 {
				t.Errorf("%d from another: %d", k, w.Code)
			}
			if w := get(front, k, "192.0.2.1:3", "Authorization", "me"); (w.Code == 200) != k.forSubmitters() {
				t.Errorf("%d, known: %d", k, w.Code)
			}
		})
	}
}

// If all slots are in use, a few requests wait for a moment and others are refused.
// Requests of another kind are answered meanwhile.
func TestTooMany(t *testing.T) {
	for k := range Submission {
		synctest.Test(t, func(t *testing.T) {
			front := oneOfEach(Limits{AtOnce: 4}, respondWith("x"))
			slots := front.slots[k]
			get := func(of Kind, n int) int {
				r := httptest.NewRequest("GET", fmt.Sprint("/", int(of)), nil)
				r.Host = fmt.Sprint(n) // each has an answer of its own
				w := httptest.NewRecorder()
				front.ServeHTTP(w, r)
				return w.Code
			}
			for range cap(slots.used) {
				slots.used <- struct{}{}
			}
			codes := make(chan int)
			waiting := int(slots.most)
			for n := range waiting {
				go func() { codes <- get(k, n) }()
			}
			synctest.Wait()
			began := time.Now()
			if code := get(k, waiting); code != 503 || time.Since(began) > 0 {
				t.Errorf("%d: %d after %v", k, code, time.Since(began))
			}
			for other := range Submission {
				if other == k {
					continue
				}
				if code := get(other, 0); code != 200 {
					t.Errorf("%d: %d, while there are many of %d", other, code, k)
				}
			}
			slots.release()
			for range waiting { // one after the other gets the place
				if code := <-codes; code != 200 {
					t.Errorf("%d: %d for one that waits", k, code)
				}
			}
			slots.used <- struct{}{}
			w := fetch(front, "GET", fmt.Sprint("/", int(k)))
			if w.Code != 503 || w.Header().Get("Retry-After") != "10" || w.Header().Get("Cache-Control") != "no-store" || time.Since(began) != patience {
				t.Errorf("%d: %d %v after %v", k, w.Code, w.Header(), time.Since(began))
			}
		})
	}
}

// Requests that no client of ours sends reach no handler.
func TestUnreasonableRequests(t *testing.T) {
	many := make([]string, 0, 2*maxHeaders+2)
	for n := range maxHeaders + 1 {
		many = append(many, fmt.Sprint("X-", n), "x")
	}
	front := oneOfEach(Limits{}, respondWith("x"))
	for k := range kinds {
		path := fmt.Sprint("/", int(k))
		if w := fetch(front, "GET", path+"?"+strings.Repeat("&", maxParameters)); w.Code != 400 {
			t.Errorf("%d, parameters: %d", k, w.Code)
		}
		if w := fetch(front, "GET", path, many...); w.Code != 431 {
			t.Errorf("%d, headers: %d", k, w.Code)
		}
		if w := fetch(front, "GET", path+"?"+strings.Repeat("&", maxParameters-1), many[2:]...); w.Code != 200 {
			t.Errorf("%d: %d", k, w.Code)
		}
	}
}

// Without a secret, a service does not answer to names that an attacker may point at
// its machine.
func TestHosts(t *testing.T) {
	for _, tt := range []struct {
		hosts     []string
		host      string
		addresses bool
		taken     bool
	}{
		{nil, "evil.example", false, true},
		{[]string{}, "evil.example", false, false},
		{[]string{}, "evil.example:8080", false, false},
		{[]string{}, "localhost.evil.example", false, false},
		{[]string{}, "127.0.0.1.evil.example", false, false},
		{[]string{}, "evil.localhost", false, true},
		{[]string{}, "", false, false},
		{[]string{}, "localhost", false, true},
		{[]string{}, "LocalHost.:8080", false, true},
		{[]string{}, "127.0.0.1:8080", false, true},
		{[]string{}, "[::1]:8080", false, true},
		{[]string{}, "[::1]", false, true},
		{[]string{}, "127.8.9.10", false, true},
		{[]string{}, "192.0.2.1:8080", false, false},
		{[]string{}, "[2001:db8::1]:8080", false, false},
		{[]string{}, "192.0.2.1:8080", true, true},
		{[]string{}, "[2001:db8::1]:8080", true, true},
		{[]string{}, "192.0.2.1.evil.example", true, false},
		{[]string{"192.0.2.1"}, "192.0.2.1:8080", false, true},
		{[]string{"kcidb.example.org"}, "kcidb.example.org", false, true},
		{[]string{"kcidb.example.org"}, "KCIDB.example.org:443", false, true},
		{[]string{"kcidb.example.org"}, "www.kcidb.example.org", false, false},
	} {
		front := oneOfEach(Limits{Hosts: tt.hosts, Addresses: tt.addresses}, respondWith("x"))
		for k := range kinds {
			r := httptest.NewRequest("GET", fmt.Sprint("/", int(k)), nil)
			r.Host = tt.host
			r.Header.Set("X-Forwarded-Host", "localhost")
			w := httptest.NewRecorder()
			front.ServeHTTP(w, r)
			if (w.Code == 200) != tt.taken || !tt.taken && (w.Code != 421 || !strings.Contains(w.Body.String(), "base_url")) {
				t.Errorf("%d called %q, by the name %q: %d %s", k, tt.host, tt.hosts, w.Code, w.Body)
			}
		}
	}
}

// Handlers for all paths below a path get the path as it was sent. Other paths are
// cleaned by a redirect, which counts as a request as well.
func TestRoutes(t *testing.T) {
	front := New(Limits{})
	front.HandleBelow("/api/x", Pattern, respondWith("x"))
	front.HandleBelow("/api/", Question, respondWith("api"))
	front.Handle("/{$}", Light, respondWith("front"))
	front.Handle("/test/", Page, respondWith("page"))
	for _, tt := range []struct {
		path, want string
		code       int
		kind       Kind
	}{
		{"/", "front", 200, Light}, {"/nothing", "", 404, Light}, {"/test/a/b", "page", 200, Page}, {"/api/x/y", "x", 200, Pattern},
		{"/api/..//%2f", "api", 200, Question}, {"/test//a", "", 307, Page}, {"//api/x", "", 307, Light},
	} {
		r := httptest.NewRequest("GET", tt.path, nil)
		if k := front.find(r).Kind; k != tt.kind {
			t.Errorf("%s is of kind %d", tt.path, k)
		}
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		if w.Code != tt.code || tt.want != "" && w.Body.String() != tt.want {
			t.Errorf("%s: %d %s", tt.path, w.Code, w.Body)
		}
	}
}

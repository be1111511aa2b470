// SPDX-License-Identifier: Apache-2.0

package front

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestMethods(t *testing.T) {
	says := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
	}
	m := Methods{"GET": says("got"), "POST": says("posted")}
	for _, test := range []struct {
		method, body, allow string
		code                int
	}{
		{"GET", "got", "", 200}, {"HEAD", "got", "", 200}, {"POST", "posted", "", 200},
		{"PUT", "", "GET, HEAD, POST", 405}, {"OPTIONS", "", "GET, HEAD, POST", 405},
	} {
		w := httptest.NewRecorder()
		m.ServeHTTP(w, httptest.NewRequest(test.method, "/", nil))
		if w.Code != test.code || w.Body.String() != test.body || w.Header().Get("Allow") != test.allow {
			t.Errorf("%s: %d %q, Allow %q", test.method, w.Code, w.Body, w.Header().Get("Allow"))
		}
	}
}

func TestPanicIsAnswered(t *testing.T) {
	var log bytes.Buffer
	h := harden(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") }), slog.New(slog.NewTextHandler(&log, nil)))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
	if w.Code != http.StatusInternalServerError || w.Body.Len() != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, want := range []string{"panic=oh", "path=/x", "server_test.go"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q: %s", want, log.String())
		}
	}
}

// TestServeStops shows that a server that stops finishes the answers that it has begun,
// takes no new request, and drops an answer that takes too long.
func TestServeStops(t *testing.T) {
	for _, test := range []struct {
		name     string
		answer   time.Duration
		grace    time.Duration
		finished bool
	}{
		{"in time", 200 * time.Millisecond, 20 * time.Second, true},
		{"too late", 20 * time.Second, 100 * time.Millisecond, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			url := "http://" + l.Addr().String()
			asked := make(chan bool, 1)
			s := NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked <- true
				select {
				case <-time.After(test.answer):
				case <-r.Context().Done():
				}
			}), slog.New(slog.DiscardHandler))
			ctx, cancel := context.WithCancel(t.Context())
			served := make(chan error, 1)
			go func() { served <- Serve(ctx, s, l, test.grace) }()
			answered := make(chan error, 1)
			go func() {
				resp, err := http.Get(url)
				if err == nil {
					resp.Body.Close()
				}
				answered <- err
			}()
			<-asked
			cancel()
			if err := <-served; err != nil {
				t.Error(err)
			}
			if err := <-answered; (err == nil) != test.finished {
				t.Errorf("the answer under way: %v", err)
			}
			if resp, err := http.Get(url); err == nil {
				resp.Body.Close()
				t.Error("a new request was answered")
			}
		})
	}
}

// TestScheme: only a trusted proxy says how its client came, and browsers learn to come by
// HTTPS when they do.
func TestScheme(t *testing.T) {
	for _, tt := range []struct {
		from, forwarded string
		encrypted       bool
		scheme, hsts    string
	}{
		{"192.0.2.1:1", "", false, "http", ""},
		{"192.0.2.1:1", "https", false, "https", "max-age=172800"},
		{"192.0.2.1:1", "http", false, "http", ""},
		{"192.0.2.2:1", "https", false, "http", ""},
		{"192.0.2.2:1", "http", true, "https", "max-age=172800"},
	} {
		f := New(Limits{Proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}, HSTS: 2})
		f.Handle("/a", Question, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, Scheme(r)) }))
		r := httptest.NewRequest("GET", "/a", nil)
		r.RemoteAddr = tt.from
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-Proto", tt.forwarded)
		}
		if tt.encrypted {
			r.TLS = &tls.ConnectionState{}
		}
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if hsts := w.Header().Get("Strict-Transport-Security"); w.Body.String() != tt.scheme || hsts != tt.hsts {
			t.Errorf("%+v: %s, %q", tt, w.Body, hsts)
		}
		if r.Header.Get("X-Forwarded-Proto") != tt.forwarded {
			t.Errorf("%+v: the server's request was changed", tt)
		}
	}
}

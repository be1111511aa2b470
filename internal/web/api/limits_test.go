// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/web"
)

// quiet returns an API without operations of its own.
func quiet(limits Limits) *API {
	return New(Config{Store: failing{}, Log: slog.New(slog.DiscardHandler), Now: time.Now, Limits: limits})
}

// endless writes until nobody reads.
func endless(_ context.Context, _ *struct{}, w io.Writer) error {
	line := []byte(`"` + strings.Repeat("x", 1000) + "\",\n")
	for {
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
}

// A client that does not read is not waited for, nor is one that reads a byte a
// second, compressed or not.
func TestSlowReader(t *testing.T) {
	for _, coding := range []string{"identity", "gzip"} {
		a := quiet(Limits{})
		a.within = 100*time.Millisecond - lastWords
		stream[struct{}, []string](a, operation{path: "/api/endless"}, endless)
		// The time for the database is not over: only the connection's is.
		a.handler = a.timed(a.kept(a.router.ServeHTTP))
		ended := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			a.ServeHTTP(w, r)
		}))
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET /api/endless HTTP/1.1\r\nHost: x\r\nAccept-Encoding: %s\r\n\r\n", coding)
		one := make([]byte, 1)
		reading := make(chan struct{})
		go func() {
			defer close(reading)
			for {
				if _, err := conn.Read(one); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		}()
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			t.Errorf("%s: the answer goes on", coding)
		}
		conn.Close()
		<-reading
		server.Close()
	}
}

// A client that sends its body a byte at a time is not waited for either.
func TestSlowSender(t *testing.T) {
	a := quiet(Limits{})
	a.within = 100*time.Millisecond - lastWords
	server := httptest.NewServer(a.timed(a.router.ServeHTTP))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "POST /api/report HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ntest")
	conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	// A refusal that nobody gets, as the time is over, or one that says so.
	if text, err := io.ReadAll(bufio.NewReader(conn)); err != nil || len(text) > 0 && !strings.Contains(string(text), "cannot be read") {
		t.Errorf("%v: %s", err, text)
	}
}

// A question that takes the database too long is answered all the same.
func TestTimeIsOver(t *testing.T) {
	a := quiet(Limits{Time: 50 * time.Millisecond})
	answer(a, operation{path: "/api/slow"}, func(ctx context.Context, _ *struct{}) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	})
	server := httptest.NewServer(a)
	defer server.Close()
	resp, err := http.Get(server.URL + "/api/slow")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "10" || !strings.Contains(string(body), `{"error":`) {
		t.Errorf("%d %v %s %v", resp.StatusCode, resp.Header, body, err)
	}
}

// More than can be answered at once are told to come back, after a moment.
func TestTooMany(t *testing.T) {
	a := New(Config{Store: sample(t), Log: slog.New(slog.DiscardHandler), Now: time.Now, Limits: Limits{AtOnce: 2}})
	get := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest("GET", "/api/report?test=ci:t", nil))
		return w
	}
	for range 2 {
		a.answers <- struct{}{}
	}
	if w := get(); w.Code != 503 || w.Header().Get("Retry-After") != "10" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	time.AfterFunc(patience/10, func() { <-a.answers })
	if w := get(); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTooOften(t *testing.T) {
	a := quiet(Limits{Rate: 0.5, Burst: 2})
	answer(a, operation{path: "/api/x"}, func(context.Context, *struct{}) (string, error) { return "", nil })
	get := func(from string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/api/x", nil)
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return w
	}
	for range 2 {
		if w := get("192.0.2.1:1"); w.Code != 200 {
			t.Error(w.Code)
		}
	}
	if w := get("192.0.2.1:2"); w.Code != 429 || w.Header().Get("Retry-After") != "2" || !strings.Contains(w.Body.String(), `{"error":`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := get("192.0.2.2:1"); w.Code != 200 {
		t.Error(w.Code)
	}
}

// Bodies that are no use are refused, with why.
func TestBodies(t *testing.T) {
	type input struct {
		Body struct {
			_    struct{} `additionalProperties:"true"`
			Name string   `json:"name"`
			Any  any      `json:"any,omitempty"`
		}
	}
	a := quiet(Limits{})
	answer(a, operation{method: "POST", path: "/api/x"}, func(_ context.Context, in *input) (string, error) { return in.Body.Name, nil })
	for _, tt := range []struct {
		body, kind string
		code       int
		want       string
	}{
		{`{"name": "a"}`, "application/json", 200, `"a"`},
		{`{"name": "a", "more": 1}`, "application/json", 200, `"a"`},
		{`{"name": "a"}`, "", 200, `"a"`},
		{`{"name": 1}`, "application/json", 400, "name"},
		{`{}`, "application/json", 400, "name"},
		{`[]`, "application/json", 400, "object"},
		{``, "application/json", 400, "body"},
		{`name=a`, "application/json", 400, "error"},
		{`{"name": "` + strings.Repeat("a", 5<<20) + `"}`, "application/json", 413, "limit"},
		{strings.Repeat(`{"any":`, 100_000) + "1" + strings.Repeat("}", 100_000), "application/json", 400, "depth"},
		{strings.Repeat("[", 1_000_000), "application/json", 400, "error"},
		{"\xff\xfe", "application/json", 400, "error"},
	} {
		r := httptest.NewRequest("POST", "/api/x", strings.NewReader(tt.body))
		if tt.kind != "" {
			r.Header.Set("Content-Type", tt.kind)
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.want) || w.Body.Len() > 2000 {
			t.Errorf("%.40s: %d %.300s, want %d %s", tt.body, w.Code, w.Body, tt.code, tt.want)
		}
	}
}

// Parameters that are too long are refused, by the server where they do not fit a
// request, and those that nobody knows are ignored.
func TestHugeParameters(t *testing.T) {
	type input struct {
		Name string `query:"name" maxLength:"100"`
	}
	a := quiet(Limits{})
	answer(a, operation{path: "/api/x"}, func(_ context.Context, in *input) (string, error) { return in.Name, nil })
	server := httptest.NewUnstartedServer(nil)
	server.Config = web.NewServer(a.Before(http.NotFoundHandler()), slog.New(slog.DiscardHandler))
	server.Start()
	defer server.Close()
	for _, tt := range []struct {
		query string
		code  int
	}{
		{"name=" + strings.Repeat("a", 100), 200},
		{"name=" + strings.Repeat("a", 101), 400},
		{"name=" + strings.Repeat("a", 30_000), 400},
		{"name=" + strings.Repeat("a", 50_000), 431},
		{strings.Repeat("x=1&", 7_000) + "name=a", 200},
		{"name=%zz", 200}, // as if it were not there
		{"unknown=a&=&&;", 200},
		{"unknown=%00", 400},
	} {
		resp, err := http.Get(server.URL + "/api/x?" + tt.query)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != tt.code || len(body) > 1000 {
			t.Errorf("%.40s: %d %.200s %v, want %d", tt.query, resp.StatusCode, body, err, tt.code)
		}
	}
}

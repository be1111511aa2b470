// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

// emptyAPI returns an API without operations of its own.
func emptyAPI() *API {
	return New(Config{Store: failing{}, Log: slog.New(slog.DiscardHandler), Now: time.Now})
}

// fronted returns an API behind limits.
func fronted(a *API, l front.Limits) http.Handler {
	front := front.New(l)
	a.Routes(front)
	return front
}

func request(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A question that takes the database too long is answered all the same.
func TestTimeIsOver(t *testing.T) {
	a := emptyAPI()
	answer(a.registry, operation{plain: true, path: "/api/slow"}, func(ctx context.Context, _ *struct{}) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	})
	server := httptest.NewServer(fronted(a, front.Limits{Time: 50 * time.Millisecond}))
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

// A failed request is answered with an error. If an answer cannot be finished, it becomes
// an error as long as no byte was sent; otherwise the connection breaks.
func TestFailures(t *testing.T) {
	a := emptyAPI()
	type sized struct {
		Size int    `query:"size"`
		Fail string `query:"fail"`
	}
	stream[sized, []string](a.registry, operation{plain: true, path: "/api/sized"}, func(_ context.Context, in *sized, w io.Writer) error {
		switch in.Fail {
		case "before":
			return errors.New("broken")
		case "nothing":
			return notFound("There is nothing")
		}
		if _, err := io.WriteString(w, strings.Repeat(" ", in.Size)); err != nil {
			return err
		}
		return errors.New("broken")
	})
	h := fronted(a, front.Limits{})
	for _, tt := range []struct {
		query string
		code  int
		cache string
	}{
		{"fail=before", 500, "no-store"},
		{"size=100", 500, "no-store"},
		{"fail=nothing", 200, "public, max-age=5"},
		{"size=x", 400, "no-store"},
	} {
		w := request(h, "GET", "/api/sized?"+tt.query)
		if w.Code != tt.code || !strings.HasPrefix(w.Body.String(), `{"error":`) || w.Header().Get("Cache-Control") != tt.cache {
			t.Errorf("%s: %d %v %s", tt.query, w.Code, w.Header(), w.Body)
		}
	}
	if w := request(h, "HEAD", "/api/sized?size=1000000"); w.Code != 200 || w.Body.Len() > 0 {
		t.Errorf("HEAD: %d, %d bytes", w.Code, w.Body.Len())
	}
	defer func() {
		if cause := recover(); cause != http.ErrAbortHandler {
			t.Errorf("a large answer that breaks ends by %v", cause)
		}
	}()
	request(h, "GET", "/api/sized?size=1000000")
}

// Bodies that cannot be used are refused, with the reason.
func TestBodies(t *testing.T) {
	type input struct {
		Body struct {
			_    struct{} `additionalProperties:"true"`
			Name string   `json:"name"`
			Any  any      `json:"any,omitempty"`
		}
	}
	a := emptyAPI()
	answer(a.registry, operation{plain: true, method: "POST", path: "/api/x"}, func(_ context.Context, in *input) (string, error) { return in.Body.Name, nil })
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

// Parameters that are too long are refused, by the server if they do not fit into a
// request. Unknown parameters are ignored.
func TestHugeParameters(t *testing.T) {
	type input struct {
		Name string `query:"name" maxLength:"100"`
	}
	a := emptyAPI()
	answer(a.registry, operation{plain: true, path: "/api/x"}, func(_ context.Context, in *input) (string, error) { return in.Name, nil })
	server := httptest.NewUnstartedServer(nil)
	server.Config = front.NewServer(fronted(a, front.Limits{}), slog.New(slog.DiscardHandler))
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
		{strings.Repeat("x=1&", 999) + "name=a", 200},
		{strings.Repeat("x=1&", 1000) + "name=a", 400},
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

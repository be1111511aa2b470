// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store/sqlite"
)

func init() {
	contract("log-downloader", func(t *testing.T, s *served) {
		wantShape(t, s.getOK("/api/log-downloader/?log_download_url=https://files.example.org/x"),
			`{"log_files": [{"specific_log_url": "str?", "file_name": "str?", "file_size": "count?", "date": "ts?"}]}`)
	})
}

// logServer is a host of logs, which counts requests.
func logServer(t *testing.T, asked *int) *httptest.Server {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, strings.Repeat("a line of a log\n", 1000))
	z.Close()
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	for path, h := range map[string]http.HandlerFunc{
		"/plain": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Set-Cookie", "a=b")
			io.WriteString(w, "<script>a log")
		},
		"/packed": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(packed.Bytes())
		},
		"/here":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/plain", http.StatusFound) },
		"/round": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) },
		"/there": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://localhost:"+strings.Split(s.Listener.Addr().String(), ":")[1]+"/plain", http.StatusFound)
		},
		"/gone":    func(w http.ResponseWriter, r *http.Request) { http.Error(w, "gone", http.StatusNotFound) },
		"/long":    func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Length", fmt.Sprint(maxLog+1)) },
		"/endless": func(w http.ResponseWriter, r *http.Request) { io.CopyN(w, zeros{}, maxLog+1) },
		"/headers": func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Header) },
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			*asked++
			h(w, r)
		})
	}
	return s
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestLogProxy(t *testing.T) {
	var asked int
	host := logServer(t, &asked)
	p := newLogProxy([]string{strings.ToUpper(strings.TrimPrefix(host.URL, "http://")), "Logs.example.org"},
		func(netip.Addr) bool { return true }, slog.New(slog.DiscardHandler))
	tests := []struct {
		url  string
		code int // of the error, 0 for none
		want string
	}{
		{host.URL + "/plain", 0, "<script>a log"},
		{host.URL + "/here", 0, "<script>a log"},
		{host.URL + "/headers", 0, "map[Connection:[close] User-Agent:[kcidb]]"},
		{host.URL + "/round", 502, "cannot be fetched"},
		{host.URL + "/there", 502, "cannot be fetched"},
		{host.URL + "/gone", 502, "404"},
		{host.URL + "/long", 502, "too long"},
		{"http://127.0.0.1:1/plain", 403, "may not be fetched"},
		{"http://127.0.0.1/plain", 403, "may not be fetched"},
		{"https://evil.example.org/logs.example.org", 403, "may not be fetched"},
		{"https://logs.example.org.evil.example.org/", 403, "may not be fetched"},
		{"https://logs.example.org:8443/", 403, "may not be fetched"},
		{"http://logs.example.org:443/", 403, "may not be fetched"},
		{"https://me:secret@logs.example.org/", 400, "not the URL"},
		{"ftp://logs.example.org/x", 400, "not the URL"},
		{"file:///etc/passwd", 400, "not the URL"},
		{"//logs.example.org/x", 400, "not the URL"},
		{"https:logs.example.org", 400, "not the URL"},
		{"https://", 400, "not the URL"},
		{"%", 400, "not the URL"},
		{"", 400, "not the URL"},
		{"http://[::1/", 400, "not the URL"},
		{"https://logs.example.org/\n", 400, "not the URL"},
	}
	for _, tt := range tests {
		log, err := p.fetch(t.Context(), tt.url)
		if f, ok := err.(*failed); ok && tt.code != 0 {
			if f.status != tt.code || !strings.Contains(f.Message, tt.want) {
				t.Errorf("%s: %d %s, want %d %s", tt.url, f.status, f.Message, tt.code, tt.want)
			}
			continue
		}
		if err != nil || tt.code != 0 {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		text, err := io.ReadAll(log)
		if string(text) != tt.want || err != nil {
			t.Errorf("%s: %s, %v", tt.url, text, err)
		}
		log.Close()
	}
	for _, u := range []string{"https://LOGS.example.org/x", "https://logs.example.org:443/x", "http://logs.example.org:80/x", "http://logs.example.org"} {
		if _, err := p.parse(u); err != nil {
			t.Errorf("%s: %v", u, err)
		}
	}
	log, err := p.fetch(t.Context(), host.URL+"/packed")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(log); err != nil || !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		t.Errorf("not as it is sent: %.20q, %v", text, err)
	}
	log.Close()
	log, err = p.fetch(t.Context(), host.URL+"/endless")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, log); err == nil || n > maxLog {
		t.Errorf("%d bytes, %v", n, err)
	}
	for range logsAtOnce - 1 {
		if _, err := p.fetch(t.Context(), host.URL+"/plain"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.fetch(t.Context(), host.URL+"/plain"); err == nil || err.(*failed).status != 503 {
		t.Errorf("too many: %v", err)
	}
	log.Close()
	if _, err := p.fetch(t.Context(), host.URL+"/plain"); err != nil {
		t.Errorf("there is a place: %v", err)
	}
}

// Over HTTP, nothing is fetched from a host that the administrator did not name, nor
// from an address that is not public, even if the administrator named it.
func TestProxy(t *testing.T) {
	var asked int
	host := logServer(t, &asked)
	s := serve(t, sqlite.OpenMemory("test"))
	s.refused("/api/proxy/?url="+url.QueryEscape(host.URL+"/plain"), 403, "may not be fetched")
	s.api = New(Config{
		Store: s.store, Log: slog.New(slog.DiscardHandler), Now: time.Now, ProxyHosts: []string{strings.TrimPrefix(host.URL, "http://"), "logs.example.org"},
	})
	s.refused("/api/proxy?url="+url.QueryEscape(host.URL+"/plain"), 502, "cannot be fetched")
	s.refused("/api/proxy/", 400, "url")
	s.refused("/api/proxy/?url=x", 400, "url")
	s.refused("/api/log-downloader/?log_download_url=x", 400, "log_download_url")
	s.refused("/api/log-downloader/", 400, "log_download_url")
	if asked > 0 {
		t.Errorf("%d requests", asked)
	}
	want := map[string]any{"log_files": []any{map[string]any{
		"specific_log_url": "https://logs.example.org/a%2Fb/c.log.gz?d=e", "file_name": "c.log.gz", "file_size": nil, "date": nil,
	}}}
	got := s.getOK("/api/log-downloader/?log_download_url=" + url.QueryEscape("https://logs.example.org/a%2Fb/c.log.gz?d=e"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = s.getOK("/api/log-downloader/?log_download_url=https://elsewhere.example.org/c")
	if diff := cmp.Diff(map[string]any{"log_files": []any{}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A log is sent as bytes, with any type that its host gives it.
func TestProxyAnswer(t *testing.T) {
	var asked int
	host := logServer(t, &asked)
	a := New(Config{Store: sqlite.OpenMemory("test"), Log: slog.New(slog.DiscardHandler), Now: time.Now})
	p := newLogProxy([]string{strings.TrimPrefix(host.URL, "http://")}, func(netip.Addr) bool { return true }, a.log)
	huma.Register(a.huma, huma.Operation{Method: "GET", Path: "/api/there"}, p.answer)
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/api/there?url="+url.QueryEscape(host.URL+"/plain"), nil)
	r.Header.Set("Accept-Encoding", "gzip")
	a.ServeHTTP(w, r)
	h := w.Header()
	if w.Code != 200 || w.Body.String() != "<script>a log" || h.Get("Content-Type") != "application/octet-stream" ||
		h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Set-Cookie") != "" || h.Get("Content-Encoding") != "" {
		t.Errorf("%d %v %s", w.Code, h, w.Body)
	}
}

// SPDX-License-Identifier: Apache-2.0

package frontend

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

// built writes files, by their names, and returns their directory.
func built(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "dist")
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// script is larger than other answers that are held.
var script = "let " + strings.Repeat("a=1,", 500_000) + "b"

// serveFiles serves the files of a small application, and returns the URL of the server
// and the directory.
func serveFiles(t *testing.T) (url, dir string) {
	t.Helper()
	dir = built(t, map[string]string{
		"index.html":                "<title>page</title>",
		"robots.txt":                "robots",
		"logo.svg":                  "<svg/>",
		"LICENSE":                   "license",
		".env":                      "hidden",
		".git/config":               "hidden",
		"assets/index-Diw_gTd4.js":  script,
		"assets/index-Diw_gTd4.css": "body{}",
		"assets/plain.js":           "plain",
		"assets/.secret.js":         "hidden",
		"data/names.unknown":        "?",
		"../outside.txt":            "outside",
	})
	for link, to := range map[string]string{
		"escape.txt": "../outside.txt", "up": "..", "absolute.txt": filepath.Join(dir, "../outside.txt"), "same.txt": "robots.txt",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Open(dir, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	f := front.New(front.Limits{})
	files.Routes(f)
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return server.URL, dir
}

// asSent leaves the coding of answers to the test.
var asSent = &http.Transport{DisableCompression: true}

// ask sends a request with headers, each a name and a value, and returns the answer and its
// body. The path is sent as it is.
func ask(t *testing.T, method, url, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque = path
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := asSent.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestFiles(t *testing.T) {
	url, _ := serveFiles(t)
	const (
		page    = "<title>page</title>"
		html    = "text/html; charset=utf-8"
		year    = "public, max-age=31536000, immutable"
		text    = "text/plain; charset=utf-8"
		unknown = "application/octet-stream"
	)
	for _, test := range []struct {
		path       string
		code       int
		body, kind string
		keep       string
	}{
		{"/", 200, page, html, "no-cache"},
		{"/index.html", 200, page, html, "no-cache"},
		{"/robots.txt", 200, "robots", text, "no-cache"},
		{"/robots.txt?v=2", 200, "robots", text, "no-cache"},
		{"/logo.svg", 200, "<svg/>", "image/svg+xml", "no-cache"},
		{"/LICENSE", 200, "license", unknown, "no-cache"},
		{"/same.txt", 200, "robots", text, "no-cache"},
		{"/data/names.unknown", 200, "?", unknown, "no-cache"},
		{"/assets/plain.js", 200, "plain", "text/javascript; charset=utf-8", "no-cache"},
		{"/assets/index-Diw_gTd4.js", 200, script, "text/javascript; charset=utf-8", year},
		{"/assets/index-Diw_gTd4.css", 200, "body{}", "text/css; charset=utf-8", year},

		{"/tree", 200, page, html, "no-cache"},
		{"/tree/stable/linux-6.12.y/6f1c0d3a9b2e", 200, page, html, "no-cache"},
		{"/tree/next/a%2Fb", 200, page, html, "no-cache"},
		{"/test/maestro:6920f7a9", 200, page, html, "no-cache"},
		{"/hardware/google%2Ckevin.v2", 200, page, html, "no-cache"},
		{"/issues/?intervalInDays=7", 200, page, html, "no-cache"},
		{"/assets", 200, page, html, "no-cache"},

		{"/favicon.ico", 404, "", "", "no-store"},
		{"/assets/", 404, "", "", "no-store"},
		{"/assets/index-0ldH4sh0.js", 404, "", "", "no-store"},
		{"/assets/.secret.js", 404, "", "", "no-store"},
		{"/.env", 404, "", "", "no-store"},
		{"/.git/config", 404, "", "", "no-store"},
		{"/escape.txt", 404, "", "", "no-store"},
		{"/absolute.txt", 404, "", "", "no-store"},
		{"/up/outside.txt", 200, page, html, "no-cache"},
		{"/../outside.txt", 404, "", "", "no-store"},
		{"/%2e%2e/outside.txt", 404, "", "", "no-store"},
		{"/..%2foutside.txt", 404, "", "", "no-store"},
		{"/assets/../../outside.txt", 404, "", "", "no-store"},
		{"/robots.txt%00", 404, "", "", "no-store"},
		{"/robots.txt/", 200, page, html, "no-cache"},
	} {
		t.Run(test.path, func(t *testing.T) {
			answer, body := ask(t, "GET", url, test.path)
			header := answer.Header
			if answer.StatusCode != test.code || body != test.body || header.Get("Content-Type") != test.kind || header.Get("Cache-Control") != test.keep {
				t.Errorf("%d, %q, %q, %.40q\nwant %d, %q, %q, %.40q", answer.StatusCode, header.Get("Content-Type"), header.Get("Cache-Control"), body,
					test.code, test.kind, test.keep, test.body)
			}
			if test.code == 200 && header.Get("Content-Security-Policy") != policy {
				t.Errorf("Content-Security-Policy: %q", header.Get("Content-Security-Policy"))
			}
			head, nothing := ask(t, "HEAD", url, test.path)
			if head.StatusCode != test.code || nothing != "" || head.ContentLength != answer.ContentLength {
				t.Errorf("HEAD: %d, %d bytes of %d", head.StatusCode, len(nothing), head.ContentLength)
			}
		})
	}
}

// TestRequests: conditions, ranges, codings and methods of requests.
func TestRequests(t *testing.T) {
	url, _ := serveFiles(t)
	for _, path := range []string{"/", "/tree/mainline/master", "/assets/index-Diw_gTd4.js"} {
		first, whole := ask(t, "GET", url, path)
		tag := first.Header.Get("ETag")
		if tag == "" {
			t.Errorf("%s has no ETag", path)
		}
		if again, body := ask(t, "GET", url, path, "If-None-Match", tag); again.StatusCode != 304 || body != "" {
			t.Errorf("%s, known: %d", path, again.StatusCode)
		}
		if other, body := ask(t, "GET", url, path, "If-None-Match", `"other"`); other.StatusCode != 200 || body != whole {
			t.Errorf("%s, changed: %d", path, other.StatusCode)
		}
		// A server may answer with the whole. Nothing asks for parts of such files.
		if part, body := ask(t, "GET", url, path, "Range", "bytes=1-2"); part.StatusCode != 200 || body != whole {
			t.Errorf("%s, a range: %d, %d bytes", path, part.StatusCode, len(body))
		}
		if post, _ := ask(t, "POST", url, path); post.StatusCode != 405 || post.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d", path, post.StatusCode)
		}
	}
	for _, coding := range []string{"gzip", "zstd"} {
		answer, body := ask(t, "GET", url, "/assets/index-Diw_gTd4.js", "Accept-Encoding", coding)
		if answer.Header.Get("Content-Encoding") != coding || len(body) > len(script)/10 || answer.Header.Get("ETag") == "" {
			t.Errorf("%s: %q, %d bytes", coding, answer.Header.Get("Content-Encoding"), len(body))
		}
	}
}

// TestReplaced: a new build may be copied over the old one.
func TestReplaced(t *testing.T) {
	url, dir := serveFiles(t)
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, body := ask(t, "GET", url, "/tree"); body != "new" {
		t.Errorf("%q", body)
	}
	if err := os.Remove(filepath.Join(dir, "index.html")); err != nil {
		t.Fatal(err)
	}
	if answer, _ := ask(t, "GET", url, "/tree"); answer.StatusCode != 404 {
		t.Errorf("without the page: %d", answer.StatusCode)
	}
}

func TestOpen(t *testing.T) {
	for _, test := range []struct{ name, dir, err string }{
		{"no directory", filepath.Join(t.TempDir(), "none"), "no such file or directory"},
		{"a file", filepath.Join(built(t, map[string]string{"index.html": ""}), "index.html"), "not a directory"},
		{"no page", built(t, map[string]string{"assets/a.js": ""}), "no index.html that can be read: name the directory with the built front end"},
		{"a directory as the page", built(t, map[string]string{"index.html/a.js": ""}), "no index.html"},
		{"complete", built(t, map[string]string{"index.html": ""}), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			files, err := Open(test.dir, slog.New(slog.DiscardHandler))
			if err == nil {
				files.Close()
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("%v, want %q", err, test.err)
			}
		})
	}
}

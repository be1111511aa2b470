// SPDX-License-Identifier: Apache-2.0

package service

import (
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/browser"
)

// application is what front ends do: it adds a style sheet while it runs, asks the API of its
// own address, and shows the route in its path.
const application = `
const style = document.createElement('style');
style.textContent = 'p { font-weight: 700 }';
document.head.append(style);
const show = text => document.querySelector('p').textContent = location.pathname + ' ' + text;
fetch('/api/origins/').then(answer => answer.json()).then(origins => show(Object.keys(origins).join(' ')));
`

// page is the page of the application.
const page = `<!doctype html><html lang="en"><title>application</title>
<link rel="icon" href="data:,"><script type="module" src="/assets/index-Diw_gTd4.js"></script><p></p></html>`

// builtFrontEnd returns a directory with the files of a small front end.
func builtFrontEnd(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "assets"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"index.html": page, "assets/index-Diw_gTd4.js": application} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestFrontEnd: the front end and the API are at the second address, and nothing else. The
// first address stays as it is.
func TestFrontEnd(t *testing.T) {
	second := address.Reserve(t)
	s := start(t, func(c *Config) { c.FrontEnd, c.FrontEndListen = builtFrontEnd(t), second })
	const own, none = "default-src 'self'", "default-src 'none'"
	for _, test := range []struct {
		method, url string
		code        int
		body        string // a part of it
		policy      string
	}{
		{"GET", "http://" + second + "/", 200, "<title>application</title>", own},
		{"GET", "http://" + second + "/tree/mainline/master", 200, "<title>application</title>", own},
		{"HEAD", "http://" + second + "/tree", 200, "", own},
		{"GET", "http://" + second + "/assets/index-Diw_gTd4.js", 200, application, own},
		{"GET", "http://" + second + "/assets/x.js", 404, "", none},
		{"GET", "http://" + second + "/api/tree/", 200, `"error"`, none},
		{"GET", "http://" + second + "/api/origins/", 200, `{"checkout_origins":[`, none},
		{"GET", "http://" + second + "/api/nothing", 404, "", none},
		{"POST", "http://" + second + "/submit", 405, "", none},
		{"GET", "http://" + second + "/metrics", 200, "<title>application</title>", own},

		{"GET", s.url + "/", 200, "<h1>KCIDB</h1>", none},
		{"GET", s.url + "/assets/index-Diw_gTd4.js", 404, "", none},
		{"GET", s.url + "/api/origins/", 200, `{"checkout_origins":[`, none},
	} {
		r := do(t, request(t, test.method, test.url, nil))
		policy := r.header.Get("Content-Security-Policy")
		if r.code != test.code || !strings.Contains(r.body, test.body) || !strings.HasPrefix(policy, test.policy) || r.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s: %d %s\n%s", test.method, test.url, r.code, r.body, policy)
		}
	}
	if !strings.Contains(s.log.String(), `"msg":"serving the front end","url":"http://`+second+`/"`) {
		t.Error("the log does not say where the front end is")
	}
}

// TestFrontEndInABrowser: the headers let the application do its work, also if a visit begins
// at one of its routes.
func TestFrontEndInABrowser(t *testing.T) {
	second := address.Reserve(t)
	start(t, func(c *Config) { c.FrontEnd, c.FrontEndListen = builtFrontEnd(t), second })
	tab := browser.Open(t, browser.Look{Width: browser.Desktop})
	for _, path := range []string{"/", "/tree/stable/linux-6.12.y"} {
		tab.Visit("http://" + second + path)
		tab.Becomes(`document.querySelector('p').textContent !== ''`)
		if text, want := tab.Text("p"), path+" checkout_origins test_origins"; text != want {
			t.Errorf("%s shows %q, want %q", path, text, want)
		}
		if weight := browser.Evaluate[string](tab, `getComputedStyle(document.querySelector('p')).fontWeight`); weight != "700" {
			t.Errorf("%s: the style is not used", path)
		}
	}
}

// TestFrontEndIsLimited: an address has one rate for both addresses of the service, and a
// service without a secret has the same names at both.
func TestFrontEndIsLimited(t *testing.T) {
	second := address.Reserve(t)
	s := start(t, func(c *Config) {
		c.FrontEnd, c.FrontEndListen = builtFrontEnd(t), second
		c.APIRate, c.APIBurst = 1, 5
	})
	refused := false
	for n := 0; n < 200 && !refused; n++ {
		refused = do(t, request(t, "GET", "http://"+second+"/tree", nil)).code == http.StatusTooManyRequests
	}
	if !refused {
		t.Fatal("the front end is not limited")
	}
	if r := do(t, request(t, "GET", s.url+"/health", nil)); r.code != 200 {
		t.Errorf("/health: %d", r.code)
	}
	r := request(t, "GET", "http://"+second+"/tree", nil)
	r.Host = "evil.example"
	if r := do(t, r); r.code != http.StatusMisdirectedRequest {
		t.Errorf("by a foreign name: %d", r.code)
	}
}

// TestFrontEndDoesNotStart: the error names the key and says what to do.
func TestFrontEndDoesNotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct {
		name   string
		change func(*Config)
		err    string
	}{
		{"no directory", func(c *Config) { c.FrontEnd = "/no/such" }, "front_end: open /no/such: no such file or directory"},
		{"no page", func(c *Config) { c.FrontEnd = t.TempDir() }, "has no index.html"},
		{"address in use", func(c *Config) { c.FrontEndListen = taken.Addr().String() }, "set another address by the key front_end_listen"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Data, cfg.Listen = t.TempDir(), "127.0.0.1:0"
			cfg.FrontEnd, cfg.FrontEndListen = builtFrontEnd(t), "127.0.0.1:0"
			test.change(&cfg)
			s, err := New(cfg, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%v, want %q", err, test.err)
			}
		})
	}
}

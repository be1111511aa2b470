// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/certificates/certificatestest"
)

// TestRedirect: path and query stay as they were sent, and no link leads to a host that is
// not ours.
func TestRedirect(t *testing.T) {
	pair := certificatestest.New(t)
	pair.Write(t, time.Now().Add(time.Hour), "kcidb.example.org", "*.kernel.example", "192.0.2.1", "2001:db8::1")
	files, err := OpenFiles(pair.Cert, pair.Key, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	base := &url.URL{Scheme: "https", Host: "www.example.org"}
	acme, err := ACME{Hosts: []string{"kcidb.example.org"}}.Open()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		source             Source
		port, method, host string
		path               string
		code               int
		location           string
	}{
		{files, "443", "GET", "kcidb.example.org", "/", 301, "https://kcidb.example.org/"},
		{files, "443", "HEAD", "kcidb.example.org:80", "/a", 301, "https://kcidb.example.org/a"},
		{files, "8443", "GET", "kcidb.example.org:8080", "/test/a%3Ab%2Fc?q=a%20b&x=%0d%0aSet-Cookie:", 301, "https://kcidb.example.org:8443/test/a%3Ab%2Fc?q=a%20b&x=%0d%0aSet-Cookie:"},
		{files, "443", "GET", "KCIDB.example.org.", "//evil.example/", 301, "https://kcidb.example.org//evil.example/"},
		{files, "443", "GET", "kcidb.example.org", "/@evil.example", 301, "https://kcidb.example.org/@evil.example"},
		{files, "443", "GET", "ci.kernel.example", "/", 301, "https://ci.kernel.example/"},
		{files, "443", "GET", "192.0.2.1:80", "/", 301, "https://192.0.2.1/"},
		{files, "8443", "GET", "[2001:db8::1]:80", "/", 301, "https://[2001:db8::1]:8443/"},
		{files, "8443", "GET", "www.example.org:8080", "/a", 301, "https://www.example.org/a"}, // as in base_url
		{acme, "443", "GET", "kcidb.example.org", "/", 301, "https://kcidb.example.org/"},
		{acme, "443", "GET", "other.example.org", "/", 421, ""},
		{files, "443", "GET", "evil.example", "/", 421, ""},
		{files, "443", "GET", "kcidb.example.org.evil.example", "/", 421, ""},
		{files, "443", "GET", "", "/", 421, ""},
		{files, "443", "POST", "kcidb.example.org", "/submit", 403, ""},
	} {
		d := &Redirect{Source: test.source, Port: test.port, Base: base}
		r := httptest.NewRequest(test.method, test.path, nil)
		r.Host = test.host
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if location := w.Header().Get("Location"); w.Code != test.code || location != test.location {
			t.Errorf("%s %s%s: %d %q, want %d %q", test.method, test.host, test.path, w.Code, location, test.code, test.location)
		}
		if test.code == 403 && !strings.Contains(w.Body.String(), "use https://kcidb.example.org") {
			t.Errorf("the sender does not learn of HTTPS: %s", w.Body)
		}
	}
}

func TestCheckHosts(t *testing.T) {
	for _, test := range []struct {
		hosts string
		valid bool
	}{
		{"kcidb.example.org", true}, {"a.example.org,b.example.org", true}, {"localhost", true},
		{"", false}, {"*.example.org", false}, {"Kcidb.example.org", false}, {"a.example.org:443", false}, {"https://a.example.org", false}, {"a b", false},
	} {
		if err := CheckHosts(strings.FieldsFunc(test.hosts, func(r rune) bool { return r == ',' })); (err == nil) != test.valid {
			t.Errorf("%q: %v", test.hosts, err)
		}
	}
}

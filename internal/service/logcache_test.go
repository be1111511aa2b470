// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/report"
)

// TestLogCache copies the log of a failed test: pages link to the copy, and the proxy sends it
// after its host is gone. The log of a passed test is not copied.
func TestLogCache(t *testing.T) {
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "the log of "+r.URL.Path) }))
	defer host.Close()
	submit := func(s *running) {
		r := &report.Report{
			Checkouts: []report.Checkout{{ID: "ci:c", Origin: "ci"}},
			Builds:    []report.Build{{ID: "ci:b", Origin: "ci", CheckoutID: "ci:c", Status: new(report.StatusFail), LogURL: new(host.URL + "/build")}},
			Tests: []report.Test{
				{ID: "ci:fail", Origin: "ci", BuildID: "ci:b", Status: new(report.StatusFail), LogURL: new(host.URL + "/fail")},
				{ID: "ci:pass", Origin: "ci", BuildID: "ci:b", Status: new(report.StatusPass), LogURL: new(host.URL + "/pass")},
			},
		}
		if a := do(t, request(t, "POST", s.url+"/submit", bytes.NewReader(r.AppendJSON(nil)))); a.Status != "ok" {
			t.Fatal(a.body)
		}
		waitEmpty(t, s.url)
	}
	change := func(c *Config) { c.LogCache = strings.TrimPrefix(host.URL, "http://") }
	proxy := func(s *running, path string) reply {
		return do(t, request(t, "GET", s.url+"/api/proxy?"+url.Values{"url": {host.URL + path}}.Encode(), nil))
	}

	s := startWith(t, change, func(s *Service) {
		if s.copiesFrom(netip.MustParseAddr("127.0.0.1")) {
			t.Error("a service copies logs at addresses of its own machine")
		}
		s.copiesFrom = func(netip.Addr) bool { return true }
	})
	submit(s)
	for _, path := range []string{"/fail", "/build"} {
		eventually.True(t, path+" is copied", func() bool { return proxy(s, path).code == http.StatusOK })
	}
	host.Close()
	for page, path := range map[string]string{"/test/ci:fail": "/fail", "/test/ci:fail/log": "/fail", "/build/ci:b": "/build"} {
		link := `<a href="/api/proxy?` + url.Values{"url": {host.URL + path}}.Encode() + `">copy</a> of `
		if a := read(t, s.url+page); !strings.Contains(a.body, link) {
			t.Errorf("%s has no link %s", page, link)
		}
		if a := proxy(s, path); a.code != http.StatusOK || a.body != "the log of "+path || a.header.Get("X-Kcidb-Copied") == "" {
			t.Errorf("%s: %d %v %s", path, a.code, a.header, a.body)
		}
	}
	if a := read(t, s.url+"/test/ci:pass"); strings.Contains(a.body, ">copy</a>") {
		t.Error("the log of a passed test is copied")
	}
	if a := proxy(s, "/pass"); a.code != http.StatusForbidden {
		t.Errorf("/pass: %d %s", a.code, a.body)
	}
}

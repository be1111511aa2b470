// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/testing/crawl"
	"github.com/kcidb-go/kcidb/internal/testing/hostile"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// TestEveryLinkLeadsSomewhere fills a service with texts full of markup and follows each
// link of its pages.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	s := start(t, func(c *Config) { c.APIRate = 0 })
	r := hostile.Report(time.Now())
	answer := do(t, request(t, "POST", s.url+"/submit", bytes.NewReader(r.AppendJSON(nil))))
	if answer.Status != "ok" {
		t.Fatalf("submit: %s", answer.body)
	}
	waitForStatus(t, s.url, answer.ID, "processed")
	waitJudged(t, s.url)

	result := crawl.Crawl{URL: s.url, Marker: hostile.Marker}.Run(t, pathsInMails(r)...)
	t.Logf("%d URLs visited, which show %q", len(result.Visited), slices.Sorted(maps.Keys(result.Shown)))
	for _, property := range []string{"tree", "branch", "commit", "checkout", "build", "build-excerpt", "test", "test-excerpt", "issue", "incident"} {
		if !result.Shown[property] {
			t.Errorf("no page shows the text of %s", property)
		}
	}
}

// pathsInMails returns the paths of "/" and of pages that mails link to: an object of each
// type.
func pathsInMails(r *report.Report) []string {
	revision, _ := object.RevisionOf(&r.Checkouts[0])
	paths := []string{"/"}
	for _, ref := range []object.Ref{
		revision, object.CheckoutRef(r.Checkouts[0].ID), object.BuildRef(r.Builds[0].ID), object.TestRef(r.Tests[1].ID),
		object.IssueRef(r.Issues[0].ID), object.IncidentRef(r.Incidents[0].ID),
	} {
		paths = append(paths, pageurl.Of("/", ref))
	}
	return paths
}

// TestHeaders expects the headers that keep browsers from running or loading anything of
// others in the answers of each kind of route.
func TestHeaders(t *testing.T) {
	s := start(t, nil)
	for _, route := range []struct {
		method, path string
		code         int
	}{
		{"GET", "/", 200},
		{"HEAD", "/", 200},
		{"GET", "/style.css", 200},
		{"GET", "/api/schema/docs/", 200},
		{"GET", "/api/schema/", 200},
		{"GET", "/api/tree", 200},
		{"GET", "/api/nothing", 404},
		{"GET", "/metrics", 200},
		{"GET", "/health", 200},
		{"GET", "/ready", 200},
		{"GET", "/nothing", 404},
		{"GET", "/test/a:1", 404},
		{"GET", "/feed/nothing.atom", 200},
		{"POST", "/submit", 400},
		{"GET", "/submit", 405},
		{"GET", "//evil.example/%2e%2e", 404},
	} {
		t.Run(route.method+" "+route.path, func(t *testing.T) {
			r := do(t, request(t, route.method, s.url+route.path, nil))
			if r.code != route.code {
				t.Errorf("status %d, want %d", r.code, route.code)
			}
			for name, want := range crawl.Headers {
				if got := r.header.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

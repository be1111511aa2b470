// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/testing/browser"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// rebuilt turns on the requirements that the pages meet when all of them are rebuilt: the
// strict Content-Security-Policy, the structure of a page, accessibility.
const rebuilt = false

// TestPagesInABrowser visits the pages with the window sizes of a desktop and a telephone,
// light and dark: they fit the window, axe finds nothing serious, and the browser has no
// complaints.
func TestPagesInABrowser(t *testing.T) {
	s := start(t, nil)
	var last, revision, test string // revision and test are paths of pages
	for r := range sample.Reports(sample.Options{Seed: 1, Checkouts: 3}) {
		answer := do(t, request(t, "POST", s.url+"/submit", bytes.NewReader(r.AppendJSON(nil))))
		if answer.Status != "ok" {
			t.Fatalf("submit: %s", answer.body)
		}
		last = answer.ID
		for i := range r.Checkouts {
			if ref, ok := object.RevisionOf(&r.Checkouts[i]); ok {
				revision = pageurl.Of("/", ref)
			}
		}
		for _, one := range r.Tests {
			if one.Status != nil && *one.Status == report.StatusFail && one.LogExcerpt != nil {
				test = pageurl.Of("/", object.TestRef(one.ID))
			}
		}
	}
	waitForStatus(t, s.url, last, "processed")
	waitEmpty(t, s.url)
	eventually.True(t, "all revisions are judged", func() bool {
		metrics := do(t, request(t, "GET", s.url+"/metrics", nil)).body
		return strings.Contains(metrics, `kcidb_judge_waiting{of="checkouts"} 0`) && strings.Contains(metrics, `kcidb_judge_waiting{of="revisions"} 0`)
	})

	pages := []struct {
		name, path string
		rows       int      // of tables
		says       []string // in a title or elsewhere
		link       string   // the element to click on, a selector
		leads      string   // a part of the title of the page it leads to
	}{
		{"front", "/?days=3650", 3, []string{"worse than before", "Open regressions", "Last 24 hours"}, "th[scope=row] a", "mainline"},
		{"revision", revision, 0, []string{"FAIL: ", " tests fail", "Failed tests"}, ".list a[href*='/test/']", "STILL: "},
		{"test", test, 4, []string{"STILL", "Fails since", "What it said"}, "nav.crumb a[href^='/tree/']", "mainline master"},
		{"API", "/api/schema/docs/", 0, []string{"GET /api/tree", "Parameters", "Filters"}, ".where a", "No tree has a revision"},
		{"home", test, 4, nil, "header.top > a", "No tree has a revision"},
	}
	for _, look := range []browser.Look{{Width: browser.Desktop}, {Width: browser.Phone, Dark: true}} {
		for _, page := range pages {
			t.Run(fmt.Sprint(page.name, " ", look.Width), func(t *testing.T) {
				tab := browser.Open(t, look)
				tab.Visit(s.url + page.path)
				tab.Fits()
				if rebuilt {
					checkLoad(t, tab, s.url+page.path)
					browser.Axe(t, tab)
				}
				if rows := tab.Count("tbody tr"); rows != page.rows {
					t.Errorf("the page shows %d checkouts, want %d", rows, page.rows)
				}
				text := tab.Text("body")
				for _, want := range page.says {
					if !strings.Contains(text, want) {
						t.Errorf("the page does not say %q:\n%s", want, text)
					}
				}
				tab.Follow(page.link)
				if title := tab.Title(); !strings.Contains(title, page.leads) {
					t.Errorf("the link leads to %q, want something with %q", title, page.leads)
				}
				tab.Fits()
			})
		}
	}
}

// checkLoad holds the first visit of a page to the budget of a page: requests, bytes, layout
// shifts and long tasks. A page has a long task if each of three visits has one, because the
// browser may have to wait for a busy machine.
func checkLoad(t *testing.T, tab *browser.Tab, url string) {
	t.Helper()
	load := tab.Load()
	if len(load.Requests) > 4 || load.Bytes() > 60_000 || load.Shift > 0 {
		t.Errorf("%d bytes in the requests %+v, shift %v", load.Bytes(), load.Requests, load.Shift)
	}
	for again := 0; len(load.LongTasks) > 0; again++ {
		if again == 2 {
			t.Errorf("long tasks: %v", load.LongTasks)
			return
		}
		tab.Visit(url)
		load = tab.Load()
	}
}

// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/browser"
)

// TestPagesInABrowser visits the pages with the window sizes of a desktop and a telephone,
// light and dark: they fit the window, keep to the budget of a page, axe finds nothing
// serious, and the browser has no complaints.
func TestPagesInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a browser")
	}
	s := startStories(t, func(c *Config) { c.APIRate = 0 })
	revision := linkIn(t, s.url+"/", "/revision/")
	test := linkIn(t, s.url+revision, "/test/")
	pages := []struct {
		name, path string
		title      string // its beginning
		axe        bool   // the tests of other rooms show their pages to axe
	}{
		{"home", "/", "2 of 9 trees are worse", true},
		{"branch", "/tree/next/master", "NEW: next master", true},
		{"grid of a group", "/tree/next/master/test/xfstests", "", true},
		{"revision", revision, "3 new failures: next-20261127", true},
		{"compare", linkIn(t, s.url+"/tree/next/master", "/compare/"), "Worse: next-20261126 against next-20261127", true},
		{"test", test, "NEW", false},
		{"log", test + "/log", "", false},
		{"build", linkIn(t, s.url+test, "/build/"), "", false},
		{"hardware", "/hardware", "", false},
		{"board", "/hardware/rk3588-rock-5b", "", false},
		{"issues", "/issues", "", false},
		{"issue", linkIn(t, s.url+"/issues", "/issue/"), "", false},
		{"editor", "/issues/new", "", false},
		{"origins", "/origins", "", false},
		{"labs", "/labs", "", false},
		{"statistics", "/statistics", "", false},
		{"search", "/search?q=ltp", "", true},
		{"nothing found", "/search?q=%3Cscript%3E", "", true},
		{"keys", "/keys", "Keys", true},
		{"verdicts", "/verdicts", "How verdicts are made", true},
		{"submit", "/submit-results", "Submit results", true},
	}
	for _, look := range []browser.Look{{Width: browser.Desktop}, {Width: browser.Phone, Dark: true}} {
		for _, page := range pages {
			t.Run(fmt.Sprint(page.name, " ", look.Width), func(t *testing.T) {
				tab := browser.Open(t, look)
				tab.Visit(s.url + page.path)
				tab.Fits()
				checkLoad(t, tab, s.url+page.path)
				if page.axe {
					browser.Axe(t, tab)
				}
				if title := tab.Title(); !strings.HasPrefix(title, page.title) {
					t.Errorf("the title is %q, want %q at its beginning", title, page.title)
				}
			})
		}
	}
}

// linkIn returns the path of the first link in a page that begins with a prefix.
func linkIn(t *testing.T, url, prefix string) string {
	t.Helper()
	link := regexp.MustCompile(`href="(` + regexp.QuoteMeta(prefix) + `[^"?#]+)"`).FindStringSubmatch(do(t, request(t, "GET", url, nil)).body)
	if link == nil {
		t.Fatalf("%s has no link that begins with %s", url, prefix)
	}
	return link[1]
}

// checkLoad holds a visit of a page to the budget of a page: requests, bytes, layout shifts and
// long tasks. A busy machine draws a page in pieces that move each other, and has the browser
// wait within a task, but not each time: a page fails if each of some visits is so.
func checkLoad(t *testing.T, tab *browser.Tab, url string) {
	t.Helper()
	load := tab.Load()
	if len(load.Requests) > 4 || load.Bytes() > 60_000 {
		t.Errorf("%d bytes in the requests %+v", load.Bytes(), load.Requests)
	}
	for again := 1; load.Shift > 0 || len(load.LongTasks) > 0; again++ {
		if again == visits {
			t.Errorf("long tasks %v, shift %v of %q", load.LongTasks, load.Shift, load.Shifted)
			return
		}
		tab.Visit(url)
		load = tab.Load()
	}
}

// visits is how often a page is visited at most.
const visits = 20

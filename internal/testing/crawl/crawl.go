// SPDX-License-Identifier: Apache-2.0

// Package crawl follows the links of a site and checks each page, for tests.
//
// A crawl starts at "/" and follows the links, forms, feeds, style sheets and scripts of
// the same host. Each answer must have status 200 and the headers of every answer. An HTML
// page must have the structure that all pages have, run no scripts and no styles of its
// own, and show no markup of the reports. JSON and XML must be well-formed.
package crawl

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"
)

const (
	// atOnce is how many pages are asked for concurrently.
	atOnce = 4
	// perKind bounds the URLs of one kind: one route with one set of parameters. perRoute
	// bounds the URLs of a route, because its parameters are combined in many ways.
	perKind, perRoute = 10, 60
	// most bounds the URLs of a crawl, for sites whose routes have no end.
	most = 3000
)

// Crawl are the settings of a crawl.
type Crawl struct {
	// URL is the scheme and the host of the site.
	URL string
	// Marker begins each name of an element or an attribute in the texts of the reports. A
	// page that has such an element or attribute shows a text without escaping it.
	Marker string
}

// Result is what a crawl saw.
type Result struct {
	// Visited are the visited URLs, and for each the URL of the page that has the link.
	Visited map[string]string
	// Shown are the names with the Marker in the texts and attributes of pages.
	Shown map[string]bool
}

// Run crawls from paths, and fails the test for each fault.
func (c Crawl) Run(t testing.TB, paths ...string) Result {
	t.Helper()
	run := &run{
		Crawl: c, Result: Result{Visited: map[string]string{}, Shown: map[string]bool{}},
		kinds: map[string]int{}, routes: map[string]int{}, ids: map[string]map[string]bool{}, faults: map[string][]string{},
	}
	run.client = &http.Client{CheckRedirect: run.stays}
	next := map[string]string{}
	for _, path := range paths {
		next[c.URL+path] = "the test"
	}
	for len(next) > 0 && len(run.Visited) < most {
		next = run.visit(t.Context(), next)
	}
	if len(next) > 0 {
		t.Errorf("the site has no end: %d URLs visited", len(run.Visited))
	}
	run.checkFragments()
	for _, fault := range slices.Sorted(maps.Keys(run.faults)) {
		at := run.faults[fault]
		t.Errorf("%s\n\tat %s (and %d more)", fault, at[0], len(at)-1)
	}
	return run.Result
}

// run is a crawl that runs.
type run struct {
	Crawl
	Result
	client *http.Client

	mu            sync.Mutex
	kinds, routes map[string]int
	ids           map[string]map[string]bool // by page
	fragments     []fragment
	faults        map[string][]string // the places of each fault
}

// fragment is a link to a part of a page.
type fragment struct{ page, id, from string }

// visit visits the pages of a level: URLs, and the page that has the link to each. It
// returns the next level.
func (c *run) visit(ctx context.Context, level map[string]string) (next map[string]string) {
	next = map[string]string{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, at := range slices.Sorted(maps.Keys(level)) {
		if c.Visited[at] != "" || !c.take(at) {
			continue
		}
		c.Visited[at] = level[at]
		group.Go(func() error {
			links := c.page(ctx, at, level[at])
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, link := range links {
				next[link] = at
			}
			return nil
		})
	}
	group.Wait()
	return next
}

// take reports whether to visit a URL, and counts it.
func (c *run) take(at string) bool {
	u, err := url.Parse(at)
	if err != nil {
		return false // page noted the fault
	}
	kind, route := kindOf(u)
	if c.kinds[kind] >= perKind || c.routes[route] >= perRoute {
		return false
	}
	c.kinds[kind]++
	c.routes[route]++
	return true
}

// page visits a URL. It returns the URLs of the same host that the page links to.
func (c *run) page(ctx context.Context, at, from string) (links []string) {
	a, err := c.get(ctx, at)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		c.fault(fmt.Sprintf("a link leads nowhere: %v", err), at+" from "+from)
	case a.status != http.StatusOK && a.status != http.StatusMultipleChoices: // such as a part of two hashes
		c.fault(fmt.Sprintf("status %d: %s", a.status, at), from)
	default:
		checker := check{Crawl: c.Crawl, answer: a}
		checker.run()
		for _, fault := range checker.faults {
			c.fault(fault, at)
		}
		c.note(at, a, checker)
		links = checker.links
	}
	return links
}

// note notes the texts and the parts that a page has, and the parts of pages that it links to.
func (c *run) note(at string, a *answer, checked check) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range checked.shown {
		c.Shown[name] = true
	}
	if checked.ids != nil {
		c.ids[at], c.ids[a.url.String()] = checked.ids, checked.ids
	}
	for _, f := range checked.fragments {
		f.from = at
		c.fragments = append(c.fragments, f)
	}
}

// checkFragments checks the links to parts of visited pages.
func (c *run) checkFragments() {
	for _, f := range c.fragments {
		if ids := c.ids[f.page]; ids != nil && !ids[f.id] {
			c.fault(fmt.Sprintf("a link to the part %q leads to a page without it", f.id), f.page+" from "+f.from)
		}
	}
}

func (c *run) fault(what, at string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[what] = append(c.faults[what], at)
}

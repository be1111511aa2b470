// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/internal/testing/need"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// TestPagesInABrowser visits the pages with the window sizes of a desktop and
// a telephone: they fit the window, and the browser reports no errors.
func TestPagesInABrowser(t *testing.T) {
	chromium := need.Tool(t, "chromium", "chromium")
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

	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true), chromedp.WSURLReadTimeout(5*time.Minute),
	)...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()

	var mu sync.Mutex
	var complaints []string
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*cdplog.EventEntryAdded); ok {
			mu.Lock()
			defer mu.Unlock()
			complaints = append(complaints, e.Entry.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{1280, 390} {
		for _, page := range []struct {
			name, path string
			rows       int      // of tables
			says       []string // in a title or elsewhere
			link       string   // the element to click on, a selector
			leads      string   // a part of the title of the page it leads to
		}{
			{"front", "/", 3, []string{"Checkouts received last", "pass", "curl"}, "td.commit a", "checkout"},
			{"revision", revision, 0, []string{"FAIL: ", " tests fail", "Failed tests"}, ".list a[href*='/test/']", "FAIL: "},
			{"test", test, 0, []string{"FAIL: the test fails", "Log", "KCIDB / test"}, ".fields a[href*='/revision/']", " tests fail"},
			{"API", "/api/schema/docs/", 0, []string{"GET /api/tree", "Parameters", "Filters"}, ".where a", "Linux kernel test results"},
			{"home", test, 0, nil, ".where a", "Linux kernel test results"},
		} {
			t.Run(fmt.Sprint(page.name, " ", width), func(t *testing.T) {
				ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
				defer cancel()
				if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(s.url+page.path)); err != nil {
					t.Fatal(err)
				}
				checkFits(t, ctx)
				if rows := evaluate[int](t, ctx, "document.querySelectorAll('tbody tr').length"); rows != page.rows {
					t.Errorf("the page shows %d checkouts, want %d", rows, page.rows)
				}
				text := evaluate[string](t, ctx, "document.body.innerText")
				for _, want := range page.says {
					if !strings.Contains(text, want) {
						t.Errorf("the page does not say %q:\n%s", want, text)
					}
				}
				if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(page.link)), chromedp.WaitVisible(chromedp.CSS("h1"))); err != nil {
					t.Fatal(err)
				}
				becomesTrue(t, ctx, "document.readyState == 'complete' && location.pathname != "+strconv.Quote(page.path))
				if title := evaluate[string](t, ctx, "document.title"); !strings.Contains(title, page.leads) {
					t.Errorf("the link leads to %q, want something with %q", title, page.leads)
				}
				checkFits(t, ctx)
			})
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(complaints) > 0 {
		t.Errorf("the browser complains: %q", complaints)
	}
}

// checkFits fails a test whose page is wider than its window.
func checkFits(t *testing.T, ctx context.Context) {
	t.Helper()
	if wider := evaluate[int](t, ctx, "document.documentElement.scrollWidth - window.innerWidth"); wider > 0 {
		t.Errorf("the page at %s is %d pixels wider than the window", evaluate[string](t, ctx, "location.pathname"), wider)
	}
}

// becomesTrue waits until an expression is true in the page. An evaluation fails while the
// browser replaces the page.
func becomesTrue(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	eventually.Succeeds(t, func() error {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if err == nil && !is {
			err = errors.New("not true: " + expression)
		}
		return err
	})
}

// evaluate returns the value of an expression in the page.
func evaluate[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

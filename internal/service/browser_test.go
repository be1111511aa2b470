// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"github.com/kcidb-go/kcidb/internal/gen"
)

// TestPagesInABrowser looks at the pages as people do: on a desktop and on a
// telephone, they fit the window, and the browser has nothing to complain of.
func TestPagesInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is missing: apt-get install chromium")
		}
		t.Skip("chromium is missing: apt-get install chromium")
	}
	s := start(t, nil)
	var last string
	for r := range gen.Reports(gen.Options{Seed: 1, Checkouts: 3}) {
		answer := do(t, request(t, "POST", s.url+"/submit", bytes.NewReader(r.AppendJSON(nil))))
		if answer.Status != "ok" {
			t.Fatalf("submit: %s", answer.body)
		}
		last = answer.ID
	}
	becomes(t, s.url, last, "processed")
	waitEmpty(t, s.url)

	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true), chromedp.WSURLReadTimeout(time.Minute),
	)...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()

	var mu sync.Mutex
	var complaints []string
	err = chromedp.Listen(ctx, func(event any) {
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
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(s.url+"/")); err != nil {
				t.Fatal(err)
			}
			wider := evaluate[int](t, ctx, "document.documentElement.scrollWidth - window.innerWidth")
			rows := evaluate[int](t, ctx, "document.querySelectorAll('tbody tr').length")
			text := evaluate[string](t, ctx, "document.body.innerText")
			if wider > 0 {
				t.Errorf("the page is %d pixels wider than the window", wider)
			}
			if rows != 3 {
				t.Errorf("the page shows %d checkouts, want 3", rows)
			}
			for _, want := range []string{"Latest checkouts", "pass", "curl"} {
				if !strings.Contains(text, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
		})
	}
	mu.Lock()
	defer mu.Unlock()
	if len(complaints) > 0 {
		t.Errorf("the browser complains: %q", complaints)
	}
}

// evaluate returns what an expression is worth in the page.
func evaluate[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// SPDX-License-Identifier: Apache-2.0

// Package browser shows pages in Debian's Chromium, for tests.
//
// A test binary starts one browser, at its first tab, and ends it by Close in TestMain.
// Each tab has a cache and cookies of its own, so the first visit of a tab is a first visit
// to the site. A tab records the complaints of the browser. It fails its test for each
// complaint that the test did not take.
//
//	tab := browser.Open(t, browser.Look{Width: browser.Phone, Dark: true})
//	tab.Visit(url)
//	tab.Follow("main a")
//	browser.Axe(t, tab)
package browser

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// The widths of windows that pages are tested with.
const (
	Desktop = 1280
	Phone   = 390
)

const (
	height = 900
	// stepTime bounds an action. A machine that runs other tests is slow.
	stepTime = 2 * time.Minute
)

// Look is how a tab shows pages.
type Look struct {
	Width     int64 // Desktop if 0
	Dark      bool
	NoScripts bool // scripts of pages do not run; the functions of a Tab work all the same
}

// Tab is a tab of the browser. Its functions end the test if they fail.
type Tab struct {
	t   testing.TB
	ctx context.Context
	recorder
	look  Look
	moves int // numbers the pages that Go left
}

// shared is the browser of this process.
var shared struct {
	sync.Mutex
	ctx    context.Context // nil if the browser does not run
	cancel context.CancelFunc
}

// start returns the context of the browser. It starts the browser if necessary.
func start(t testing.TB) context.Context {
	t.Helper()
	chromium := need.Tool(t, "chromium", "chromium")
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx != nil {
		return shared.ctx
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true),
		chromedp.WSURLReadTimeout(5*time.Minute),
	)...)
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		stop()
		t.Fatalf("start the browser: %v", err)
	}
	shared.ctx, shared.cancel = ctx, func() {
		chromedp.Cancel(ctx)
		stop()
	}
	return ctx
}

// Close ends the browser, if it runs, and removes its files. TestMain calls it after the tests.
func Close() {
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx != nil {
		shared.cancel()
		shared.ctx = nil
	}
}

// Open opens a tab until the test ends. If Chromium is missing, the test is skipped at a
// desk and fails in CI.
func Open(t testing.TB, look Look) *Tab {
	t.Helper()
	if look.Width == 0 {
		look.Width = Desktop
	}
	ctx, cancel := chromedp.NewContext(start(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	tab := &Tab{t: t, ctx: ctx, look: look}
	if err := chromedp.Listen(ctx, tab.record); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	scheme := "light"
	if look.Dark {
		scheme = "dark"
	}
	tab.do("set up the tab", chromedp.EmulateViewport(look.Width, height))
	call(tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: look.NoScripts})
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	call(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch})
	t.Cleanup(func() {
		for _, complaint := range tab.Complaints() {
			t.Errorf("the browser complains: %s", complaint)
		}
	})
	return tab
}

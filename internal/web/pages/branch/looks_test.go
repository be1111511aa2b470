// SPDX-License-Identifier: Apache-2.0

package branch

import (
	"net/http/httptest"
	"os"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/browser"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

func TestMain(m *testing.M) {
	code := m.Run()
	browser.Close()
	os.Exit(code)
}

// TestLooks shows the pages in a browser: axe finds nothing serious, and no page is wider
// than its window.
func TestLooks(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a browser")
	}
	w := pagestest.New(t, Routes, history())
	f := front.New(front.Limits{})
	shell.Files(f)
	Routes(f, w.Shell)
	server := httptest.NewServer(f)
	defer server.Close()
	for _, look := range []browser.Look{{}, {Width: browser.Phone, Dark: true}} {
		tab := browser.Open(t, look)
		for _, path := range []string{
			"/tree/next/master?open=builds&open=kselftest", "/tree/next/master?lab=lava-ridge&open=%2A", "/tree/next/master/test/kselftest.net.tls",
			"/tree/next/master?as_of=2026-01-01T00%3A00%3A00Z", "/tree/stable",
		} {
			tab.Visit(server.URL + path)
			tab.Fits()
			browser.Axe(t, tab)
		}
	}
}

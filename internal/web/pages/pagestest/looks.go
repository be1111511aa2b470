// SPDX-License-Identifier: Apache-2.0

package pagestest

import (
	"net/http/httptest"
	"os"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/browser"
)

// Main is TestMain of a package with tests that call Looks: it closes the browser.
func Main(m *testing.M) {
	code := m.Run()
	browser.Close()
	os.Exit(code)
}

// Looks shows pages in a browser, with the windows of a desktop and of a telephone, light and
// dark: axe finds nothing serious, and no page is wider than its window.
func (w *World) Looks(t *testing.T, paths ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it starts a browser")
	}
	server := httptest.NewServer(w.handler)
	defer server.Close()
	for _, look := range []browser.Look{{}, {Width: browser.Phone, Dark: true}} {
		tab := browser.Open(t, look)
		for _, path := range paths {
			tab.Visit(server.URL + path)
			tab.Fits()
			browser.Axe(t, tab)
		}
	}
}

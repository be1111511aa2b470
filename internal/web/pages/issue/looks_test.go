// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"net/http/httptest"
	"os"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/browser"
	"github.com/kcidb-go/kcidb/internal/web/front"
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
	w := newWorld(t, known(60))
	f := front.New(front.Limits{})
	shell.Files(f)
	routes(f, w.Shell)
	server := httptest.NewServer(f)
	defer server.Close()
	for _, look := range []browser.Look{{}, {Width: browser.Phone, Dark: true}} {
		tab := browser.Open(t, look)
		for _, path := range []string{
			"/issues", "/issues?q=none", "/issue/ci:fork", "/issue/ci:fork?path=kunit", "/issue/ci:old", "/issues/new?test=ci%3Anext%3A0", "/issues/new?issue=ci%3Afork",
		} {
			tab.Visit(server.URL + path)
			tab.Fits()
			browser.Axe(t, tab)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"net/http/httptest"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/browser"
)

// TestLooks shows the pages in a browser: axe finds nothing serious, and no page is wider
// than its window.
func TestLooks(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a browser")
	}
	server := httptest.NewServer(serve(t, twoRevisions()).handler)
	defer server.Close()
	for _, look := range []browser.Look{{}, {Width: browser.Phone, Dark: true}} {
		tab := browser.Open(t, look)
		for _, path := range []string{"/revision/" + later, "/revision/" + later + "?path=kselftest", "/compare/" + earlier + "..." + later} {
			tab.Visit(server.URL + path)
			tab.Fits()
			browser.Axe(t, tab)
		}
	}
}

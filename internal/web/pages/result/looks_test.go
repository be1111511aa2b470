// SPDX-License-Identifier: Apache-2.0

package result

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/browser"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
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
	r := history(strings.Split(strings.Repeat("PASS,", 30)+"FAIL,FAIL#,FAIL PASS,MISS!,FAIL", ",")...)
	other := r.Tests[len(r.Tests)-1]
	other.ID, other.Environment = "ci:other", &report.Environment{Misc: []byte(`{"platform":"a-board-with-a-name-that-does-not-fit-on-phones"}`)}
	other.OutputFiles = []report.Resource{{Name: "log.txt.gz", URL: "https://files.example.org/log.txt.gz"}}
	r.Tests = append(r.Tests, other)
	w := newWorld(t, r)
	f := front.New(front.Limits{})
	shell.Files(f)
	Routes(f, w.shell)
	server := httptest.NewServer(http.Handler(f))
	defer server.Close()
	for _, look := range []browser.Look{{}, {Width: browser.Phone, Dark: true}} {
		tab := browser.Open(t, look)
		for _, path := range []string{"/test/ci:t34-0", "/test/ci:other", "/test/ci:t33-0", "/build/ci:b34", "/checkout/ci:c34", "/incident/ci:i31-0", "/test/ci:t34-0/log"} {
			tab.Visit(server.URL + path)
			tab.Fits()
			browser.Axe(t, tab)
		}
	}
}

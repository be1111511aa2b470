// SPDX-License-Identifier: Apache-2.0

package result

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/report"
)

func TestMain(m *testing.M) { pagestest.Main(m) }

// TestLooks shows the pages in a browser.
func TestLooks(t *testing.T) {
	r := history(strings.Split(strings.Repeat("PASS,", 30)+"FAIL,FAIL#,FAIL PASS,MISS!,FAIL", ",")...)
	other := r.Tests[len(r.Tests)-1]
	other.ID, other.Environment = "ci:other", &report.Environment{Misc: []byte(`{"platform":"a-board-with-a-name-that-does-not-fit-on-phones"}`)}
	other.OutputFiles = []report.Resource{{Name: "log.txt.gz", URL: "https://files.example.org/log.txt.gz"}}
	r.Tests = append(r.Tests, other)
	newWorld(t, r).Looks(t, "/test/ci:t34-0", "/test/ci:other", "/test/ci:t33-0", "/build/ci:b34", "/checkout/ci:c34", "/incident/ci:i31-0", "/test/ci:t34-0/log")
}

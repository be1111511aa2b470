// SPDX-License-Identifier: Apache-2.0

package statistics

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
)

func TestMain(m *testing.M) { pagestest.Main(m) }

// TestLooks shows the pages in a browser.
func TestLooks(t *testing.T) {
	world(t, 40, true).Looks(t, "/statistics", "/statistics?lab=x")
}

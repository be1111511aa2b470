// SPDX-License-Identifier: Apache-2.0

package origin

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
)

func TestMain(m *testing.M) { pagestest.Main(m) }

// TestLooks shows the pages in a browser.
func TestLooks(t *testing.T) {
	world(t, true).Looks(t, "/origins", "/origin/ci", "/origin/old", "/labs", "/lab/lab-1", "/labs?q=none")
}

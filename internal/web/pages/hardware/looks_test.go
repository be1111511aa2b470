// SPDX-License-Identifier: Apache-2.0

package hardware

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
)

func TestMain(m *testing.M) { pagestest.Main(m) }

// TestLooks shows the pages in a browser.
func TestLooks(t *testing.T) {
	pagestest.New(t, Routes, story()).Looks(t, "/hardware", "/hardware/alpha", "/hardware/gamma", "/hardware?arch=none")
}

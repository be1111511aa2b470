// SPDX-License-Identifier: Apache-2.0

package branch

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
)

func TestMain(m *testing.M) { pagestest.Main(m) }

// TestLooks shows the pages in a browser.
func TestLooks(t *testing.T) {
	pagestest.New(t, Routes, history()).Looks(t, "/tree/next/master?open=builds&open=kselftest", "/tree/next/master?lab=lava-ridge&open=%2A", "/tree/next/master/test/kselftest.net.tls", "/tree/next/master?as_of=2026-01-01T00%3A00%3A00Z", "/tree/stable")
}

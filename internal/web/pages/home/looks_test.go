// SPDX-License-Identifier: Apache-2.0

package home

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
)

func TestMain(m *testing.M) { pagestest.Main(m) }

// TestLooks shows the pages in a browser.
func TestLooks(t *testing.T) {
	serve(t, trees()).Looks(t, "/", "/?sort=name&tree=n", "/?days=1&tree=none")
}

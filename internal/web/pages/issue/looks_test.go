// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
)

func TestMain(m *testing.M) { pagestest.Main(m) }

// TestLooks shows the pages in a browser.
func TestLooks(t *testing.T) {
	newWorld(t, known(60)).Looks(t, "/issues", "/issues?q=none", "/issue/ci:fork", "/issue/ci:fork?path=kunit", "/issue/ci:old", "/issues/new?test=ci%3Anext%3A0", "/issues/new?issue=ci%3Afork")
}

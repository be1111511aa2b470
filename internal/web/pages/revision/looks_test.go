// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
)

func TestMain(m *testing.M) { pagestest.Main(m) }

// TestLooks shows the pages in a browser.
func TestLooks(t *testing.T) {
	serve(t, twoRevisions()).Looks(t, "/revision/"+later, "/revision/"+later+"?path=kselftest", "/compare/"+earlier+"..."+later)
}

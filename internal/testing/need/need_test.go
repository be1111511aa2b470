// SPDX-License-Identifier: Apache-2.0

package need_test

import (
	"fmt"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// recorder records how a test ends.
type recorder struct {
	testing.TB
	end string
}

func (r *recorder) Helper()           {}
func (r *recorder) Fatal(args ...any) { r.end = "failed: " + fmt.Sprint(args...) }
func (r *recorder) Skip(args ...any)  { r.end = "skipped: " + fmt.Sprint(args...) }

func TestTool(t *testing.T) {
	const reason = "no-such-tool is missing: apt-get install a-package"
	for ci, want := range map[string]string{"": "skipped: " + reason, "true": "failed: " + reason} {
		t.Setenv("CI", ci)
		r := recorder{TB: t}
		need.Tool(&r, "no-such-tool", "a-package")
		if r.end != want {
			t.Errorf("with CI=%q: %q, want %q", ci, r.end, want)
		}
		r.end = ""
		if path := need.Tool(&r, "go", "golang"); path == "" || r.end != "" {
			t.Errorf("with CI=%q: go is at %q, %s", ci, path, r.end)
		}
	}
}

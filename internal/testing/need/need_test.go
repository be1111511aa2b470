// SPDX-License-Identifier: Apache-2.0

package need_test

import (
	"fmt"
	"path/filepath"
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

func TestInstalled(t *testing.T) {
	for ci, want := range map[string]string{"": "skipped: ", "true": "failed: "} {
		t.Setenv("CI", ci)
		r := recorder{TB: t}
		path := need.Installed(&r, "bin/no-such-file", "scripts/no-such-script")
		if want += path + " is missing: scripts/no-such-script installs it"; r.end != want {
			t.Errorf("with CI=%q: %q, want %q", ci, r.end, want)
		}
		r.end = ""
		if path := need.Installed(&r, "scripts/test", "git"); !filepath.IsAbs(path) || r.end != "" {
			t.Errorf("with CI=%q: scripts/test is at %q, %s", ci, path, r.end)
		}
	}
}

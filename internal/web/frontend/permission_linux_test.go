// SPDX-License-Identifier: Apache-2.0

package frontend

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// TestWithoutPermission: a file that the service may not read is an error in its log, not a
// file that is missing.
func TestWithoutPermission(t *testing.T) {
	dir := built(t, map[string]string{"index.html": "page", "closed/script.js": "script", "secret.js": "script"})
	for _, name := range []string{"closed", "secret.js"} {
		if err := os.Chmod(filepath.Join(dir, name), 0); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	files, err := Open(dir, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	need.Unprivileged(t)
	for _, path := range []string{"/closed/script.js", "/secret.js"} {
		log.Reset()
		w := httptest.NewRecorder()
		files.serve(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 500 || !strings.Contains(log.String(), "file="+path[1:]) || !strings.Contains(log.String(), "permission denied") {
			t.Errorf("%s: %d, log %q", path, w.Code, log.String())
		}
	}
}

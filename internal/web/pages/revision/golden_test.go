// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// versions are the hashes of the style sheet and of the script in a page.
var versions = regexp.MustCompile(`(/style\.css|/script\.js)\?[0-9a-f]+`)

// golden compares a page with a file of testdata.
func golden(t *testing.T, name, page string) {
	t.Helper()
	page = versions.ReplaceAllString(page, "$1")
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), page); diff != "" {
		t.Errorf("%s (-want +got, -update writes it anew):\n%s", name, diff)
	}
}

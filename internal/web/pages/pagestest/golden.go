// SPDX-License-Identifier: Apache-2.0

package pagestest

import (
	"flag"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files again")

// fileHashes are the hashes in the URLs of the style sheet and of the script.
var fileHashes = regexp.MustCompile(`(/style\.css|/script\.js)\?[0-9a-f]+`)

// Golden holds a page to a file in testdata. The hashes of the style sheet and of the
// script are left out, so that a page does not change with them.
func Golden(t *testing.T, name, got string) {
	t.Helper()
	got = fileHashes.ReplaceAllString(got, "$1")
	file := "testdata/" + name
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestStoreKinds reads the errors of the contracts of the store and of the artifact store.
// Each error of one of them as a whole needs a word, or metrics would call it unknown.
func TestStoreKinds(t *testing.T) {
	words, err := os.ReadFile("kind.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for prefix, contract := range map[string]string{"store": "../store/errors.go", "artifact": "../artifact/artifact.go"} {
		text, err := os.ReadFile(contract)
		if err != nil {
			t.Fatal(err)
		}
		sentinels := regexp.MustCompile(`(Err\w+) += errkind\.New\(errkind\.(?:Busy|Full|Broken),`).FindAllSubmatch(text, -1)
		n += len(sentinels)
		for _, s := range sentinels {
			if name := prefix + "." + string(s[1]); !strings.Contains(string(words), "{"+name+",") {
				t.Errorf("storeKinds has no word for %s", name)
			}
		}
	}
	if n < len(storeKinds) {
		t.Fatalf("found %d sentinels, want at least %d", n, len(storeKinds))
	}
}

// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestStoreKinds reads the errors of the store's contract. Each error of the store as
// a whole needs a word, or metrics would call it unknown.
func TestStoreKinds(t *testing.T) {
	contract, err := os.ReadFile("../store/errors.go")
	if err != nil {
		t.Fatal(err)
	}
	words, err := os.ReadFile("kind.go")
	if err != nil {
		t.Fatal(err)
	}
	sentinels := regexp.MustCompile(`(Err\w+) = errkind\.New\(errkind\.(?:Busy|Full|Broken),`).FindAllSubmatch(contract, -1)
	if len(sentinels) < len(storeKinds) {
		t.Fatalf("found %d sentinels, want at least %d", len(sentinels), len(storeKinds))
	}
	for _, s := range sentinels {
		if !strings.Contains(string(words), "{store."+string(s[1])+",") {
			t.Errorf("storeKinds has no word for store.%s", s[1])
		}
	}
}

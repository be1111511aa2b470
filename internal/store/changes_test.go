// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/report"
)

func TestEncodeChanges(t *testing.T) {
	changes := []Change{
		{List: Issues, Key: Key{ID: "a:\"\n\\é\u2028", Version: 2147483647}, Created: true},
		{List: Builds, Key: Key{ID: "a:1"}, Was: report.StatusPass, Now: report.StatusFail},
		{List: Tests, Key: Key{ID: ""}, Now: report.StatusMiss},
	}
	back, err := DecodeChanges(EncodeChanges(changes))
	if diff := cmp.Diff(changes, back); err != nil || diff != "" {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
	for range 2 {
		if back, err := DecodeChanges(EncodeChanges(nil)); err != nil || len(back) > 0 {
			t.Errorf("none became %v, %v", back, err)
		}
	}
	for _, data := range [][]byte{{}, {1, 2, 3}, EncodeChanges(changes)[:20]} {
		if back, err := DecodeChanges(data); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%x became %v, %v", data, back, err)
		}
	}
}

// TestEncodeMany keeps some bytes for each change.
func TestEncodeMany(t *testing.T) {
	var changes []Change
	for i := range 8192 {
		changes = append(changes, Change{List: Tests, Key: Key{ID: fmt.Sprintf("maestro:%024x", uint64(i)*0x9e3779b97f4a7c15)}, Created: true, Now: report.StatusPass})
	}
	if n := len(EncodeChanges(changes)); n > 20*len(changes) {
		t.Errorf("%d bytes for %d changes", n, len(changes))
	}
}

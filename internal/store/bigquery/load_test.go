// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/report"
)

// TestDumpsWhatWasLoaded loads the objects of the conformance data, and dumps them.
func TestDumpsWhatWasLoaded(t *testing.T) {
	s := readyStore(t)
	loaded := conformance.Dataset(t)
	if _, err := s.Load(t.Context(), loaded, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	var all report.Report
	for r, err := range s.Dump(t.Context(), store.DumpOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		all.Append(r)
	}
	if all.Count() != loaded.Count() {
		t.Errorf("%d objects, want %d", all.Count(), loaded.Count())
	}
}

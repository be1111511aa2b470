// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/bigquery/bigquerytest"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/report"
)

// open returns a database by its specification, until the end of the test.
func open(t testing.TB, spec string) *Store {
	t.Helper()
	s, err := Open(t.Context(), strings.TrimPrefix(spec, "bigquery:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestDumpsWhatWasLoaded loads the objects of the conformance data, and dumps them.
func TestDumpsWhatWasLoaded(t *testing.T) {
	s := open(t, bigquerytest.Spec(t))
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
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

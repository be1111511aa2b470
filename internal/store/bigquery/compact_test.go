// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// TestCompact: objects are the same after compacting, in fewer rows.
func TestCompact(t *testing.T) {
	s := readyStore(t)
	dice := rand.New(rand.NewPCG(3, 4))
	for range 3 {
		all := &report.Report{}
		for n := range 10 {
			all.Append(named(storetest.Pieces(dice), fmt.Sprint("a:", n)))
		}
		if _, err := s.Load(t.Context(), all, store.LoadOptions{Metadata: true}); err != nil {
			t.Fatal(err)
		}
	}
	untimed := &report.Report{Tests: []report.Test{{ID: "a:1", Origin: "a", BuildID: "a:1", Comment: new("later")}}}
	if _, err := s.Load(t.Context(), untimed, store.LoadOptions{Metadata: true}); err != nil {
		t.Fatal(err)
	}
	dump := func() *report.Report {
		all := &report.Report{}
		for r, err := range s.Dump(t.Context(), store.DumpOptions{Metadata: true}) {
			if err != nil {
				t.Fatal(err)
			}
			all.Append(r)
		}
		return all
	}
	count := func() (n int64) {
		for i := range tables {
			for row, err := range s.rows(t.Context(), query{sql: "SELECT COUNT(*) FROM " + s.table(rawTable(tables[i].List))}) {
				if err != nil {
					t.Fatal(err)
				}
				n += row[0].(int64)
			}
		}
		return n
	}
	before, rows := dump(), count()
	for range 2 {
		if err := s.Compact(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, dump()); diff != "" {
			t.Errorf("objects differ after compacting (-want +got):\n%.4000s", diff)
		}
	}
	if left := count(); left >= rows {
		t.Errorf("%d rows of %d after compacting", left, rows)
	}
}

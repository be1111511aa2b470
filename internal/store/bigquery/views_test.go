// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"
	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/merging"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/report"
)

// TestViewsMergeAlike: the views have the objects of a dump, also if values of different
// loads have equal times.
func TestViewsMergeAlike(t *testing.T) {
	inOneGoroutine(t)
	s := readyStore(t)
	dice := rand.New(rand.NewPCG(1, 2))
	load := func(r *report.Report) {
		t.Helper()
		if _, err := s.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
			t.Fatal(err)
		}
	}
	load(conformance.Dataset(t))
	for range 4 {
		all := &report.Report{}
		for n := range 20 {
			all.Append(named(storetest.Pieces(dice), fmt.Sprint("a:", n)))
		}
		// Views compare free objects by another form of their text.
		for i := range all.Checkouts {
			all.Checkouts[i].Misc = nil
		}
		for i := range all.Builds {
			all.Builds[i].Misc = nil
		}
		for i := range all.Issues {
			all.Issues[i].Misc = nil
		}
		for i := range all.Incidents {
			all.Incidents[i].Misc = nil
		}
		load(all)
	}
	untimed := named(storetest.Pieces(dice), "a:1") // these keep the times of the database
	for _, o := range untimed.Tests {
		o.Timestamp = nil
	}
	load(untimed)
	load(&report.Report{Checkouts: []report.Checkout{
		{ID: "a:unpatched", Origin: "a", GitCommitHash: new(strings.Repeat("a", 40))},
		{ID: "a:unknown", Origin: "a"},
		{ID: "a:patched", Origin: "a", GitCommitHash: new(strings.Repeat("a", 40)), PatchsetFiles: []report.Resource{{Name: "1.patch", URL: "https://example.org/1"}}},
	}})

	var want report.Report
	for r, err := range s.Dump(t.Context(), store.DumpOptions{Metadata: true}) {
		if err != nil {
			t.Fatal(err)
		}
		want.Append(r)
	}
	for i := range want.Checkouts { // views have '' if there are no patches
		c := &want.Checkouts[i]
		if c.PatchsetHash == nil && c.GitCommitHash != nil && len(c.PatchsetFiles) == 0 {
			c.PatchsetHash = new("")
		}
	}
	for i := range tables {
		table := &tables[i]
		got := fromView(t, s, table)
		var all []report.Object
		for i := range table.Len(&want) {
			all = append(all, table.At(&want, i))
		}
		if diff := cmp.Diff(rowsOf(all), rowsOf(got)); diff != "" {
			t.Errorf("%s: the view differs (-dump +view):\n%.4000s", table.List, diff)
		}
	}
}

// named returns the objects of a report with another ID.
func named(r *report.Report, id string) *report.Report {
	for i := range r.Checkouts {
		r.Checkouts[i].ID = id
	}
	for i := range r.Builds {
		r.Builds[i].ID = id
	}
	for i := range r.Tests {
		r.Tests[i].ID = id
	}
	for i := range r.Issues {
		r.Issues[i].ID = id
	}
	for i := range r.Incidents {
		r.Incidents[i].ID = id
	}
	return r
}

// fromView returns the objects of a view.
func fromView(t *testing.T, s *Store, table *columns.Table) (all []report.Object) {
	t.Helper()
	some := propertyColumns(table, nil)
	sql := fmt.Sprintf("SELECT %s FROM %s ORDER BY %s", strings.Join(table.Columns, ", "), s.table(string(table.List)), keyColumns(table))
	for values, err := range s.rows(t.Context(), query{sql: sql}) {
		if err != nil {
			t.Fatal(err)
		}
		v, err := version(table, some, append(values, nil, []bigquery.Value{}))
		if err != nil {
			t.Fatal(err)
		}
		var r report.Report
		o := table.Add(&r)
		if err := (&columns.Reader{Row: &merging.Values{Row: v.Row}, Metadata: true}).Read(o); err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

// rowsOf returns objects as rows in which empty lists are absent, because views do not
// distinguish these.
func rowsOf(objects []report.Object) (all [][]any) {
	for _, o := range objects {
		var w merging.Writer
		o.VisitFields(&w)
		for i := range w.Row {
			if w.Row[i] == "[]" {
				w.Row[i] = nil
			}
		}
		all = append(all, slices.Clone(w.Row))
	}
	return all
}

// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/bigquery/bigquerytest"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/report"
)

// TestUpgrade goes from the first version to a version of its own, and keeps the objects.
func TestUpgrade(t *testing.T) {
	inOneGoroutine(t)
	s := readyStore(t)
	if _, err := s.Load(t.Context(), conformance.Dataset(t), store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	defer func(all []step) { steps = all }(steps)
	second := store.Version{Major: 2}
	steps = append(steps[:1:1], step{store.Schema{Version: second, Report: report.Latest()}, func(s *Store) []string {
		all := []string{"ALTER TABLE " + s.table("raw_tests") + " ADD COLUMN IF NOT EXISTS flavour STRING"}
		return append(all, s.createView(tableOf(store.Tests)))
	}})
	s = open(t, s.name)
	if _, err := s.Load(t.Context(), &report.Report{}, store.LoadOptions{}); !errors.Is(err, store.ErrOldSchema) || !strings.Contains(err.Error(), "kcidb db upgrade") {
		t.Errorf("Load with the first version: %v", err)
	}
	for range 2 {
		if err := s.Upgrade(t.Context(), store.Version{}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if all, current, err := s.Schemas(t.Context()); err != nil || len(all) != 2 || current != 1 {
		t.Errorf("Schemas() = %v, %d, %v", all, current, err)
	}
	if err := s.Upgrade(t.Context(), store.Version{Major: 1}, nil); !errors.Is(err, store.ErrUnknownSchema) {
		t.Errorf("Upgrade back: %v", err)
	}
	n := 0
	for r, err := range s.Dump(t.Context(), store.DumpOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		n += r.Count()
	}
	if want := conformance.Dataset(t).Count(); n != want {
		t.Errorf("%d objects, want %d", n, want)
	}
	steps = steps[:1]
	if _, err := open(t, s.name).Initialized(t.Context()); !errors.Is(err, store.ErrNewSchema) {
		t.Errorf("a newer version: %v", err)
	}
	var back bigquery.DatasetMetadataToUpdate
	back.SetLabel(versionLabel, "1") // for the tests after this one
	if _, err := s.client.Dataset(s.dataset).Update(t.Context(), back, ""); err != nil {
		t.Fatal(err)
	}
}

// foreign are data sets of the Python system, and another.
var foreign = map[string]struct {
	labels map[string]string
	sql    []string
}{
	"4.0":        {nil, []string{"CREATE TABLE d.checkouts (id STRING)"}},
	"kernelci03": {nil, []string{"CREATE TABLE d.revisions (id STRING)", "CREATE TABLE d.builds (id STRING)", "CREATE TABLE d.tests (id STRING)"}},
	"4.2": {map[string]string{"version_major": "4", "version_minor": "2"}, []string{
		"CREATE TABLE d._checkouts (id STRING)", "CREATE VIEW d.checkouts AS SELECT id FROM d._checkouts GROUP BY id"}},
	"4.2 without labels": {nil, []string{
		"CREATE TABLE d._checkouts (id STRING)", "CREATE VIEW d.checkouts AS SELECT id FROM d._checkouts GROUP BY id"}},
	"labels":       {map[string]string{"version_major": "5"}, nil},
	"another view": {nil, []string{"CREATE TABLE d.results (id STRING)", "CREATE VIEW d.tests AS SELECT id FROM d.results"}},
}

// TestForeign: a data set of the Python system is left alone, and the error says how to
// move its objects.
func TestForeign(t *testing.T) {
	inOneGoroutine(t)
	for name, c := range foreign {
		t.Run(name, func(t *testing.T) {
			s := open(t, bigquerytest.Spec(t))
			if err := s.client.Dataset(s.dataset).Create(t.Context(), &bigquery.DatasetMetadata{Labels: c.labels}); err != nil {
				t.Fatal(err)
			}
			for _, sql := range c.sql {
				if err := s.run(t.Context(), query{sql: strings.ReplaceAll(sql, " d.", " "+s.dataset+".")}); err != nil {
					t.Fatal(err)
				}
			}
			before := contents(t, s)
			_, load := s.Load(t.Context(), &report.Report{}, store.LoadOptions{})
			for name, err := range map[string]error{"init": s.Init(t.Context(), store.Version{}), "load": load, "cleanup": s.Cleanup(t.Context())} {
				if !errors.Is(err, store.ErrForeign) || !strings.Contains(err.Error(), "kcidb db load --with-metadata") || !strings.Contains(err.Error(), "docs/google-cloud.md") {
					t.Errorf("%s: %v", name, err)
				}
			}
			if diff := cmp.Diff(before, contents(t, s)); diff != "" {
				t.Errorf("the data set changed (-before +after):\n%s", diff)
			}
		})
	}
}

// contents returns the labels of a data set, and its tables with the queries of views.
func contents(t *testing.T, s *Store) map[string]string {
	t.Helper()
	data, err := s.client.Dataset(s.dataset).Metadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := maps.Clone(data.Labels)
	if all == nil {
		all = make(map[string]string)
	}
	for each := s.client.Dataset(s.dataset).Tables(t.Context()); ; {
		table, err := each.Next()
		if errors.Is(err, iterator.Done) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := table.Metadata(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all[table.TableID] = string(data.Type) + " " + data.ViewQuery
	}
}

// TestInitAgain: Init completes what an interrupted Init left.
func TestInitAgain(t *testing.T) {
	inOneGoroutine(t)
	s := open(t, bigquerytest.Spec(t))
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	want := contents(t, s)
	var interrupted bigquery.DatasetMetadataToUpdate
	interrupted.DeleteLabel(versionLabel)
	if _, err := s.client.Dataset(s.dataset).Update(t.Context(), interrupted, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.client.Dataset(s.dataset).Table(string(store.Incidents)).Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, contents(t, s)); diff != "" {
		t.Errorf("the data set differs (-want +got):\n%s", diff)
	}
}

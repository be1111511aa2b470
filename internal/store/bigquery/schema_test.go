// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"errors"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/bigquery/bigquerytest"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/report"
)

// TestUpgrade goes from the first version to a version of its own, and keeps the objects.
func TestUpgrade(t *testing.T) {
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

// TestForeign: a data set of the Python system is left alone, and the error says how to
// move its objects.
func TestForeign(t *testing.T) {
	s := open(t, bigquerytest.Spec(t))
	data := s.client.Dataset(s.dataset)
	if err := data.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	schema := bigquery.Schema{{Name: "id", Type: bigquery.StringFieldType}}
	if err := data.Table("checkouts").Create(t.Context(), &bigquery.TableMetadata{Schema: schema}); err != nil {
		t.Fatal(err)
	}
	_, load := s.Load(t.Context(), &report.Report{}, store.LoadOptions{})
	for name, err := range map[string]error{"init": s.Init(t.Context(), store.Version{}), "load": load, "cleanup": s.Cleanup(t.Context())} {
		if !errors.Is(err, store.ErrForeign) || !strings.Contains(err.Error(), "kcidb db load --with-metadata") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

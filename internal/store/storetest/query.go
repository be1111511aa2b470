// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/report"
)

// query asks for objects by their IDs.
func (s suite) query(t *testing.T) {
	db := s.ready(t)
	all := conformance.Dataset(t)
	mustLoad(t, db, all, store.LoadOptions{})
	everyone := store.Query{Parents: true, Children: true}
	for list, keys := range keys(all) {
		for _, key := range keys {
			switch list {
			case store.Checkouts:
				everyone.Checkouts = append(everyone.Checkouts, key.ID)
			case store.Builds:
				everyone.Builds = append(everyone.Builds, key.ID)
			case store.Tests:
				everyone.Tests = append(everyone.Tests, key.ID)
			case store.Issues:
				everyone.Issues = append(everyone.Issues, key)
			case store.Incidents:
				everyone.Incidents = append(everyone.Incidents, key.ID)
			}
		}
	}
	for _, each := range []int{0, 1, 7, 1 << 40} {
		everyone.PerReport = each
		s.expect(t, sizes(t, db.Query(t.Context(), everyone), each), all)
	}
	nothing := map[string]store.Query{
		"empty":   {Parents: true, Children: true},
		"unknown": {Checkouts: []string{"a:unknown", ""}, Issues: []store.Key{{ID: all.Issues[0].ID, Version: 4711}}},
		"others":  {Tests: []string{all.Checkouts[0].ID}, Checkouts: []string{all.Tests[0].ID}},
	}
	for name, q := range nothing {
		for r, err := range db.Query(t.Context(), q) {
			t.Errorf("%s: got %v, %v", name, r, err)
		}
	}
	twice := store.Query{Tests: []string{all.Tests[0].ID, all.Tests[0].ID}, Metadata: true}
	got, err := collect(db.Query(t.Context(), twice))
	if err != nil || len(got.Tests) != 1 || got.Count() != 1 || got.Tests[0].Timestamp == nil {
		t.Errorf("a test asked for twice: got %v, %v", got, err)
	}
	t.Run("large", s.queryLarge)
}

// queryLarge queries one test with parents and children, and so gets everything below
// its checkout: more objects than fit a page. A test of a missing build is left out.
func (s suite) queryLarge(t *testing.T) {
	db := s.ready(t)
	all := &report.Report{Checkouts: []report.Checkout{{ID: "a:c", Origin: "a"}}}
	for i := range 3 {
		build := fmt.Sprintf("a:b%d", i)
		all.Builds = append(all.Builds, report.Build{ID: build, Origin: "a", CheckoutID: "a:c"})
		for j := range 400 {
			all.Tests = append(all.Tests, report.Test{ID: fmt.Sprintf("a:%d.%d", i, j), Origin: "a", BuildID: build, LogExcerpt: &build})
		}
	}
	mustLoad(t, db, all, store.LoadOptions{})
	mustLoad(t, db, &report.Report{Tests: []report.Test{{ID: "a:other", Origin: "a", BuildID: "a:other"}}}, store.LoadOptions{})
	q := store.Query{Tests: []string{"a:2.399"}, Parents: true, Children: true, PerReport: 501}
	s.expect(t, sizes(t, db.Query(t.Context(), q), 501), all)
}

// queryConformance asks what has been asked of the Python system.
func (s suite) queryConformance(t *testing.T) {
	db := s.ready(t)
	mustLoad(t, db, conformance.Dataset(t), store.LoadOptions{})
	text, err := testdata.ReadFile("testdata/queries.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(bytes.Lines(text))
	for i := 0; i < len(lines); i += s.few(1, 40) {
		line := lines[i]
		var c struct {
			IDs, Result       map[store.List][]identity
			Parents, Children bool
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		q := store.Query{Parents: c.Parents, Children: c.Children}
		for _, id := range c.IDs[store.Checkouts] {
			q.Checkouts = append(q.Checkouts, id.ID)
		}
		for _, id := range c.IDs[store.Builds] {
			q.Builds = append(q.Builds, id.ID)
		}
		for _, id := range c.IDs[store.Tests] {
			q.Tests = append(q.Tests, id.ID)
		}
		for _, id := range c.IDs[store.Issues] {
			q.Issues = append(q.Issues, store.Key(id))
		}
		for _, id := range c.IDs[store.Incidents] {
			q.Incidents = append(q.Incidents, id.ID)
		}
		got, err := collect(db.Query(t.Context(), q))
		if err != nil {
			t.Fatal(err)
		}
		want := make(map[store.List][]store.Key)
		for list, ids := range c.Result {
			for _, id := range slices.Compact(ids) { // an object reached twice is there twice
				want[list] = append(want[list], store.Key(id))
			}
		}
		if diff := cmp.Diff(want, keys(sorted(got))); diff != "" {
			t.Errorf("%s\nobjects differ (-want +got):\n%s", line, diff)
		}
	}
}

// identity is a key as the cases have it: a list of the ID and the version.
type identity store.Key

func (i *identity) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&i.ID, &i.Version})
}

// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// patternPages finds all objects in sets of the size asked for, with or without
// metadata, and with all their properties.
func (s suite) patternPages(t *testing.T) {
	db := s.store(t)
	all := conformance.Dataset(t)
	all.Append(fullReport())
	for _, stamp := range stamps(all) {
		*stamp = new(moment(1))
	}
	mustLoad(t, db, all, store.LoadOptions{Metadata: true})
	mustLoad(t, db, &report.Report{Tests: numbered(2, 1500).Tests}, store.LoadOptions{})
	everyone := parse(t, ">*#")
	total := 0
	for _, each := range []int{0, 1, 7, 501, 1 << 40} {
		n := mergeSets(t, db.Match(t.Context(), everyone, store.MatchOptions{PerSet: each}), each).Count()
		if total == 0 {
			total = n
		}
		if n != total || n < all.Count()+1500 {
			t.Errorf("%d objects in sets of %d, %d in others", n, each, total)
		}
	}
	var refs []object.ID
	for _, o := range all.Tests {
		refs = append(refs, object.ID{o.ID})
	}
	some := append(parse(t, ">checkout#", ">build#", ">issue_version#", ">incident#"), object.Of(object.TypeTest, refs...))
	for _, metadata := range []bool{true, false} {
		got := mergeSets(t, db.Match(t.Context(), some, store.MatchOptions{Metadata: metadata, PerSet: 100}), 100)
		want := &report.Report{}
		want.Append(all)
		if !metadata {
			for _, stamp := range stamps(want) {
				*stamp = nil
			}
		}
		s.expect(t, &got.Report, want)
	}
	for _, nothing := range [][]object.Pattern{nil, parse(t, ">test[]#", ">revision[]#", ">test[]<build#"), parse(t, ">test")} {
		for set, err := range db.Match(t.Context(), nothing, store.MatchOptions{}) {
			t.Errorf("nothing: got %v, %v", set, err)
		}
	}
}

// patternCancel ends what is being read.
func (s suite) patternCancel(t *testing.T) {
	db := s.store(t)
	mustLoad(t, db, numbered(0, 1500), store.LoadOptions{})
	for _, text := range []string{">test#", ">build[a:0]>test#"} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		n := 0
		for set, err := range db.Match(ctx, parse(t, text), store.MatchOptions{PerSet: 10}) {
			if last = err; err == nil {
				n += set.Count()
			}
			cancel()
		}
		if !errors.Is(last, context.Canceled) || n >= 1500 {
			t.Errorf("%s: %d objects after it was cancelled, %v", text, n, last)
		}
		for range db.Match(t.Context(), parse(t, text), store.MatchOptions{PerSet: 10}) {
			break
		}
	}
	if n := mergeSets(t, db.Match(t.Context(), parse(t, ">test#"), store.MatchOptions{}), 0).Count(); n != 1500 {
		t.Errorf("%d objects, want 1500", n)
	}
}

// patternMost reads up to Most objects, and nothing if there are more.
func (s suite) patternMost(t *testing.T) {
	db := s.store(t)
	mustLoad(t, db, numbered(0, 1500), store.LoadOptions{})
	for _, texts := range [][]string{{">test#"}, {">build[a:0]>test#"}, {">build[a:0]#>test#"}, {">build#>test#"}, {">*#"}, {">test#<build#", ">test[a:7]#"}} {
		all := parse(t, texts...)
		n := mergeSets(t, db.Match(t.Context(), all, store.MatchOptions{}), 0).Count()
		if n < 1500 {
			t.Fatalf("%q: %d objects", texts, n)
		}
		for _, most := range []int{n, n + 1, 1 << 40} {
			if got := mergeSets(t, db.Match(t.Context(), all, store.MatchOptions{Most: most}), 0).Count(); got != n {
				t.Errorf("%q: %d objects of %d at most, want %d", texts, got, most, n)
			}
		}
		for _, most := range []int{1, 10, n - 1} {
			for set, err := range db.Match(t.Context(), all, store.MatchOptions{Most: most, PerSet: 10}) {
				if !errors.Is(err, store.ErrTooMuch) {
					t.Fatalf("%q: %v and %v of %d at most", texts, set, err, most)
				}
			}
		}
	}
}

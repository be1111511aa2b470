// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// patterns finds objects by their relations.
func (s suite) patterns(t *testing.T) {
	t.Run("conformance", s.patternConformance)
	t.Run("random", s.patternRandom)
	t.Run("many", s.patternMany)
	t.Run("characters", s.patternCharacters)
	t.Run("cancel", s.patternCancel)
	if s.can.Slow {
		return // the rest is the work of package walk, whose tests run it
	}
	t.Run("groups", s.patternGroups)
	t.Run("pages", s.patternPages)
	t.Run("most", s.patternMost)
}

func parse(t *testing.T, texts ...string) (all []object.Pattern) {
	t.Helper()
	for _, text := range texts {
		patterns, err := object.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, patterns...)
	}
	return all
}

// mergeSets puts sets together, which are in the order of the types and of the IDs,
// and have as many objects as they may.
func mergeSets(t *testing.T, sets iter.Seq2[*object.Set, error], perSet int) *object.Set {
	t.Helper()
	all := &object.Set{}
	last := perSet
	for set, err := range sets {
		if err != nil {
			t.Fatal(err)
		}
		if n := set.Count(); perSet > 0 && (n > perSet || last < perSet) || n == 0 {
			t.Errorf("a set of %d objects after a set of %d, at most %d are allowed", n, last, perSet)
		} else if perSet > 0 {
			last = n
		}
		all.Revisions = append(all.Revisions, set.Revisions...)
		all.Issues = append(all.Issues, set.Issues...)
		all.Report.Append(&set.Report)
	}
	refs := slices.Collect(all.Refs())
	if !slices.IsSortedFunc(refs, compareRefs) || len(slices.Compact(slices.Clone(refs))) < len(refs) {
		t.Errorf("not in order, or not each once: %v", refs)
	}
	return all
}

// compareRefs compares objects as Match orders them.
func compareRefs(a, b object.Ref) int {
	if a.Type != b.Type {
		return slices.Index(object.Types(), a.Type) - slices.Index(object.Types(), b.Type)
	}
	if a.ID[0] == b.ID[0] && a.Type == object.TypeIssueVersion {
		return cmp.Or(len(a.ID[1])-len(b.ID[1]), strings.Compare(a.ID[1], b.ID[1])) // as numbers
	}
	return slices.Compare(a.ID[:], b.ID[:])
}

// patternConformance asks what has been asked of the Python system.
func (s suite) patternConformance(t *testing.T) {
	db := s.store(t)
	mustLoad(t, db, conformance.Dataset(t), store.LoadOptions{})
	for i, c := range conformance.Patterns(t) {
		if c.Error || i%s.few(1, 60) != 0 {
			continue // tests of the parser find errors
		}
		var want []object.Ref
		for _, typ := range object.Types() {
			for _, id := range c.Objects[typ] {
				want = append(want, object.Ref{Type: typ, ID: object.ID(id)})
			}
		}
		slices.SortFunc(want, compareRefs)
		got := slices.Collect(mergeSets(t, db.Match(t.Context(), parse(t, c.Pattern), store.MatchOptions{}), 0).Refs())
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s\nobjects differ (-want +got):\n%s", c.Pattern, diff)
		}
	}
}

// patternMany names more objects than any statement has parameters.
func (s suite) patternMany(t *testing.T) {
	db := s.store(t)
	builds, each := s.few(20, 3), 300
	checkout := &report.Report{Checkouts: []report.Checkout{{ID: "a:1", Origin: "a", GitCommitHash: new("c")}}}
	mustLoad(t, db, checkout, store.LoadOptions{})
	var ids []object.ID
	for b := range builds {
		r := numbered(b, each)
		mustLoad(t, db, r, store.LoadOptions{})
		for i := range r.Tests {
			ids = append(ids, object.ID{r.Tests[i].ID}, object.ID{"a:no" + r.Tests[i].ID})
		}
	}
	tests := object.Of(object.TypeTest, ids...)
	build := tests.Parents(object.TypeBuild)
	checkouts := build.Parents(object.TypeCheckout)
	all := []object.Pattern{tests, build, checkouts, checkouts.Parents(object.TypeRevision)}
	n := map[object.Type]int{}
	for ref := range mergeSets(t, db.Match(t.Context(), all, store.MatchOptions{PerSet: 5000}), 5000).Refs() {
		n[ref.Type]++
	}
	want := map[object.Type]int{object.TypeRevision: 1, object.TypeCheckout: 1, object.TypeBuild: builds, object.TypeTest: builds * each}
	if diff := gocmp.Diff(want, n); diff != "" {
		t.Errorf("numbers of objects differ (-want +got):\n%s", diff)
	}
	// A pattern of many steps finds the objects of each step once.
	long := parse(t, ">checkout[a:1]"+strings.Repeat("<revision>checkout", 15)+"#")
	if n := mergeSets(t, db.Match(t.Context(), long, store.MatchOptions{}), 0).Count(); n != 1 {
		t.Errorf("%d checkouts after many steps, want 1", n)
	}
}

// patternCharacters finds IDs with all characters that an ID may have, and no others.
func (s suite) patternCharacters(t *testing.T) {
	db := s.store(t)
	r := &report.Report{}
	var ids, none []object.ID
	for _, text := range []string{
		`"`, `'`, `\`, `\"`, `[]`, `{}`, `["x"]`, ",", ";", "#", "$1", "?1", "%", "_", "*", " ", "\n", "\r\n", "\t", "\x01", "\x7f", "é", "e\u0301", "😀",
		"\u2028", "NULL", "null", "0", "00", "1e3", "1.0", "-1", strings.Repeat("x", 2000),
	} {
		id := "a:" + text
		r.Builds = append(r.Builds, report.Build{ID: id, Origin: "a", CheckoutID: "a:1"})
		r.Tests = append(r.Tests, report.Test{ID: id, Origin: "a", BuildID: id})
		r.Issues = append(r.Issues, report.Issue{ID: id, Version: 10, Origin: "a"})
		r.Checkouts = append(r.Checkouts, report.Checkout{ID: id, Origin: "a", GitCommitHash: &id, PatchsetHash: &text})
		ids = append(ids, object.ID{id})
		none = append(none, object.ID{text}, object.ID{id + " "}, object.ID{"A" + id[1:]})
	}
	none = append(none, object.ID{"a:\x00"}, object.ID{"a:\xff"}, object.ID{""})
	mustLoad(t, db, r, store.LoadOptions{})
	for typ, more := range map[object.Type]string{object.TypeBuild: "", object.TypeTest: "", object.TypeIssue: "", object.TypeIssueVersion: "10"} {
		named := make([]object.ID, len(ids))
		for i := range ids {
			named[i] = object.ID{ids[i][0], more}
		}
		got := mergeSets(t, db.Match(t.Context(), []object.Pattern{object.Of(typ, append(named, none...)...)}, store.MatchOptions{}), 0)
		var want []object.Ref
		for _, id := range named {
			want = append(want, object.Ref{Type: typ, ID: id})
		}
		slices.SortFunc(want, compareRefs)
		if diff := gocmp.Diff(want, slices.Collect(got.Refs())); diff != "" {
			t.Errorf("objects differ (-want +got):\n%s", diff)
		}
	}
	var named []object.ID
	for _, c := range r.Checkouts {
		named = append(named, object.ID{c.ID, *c.PatchsetHash}, object.ID{*c.PatchsetHash, c.ID}, object.ID{c.ID, ""})
	}
	revisions := object.Of(object.TypeRevision, named...)
	got := mergeSets(t, db.Match(t.Context(), []object.Pattern{revisions, revisions.Children(object.TypeCheckout)}, store.MatchOptions{}), 0)
	if len(got.Revisions) != len(r.Checkouts) || len(got.Report.Checkouts) != len(r.Checkouts) {
		t.Errorf("%d revisions with %d checkouts, want %d", len(got.Revisions), len(got.Report.Checkouts), len(r.Checkouts))
	}
	for _, version := range []string{"", "x", "1e1", "10.0", "2147483648", "99999999999999999999", "11"} {
		wrong := object.Of(object.TypeIssueVersion, object.ID{"a:0", version})
		if n := mergeSets(t, db.Match(t.Context(), []object.Pattern{wrong}, store.MatchOptions{}), 0).Count(); n > 0 {
			t.Errorf("an issue has the version %q", version)
		}
	}
}

// patternGroups checks the properties of revisions, which the first checkout with a
// value gives, and of issues, which the newest version gives.
func (s suite) patternGroups(t *testing.T) {
	db := s.store(t)
	files := []report.Resource{{Name: "a", URL: "https://example.org/a"}}
	at := func(n int) *report.Checkout {
		return &report.Checkout{ID: fmt.Sprintf("a:%d", n), Origin: "a", GitCommitHash: new("c"), Timestamp: new(moment(n / 10))}
	}
	with := func(c *report.Checkout, name string, hash *string, files []report.Resource) report.Checkout {
		if name != "" {
			c.GitCommitName = &name
		}
		c.PatchsetHash, c.PatchsetFiles = hash, files
		return *c
	}
	r := &report.Report{
		Checkouts: []report.Checkout{
			with(at(39), "v3", new(""), nil),
			with(at(22), "v2b", nil, nil), with(at(21), "v2a", new(""), []report.Resource{}), with(at(11), "", nil, nil),
			with(at(12), "", new("p"), nil), with(at(13), "v1", new("p"), files),
			with(at(14), "unknown", nil, files),
			{ID: "a:none", Origin: "a", PatchsetHash: new(""), GitCommitName: new("none")},
		},
		Issues: []report.Issue{
			{ID: "a:1", Version: 9, Origin: "old"}, {ID: "a:1", Version: 10, Origin: "new"}, {ID: "a:1", Version: 1, Origin: "oldest"},
			{ID: "a:2", Version: 0, Origin: "b"},
		},
	}
	mustLoad(t, db, r, store.LoadOptions{Metadata: true})
	want := &object.Set{
		Revisions: []object.Revision{
			{GitCommitHash: "c", GitCommitName: new("v2a"), PatchsetFiles: []report.Resource{}},
			{GitCommitHash: "c", PatchsetHash: "p", GitCommitName: new("v1"), PatchsetFiles: files},
		},
		Issues: []object.Issue{{ID: "a:1", Origin: "new"}, {ID: "a:2", Origin: "b"}},
	}
	for _, texts := range [][]string{
		{">revision#", ">issue#"}, {`>revision[c, ""; c, p]#`, ">issue[a:1; a:2]#"}, {">checkout<revision#", ">issue_version<issue#"},
		{">checkout[a:22; a:12; a:14]<revision#", ">issue_version[a:1,1]<issue#", ">issue[a:2]#"},
	} {
		got := mergeSets(t, db.Match(t.Context(), parse(t, texts...), store.MatchOptions{}), 0)
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s: groups differ (-want +got):\n%s", texts, diff)
		}
	}
}

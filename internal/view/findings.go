// SPDX-License-Identifier: Apache-2.0

package view

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Finding is a version of an issue that was seen in some builds, or in tests of
// these.
type Finding struct {
	*IssueVersion
	Builds, Tests int64 // sightings in each
}

// Findings are the issues seen in some builds and in their tests.
type Findings struct {
	List  []*Finding      // those seen most first
	tests map[string]bool // IDs of the tests they were seen in
}

// Tests is the number of tests that an issue was seen in.
func (f *Findings) Tests() int { return len(f.tests) }

// Findings are the issues seen in the builds and in their tests.
func (b *Builds) Findings() (*Findings, error) {
	ids := make([]object.ID, len(b.List))
	for i, build := range b.List {
		ids[i] = build.Ref().ID
	}
	return b.w.findings(ids)
}

// Findings are the issues seen in the build and in its tests.
func (b *Build) Findings() (*Findings, error) { return b.w.findings([]object.ID{b.Ref().ID}) }

// findings reads the incidents of builds and of their tests, without keeping
// them: an issue may be in any number of tests.
func (w *World) findings(builds []object.ID) (*Findings, error) {
	all := &Findings{tests: map[string]bool{}}
	if len(builds) == 0 {
		return all, nil
	}
	built := object.Of(object.TypeBuild, builds...)
	inBuilds := built.Children(object.TypeIncident)
	inTests := built.Children(object.TypeTest).Children(object.TypeIncident)
	patterns := []object.Pattern{
		inBuilds, inBuilds.Parents(object.TypeIssueVersion),
		inTests, inTests.Parents(object.TypeIssueVersion),
	}
	found := map[store.Key]*Finding{}
	for set, err := range w.store.Match(w.ctx, patterns, store.MatchOptions{Metadata: true}) {
		if err != nil {
			return nil, w.fail(err)
		}
		w.add(&report.Report{Issues: set.Report.Issues})
		for i := range set.Report.Incidents {
			n := &set.Report.Incidents[i]
			if n.Present != nil && !*n.Present {
				continue
			}
			key := store.Key{ID: n.IssueID, Version: n.IssueVersion}
			f := found[key]
			if f == nil {
				f = &Finding{IssueVersion: w.IssueVersion(key.ID, key.Version)}
				found[key] = f
			}
			if n.TestID == nil {
				f.Builds++
				continue
			}
			f.Tests++
			all.tests[*n.TestID] = true
		}
	}
	all.List = slices.SortedFunc(maps.Values(found), func(a, b *Finding) int {
		return cmp.Or(-cmp.Compare(a.Builds+a.Tests, b.Builds+b.Tests), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
	})
	return all, nil
}

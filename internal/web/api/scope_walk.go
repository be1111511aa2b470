// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"iter"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// visitor is told what a scope holds. It may not keep what it is given.
type visitor interface {
	// there is called for all tests.
	there(g *rollup.Group, compatibles []string)
	// wanted is called for those that the filters want.
	wanted(g *rollup.Group, compatibles []string)
	// build is called for builds, after the tests.
	build(b *rollup.Built, wanted bool)
	// seen is called for what issues were seen in.
	seen(s *rollup.Sighting, wanted bool)
}

// walk tells a visitor what the scope holds: tests, builds, and what issues were seen
// in. Filters that groups of tests decide take nothing but the roll-ups; others take
// the tests themselves. It returns the texts of the issues.
func (a *API) walk(ctx context.Context, sc scope, f *filters, v visitor) (map[rollup.IssueKey]rollup.IssueTexts, error) {
	w := newWalker(&sc, f, v)
	r := sc.results()
	r.Tests = sc.hardware != "" || w.want.boot.grouped() || w.want.test.grouped()
	r.Group = w.group
	if err := r.Read(ctx, a.rollups()); err != nil {
		return nil, err
	}
	w.sightings = bySighted(r.Sightings)
	if w.want.boot.single() || w.want.test.single() {
		if err := w.runs(a.runs(ctx, r.Builds, w.want, store.RunKey{}, false)); err != nil {
			return nil, err
		}
	}
	if err := w.builds(ctx, a.rollups(), r.Builds); err != nil {
		return nil, err
	}
	w.issues(r)
	return r.Texts, nil
}

// walker goes through a scope.
type walker struct {
	scope     *scope
	want      *filters
	visitor   visitor
	lists     compatibleLists
	tested    map[string]bool // builds with tests
	passed    map[string]bool // builds that are related to tests that are wanted
	sightings map[sighted][]sighting
	chosen    map[sighted]bool // what is wanted, of what issues were seen in, but for tests that groups decide
}

// newWalker returns a walker for what filters want; nil filters want all.
func newWalker(sc *scope, f *filters, v visitor) *walker {
	if f == nil {
		f = &filters{}
	}
	return &walker{
		scope: sc, want: f, visitor: v,
		tested: make(map[string]bool), passed: make(map[string]bool), chosen: make(map[sighted]bool),
	}
}

// group visits tests that are alike.
func (w *walker) group(g *rollup.Group) {
	compatibles := w.lists.of(g.Compatible)
	if !w.scope.on(g.Platform, compatibles) {
		return
	}
	if w.scope.hardware != "" {
		w.tested[g.Build.ID] = true
	}
	w.visitor.there(g, compatibles)
	if !w.want.of(g.Kind).single() && w.want.wantGroup(g, compatibles) {
		w.pass(g, compatibles)
	}
}

// pass visits tests that are wanted.
func (w *walker) pass(g *rollup.Group, compatibles []string) {
	if w.want.related && w.want.relates(g.Kind) {
		w.passed[g.Build.ID] = true
	}
	w.visitor.wanted(g, compatibles)
}

// runs visits single tests, of the kinds whose filters need them.
func (w *walker) runs(all iter.Seq2[*countedRun, error]) error {
	for run, err := range all {
		if err != nil {
			return err
		}
		in, g := sighted{run.BuildID, run.ID}, &run.group
		seen := w.sightings[in]
		if !w.want.of(g.Kind).single() || !w.scope.on(g.Platform, run.Compatible) || !w.want.wantRun(&run.Run, g, seen) {
			continue
		}
		if len(seen) > 0 {
			w.chosen[in] = true
		}
		w.pass(g, run.Compatible)
	}
	return nil
}

// builds visits builds. On the page of a hardware they have tests on it.
func (w *walker) builds(ctx context.Context, db *rollup.DB, all []rollup.Built) error {
	durations, err := w.want.durations(ctx, db, all)
	if err != nil {
		return err
	}
	for i := range all {
		b := &all[i]
		if rollup.IsDummy(b.ID) || w.scope.hardware != "" && !w.tested[b.ID] {
			continue
		}
		in := sighted{build: b.ID}
		wanted := w.want.wantBuild(b, durations, w.sightings[in]) && (!w.want.related || w.passed[b.ID])
		w.chosen[in] = wanted
		w.visitor.build(b, wanted)
	}
	return nil
}

// issues visits what issues were seen in.
func (w *walker) issues(r *rollup.Results) {
	built := make(map[string]*rollup.Built, len(r.Builds))
	for i := range r.Builds {
		built[r.Builds[i].ID] = &r.Builds[i]
	}
	for i := range r.Sightings {
		s := &r.Sightings[i]
		in := sighted{s.BuildID, s.TestID}
		wanted, there := w.chosen[in]
		if s.Kind != rollup.Builds {
			var g rollup.Group
			var compatibles []string
			if there = true; s.Test != nil {
				g = rollup.Group{Origin: s.Test.Origin, Platform: s.Test.Platform, Lab: facts.LabOf(s.Test.Lab, s.Test.Origin)}
				compatibles = w.lists.of(s.Test.Compatible)
				there = w.scope.on(g.Platform, compatibles)
			}
			g.Build, g.Kind, g.Status = built[s.BuildID], s.Kind, s.Status
			wanted = wanted || !w.want.of(s.Kind).single() && w.want.wantGroup(&g, compatibles)
		}
		if there {
			w.visitor.seen(s, wanted)
		}
	}
}

// countedRun is a test, and what the roll-ups count the test by.
type countedRun struct {
	store.Run
	group rollup.Group
}

// runs returns the tests of those builds that the filters may want, behind a key. The
// caller may not keep a run. If the caller wants only the first few, builds are asked
// for 1, 2, 4, … at a time, because an engine sorts the tests of all builds that it is
// asked for before it returns the first test.
func (a *API) runs(ctx context.Context, builds []rollup.Built, f *filters, after store.RunKey, few bool) iter.Seq2[*countedRun, error] {
	return func(yield func(*countedRun, error) bool) {
		var ids []string
		known := make(map[string]*rollup.Built, len(builds))
		for i := range builds {
			if b := &builds[i]; f.wantBuilt(b) {
				ids = append(ids, b.ID)
				known[b.ID] = b
			}
		}
		var platforms rollup.Platforms
		var run countedRun
		for n := 1; len(ids) > 0; n *= 2 {
			asked := ids
			if few {
				asked = ids[:min(n, len(ids))]
			}
			ids = ids[len(asked):]
			for found, err := range a.store.Runs(ctx, asked, after) {
				if err != nil {
					yield(nil, err)
					return
				}
				run.Run = found
				run.group = groupOf(&run.Run, known[found.BuildID], &platforms)
				if !yield(&run, nil) {
					return
				}
			}
		}
	}
}

// groupOf returns what the roll-ups count a test by.
func groupOf(run *store.Run, b *rollup.Built, platforms *rollup.Platforms) rollup.Group {
	t := rollup.Test{Status: run.Status}
	t.SetMisc(run.Misc)
	return rollup.Group{
		Build: b, Kind: rollup.KindOf(run.Path), Origin: run.Origin, Platform: platforms.Of(run.EnvironmentMisc),
		Lab: facts.LabOf(t.Lab, run.Origin), Reason: t.Reason, Status: run.Status, N: 1,
	}
}

// compatibleLists are lists of compatibles by their JSON: the same few come again
// and again.
type compatibleLists map[string][]string

func (l *compatibleLists) of(text string) []string {
	if text == "" {
		return nil
	}
	list, ok := (*l)[text]
	if !ok {
		if jsonv2.Unmarshal([]byte(text), &list) != nil {
			list = nil
		}
		if *l == nil {
			*l = make(compatibleLists)
		}
		(*l)[text] = slices.Clip(list)
	}
	return list
}

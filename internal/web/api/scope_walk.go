// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"iter"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// visitor receives what a scope holds. It may not keep its arguments.
type visitor interface {
	// allTests receives all tests of the scope, in groups of tests that are alike.
	allTests(g *answers.Group, compatibles []string)
	// wantedTests receives the tests that the filters want: groups, or single tests if
	// the filters need them.
	wantedTests(g *answers.Group, compatibles []string)
	// build receives all builds, after the tests.
	build(b *answers.Built, wanted bool)
	// objectIssue receives each issue in each build or test.
	objectIssue(s *answers.ObjectIssue, wanted bool)
}

// walk passes to a visitor what the scope holds: tests, builds, and the issues in both.
// It reads the roll-ups only, unless a filter needs single tests. It returns the texts
// of the issues.
func (d *data) walk(ctx context.Context, sc scope, f *filters, v visitor) (map[store.Key]answers.IssueTexts, error) {
	w := newWalker(&sc, f, v)
	r := sc.results()
	r.Tests = sc.hardware != "" || w.filters.boot.grouped() || w.filters.test.grouped()
	r.Group = w.group
	if err := r.Read(ctx, d.answers()); err != nil {
		return nil, err
	}
	w.issues = issuesByObject(r.ObjectIssues)
	if w.filters.boot.needsSingle() || w.filters.test.needsSingle() {
		if err := w.runs(d.runs(ctx, r.Builds, w.filters, store.RunKey{}, false)); err != nil {
			return nil, err
		}
	}
	if err := w.builds(ctx, d.answers(), r.Builds); err != nil {
		return nil, err
	}
	w.objectIssues(r)
	return r.Texts, nil
}

// walker goes through a scope.
type walker struct {
	scope       *scope
	filters     *filters
	visitor     visitor
	compatibles compatibleLists
	tested      map[string]bool // builds with tests on the scope's hardware
	related     map[string]bool // builds with tests that the filters want
	issues      map[objectKey][]seenIssue
	// wanted has whether a build or a single test with an issue is wanted. Tests that
	// are judged by their group are not in it.
	wanted map[objectKey]bool
}

// newWalker returns a walker with filters; nil filters want all.
func newWalker(sc *scope, f *filters, v visitor) *walker {
	if f == nil {
		f = &filters{}
	}
	return &walker{
		scope: sc, filters: f, visitor: v,
		tested: make(map[string]bool), related: make(map[string]bool), wanted: make(map[objectKey]bool),
	}
}

// group visits tests that are alike.
func (w *walker) group(g *answers.Group) {
	compatibles := w.compatibles.parse(g.Compatible)
	if !w.scope.hasHardware(g.Platform, compatibles) {
		return
	}
	if w.scope.hardware != "" {
		w.tested[g.Build.ID] = true
	}
	w.visitor.allTests(g, compatibles)
	if !w.filters.ofKind(g.Kind).needsSingle() && w.filters.wantGroup(g, compatibles) {
		w.wantedTests(g, compatibles)
	}
}

// wantedTests visits tests that the filters want.
func (w *walker) wantedTests(g *answers.Group, compatibles []string) {
	if w.filters.related && w.filters.relates(g.Kind) {
		w.related[g.Build.ID] = true
	}
	w.visitor.wantedTests(g, compatibles)
}

// runs visits single tests, of the kinds whose filters need them.
func (w *walker) runs(all iter.Seq2[*countedRun, error]) error {
	for run, err := range all {
		if err != nil {
			return err
		}
		key, g := objectKey{run.BuildID, run.ID}, &run.group
		issues := w.issues[key]
		if !w.filters.ofKind(g.Kind).needsSingle() || !w.scope.hasHardware(g.Platform, run.Compatible) || !w.filters.wantRun(&run.Run, g, issues) {
			continue
		}
		if len(issues) > 0 {
			w.wanted[key] = true
		}
		w.wantedTests(g, run.Compatible)
	}
	return nil
}

// builds visits builds. If the scope has a hardware, these are the builds that were
// tested on it.
func (w *walker) builds(ctx context.Context, db *answers.DB, all []answers.Built) error {
	durations, err := w.filters.durations(ctx, db, all)
	if err != nil {
		return err
	}
	for i := range all {
		b := &all[i]
		if rollup.IsDummy(b.ID) || w.scope.hardware != "" && !w.tested[b.ID] {
			continue
		}
		key := objectKey{build: b.ID}
		wanted := w.filters.wantBuild(b, durations, w.issues[key]) && (!w.filters.related || w.related[b.ID])
		w.wanted[key] = wanted
		w.visitor.build(b, wanted)
	}
	return nil
}

// objectIssues visits the issues in builds and tests of the scope.
func (w *walker) objectIssues(r *answers.Results) {
	builds := make(map[string]*answers.Built, len(r.Builds))
	for i := range r.Builds {
		builds[r.Builds[i].ID] = &r.Builds[i]
	}
	for i := range r.ObjectIssues {
		s := &r.ObjectIssues[i]
		wanted, inScope := w.wanted[objectKey{s.BuildID, s.TestID}]
		if s.Kind != rollup.Builds {
			g := answers.Group{Build: builds[s.BuildID], Kind: s.Kind, Status: s.Status}
			var compatibles []string
			inScope = true
			if s.Test != nil {
				g = answers.GroupOf(g.Build, s.Test)
				g.Kind, g.Status = s.Kind, s.Status
				compatibles = w.compatibles.parse(s.Test.Compatible)
				inScope = w.scope.hasHardware(g.Platform, compatibles)
			}
			wanted = wanted || !w.filters.ofKind(s.Kind).needsSingle() && w.filters.wantGroup(&g, compatibles)
		}
		if inScope {
			w.visitor.objectIssue(s, wanted)
		}
	}
}

// countedRun is a test with the values that the roll-ups count it by.
type countedRun struct {
	store.Run
	group answers.Group
}

// runs returns the tests, behind a key, of builds that the filters may let pass. The
// caller may not keep a run. If the caller wants only the first few, builds are asked
// for 1, 2, 4, … at a time, because an engine sorts the tests of all builds that it is
// asked for before it returns the first test.
func (d *data) runs(ctx context.Context, builds []answers.Built, f *filters, after store.RunKey, few bool) iter.Seq2[*countedRun, error] {
	return func(yield func(*countedRun, error) bool) {
		var ids []string
		known := make(map[string]*answers.Built, len(builds))
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
			for found, err := range d.Store.Runs(ctx, asked, after) {
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

// groupOf returns the group of a test, without its compatibles.
func groupOf(run *store.Run, b *answers.Built, platforms *rollup.Platforms) answers.Group {
	t := rollup.Test{Origin: run.Origin, Path: run.Path, Status: run.Status}
	t.SetMisc(run.Misc, run.EnvironmentMisc, platforms)
	return answers.GroupOf(b, &t)
}

// compatibleLists has lists of compatibles by their JSON, because few lists are common
// to many tests.
type compatibleLists map[string][]string

func (l *compatibleLists) parse(text string) []string {
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

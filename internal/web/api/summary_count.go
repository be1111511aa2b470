// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// summarize counts what the filters let pass in a scope, and returns the values to
// filter by, which the filters do not narrow. nil filters let pass all.
func (d *data) summarize(ctx context.Context, sc scope, f *filters) (summary, summaryFilters, error) {
	c := newSummaryCounter(sc.hardware != "")
	texts, err := d.walk(ctx, sc, f, c)
	if err != nil {
		return summary{}, summaryFilters{}, err
	}
	return c.summary(texts), c.filters(), nil
}

// summaryCounter is a visitor that counts.
type summaryCounter struct {
	hardware                          bool // the scope has a hardware
	configs, architectures, compilers names
	kinds                             [3]kindCounter // builds, boots, tests
}

// kindCounter counts builds, boots or tests.
type kindCounter struct {
	// Everything in the scope.
	origins, labs, platforms names
	seen                     map[store.Key]bool
	unknown                  int64

	// The part that the filters let pass.
	status                     StatusCount
	byOrigin, byConfig, byLab  countsBy
	byCompatible, byPlatform   countsBy
	built                      map[builtBy]*StatusCount
	reasons                    map[string]int64
	failedOn                   names
	issues                     map[store.Key]*StatusCount
	unknownWanted              int64
	explained, explainedWanted map[objectKey]bool // failures with an issue
	incidents                  map[seenIn]bool
}

type builtBy struct{ architecture, compiler string }

// seenIn is an issue in a build or a test.
type seenIn struct {
	issue store.Key
	in    objectKey
}

// names is a set of names.
type names map[string]struct{}

func (n names) add(name string) { n[orUnknown(name)] = struct{}{} }

func (n names) sorted() []string { return slices.Sorted(maps.Keys(n)) }

// add adds n to the counts of a name.
func (c countsBy) add(name string, s report.Status, n int64) {
	name = orUnknown(name)
	count := c[name]
	if count == nil {
		count = new(StatusCount)
		c[name] = count
	}
	count.add(s, n)
}

func newSummaryCounter(hardware bool) *summaryCounter {
	c := &summaryCounter{hardware: hardware, configs: make(names), architectures: make(names), compilers: make(names)}
	for i := range c.kinds {
		c.kinds[i] = kindCounter{
			origins: make(names), labs: make(names), platforms: make(names), seen: make(map[store.Key]bool),
			byOrigin: make(countsBy), byConfig: make(countsBy), byLab: make(countsBy), byCompatible: make(countsBy), byPlatform: make(countsBy),
			built: make(map[builtBy]*StatusCount), reasons: make(map[string]int64), failedOn: make(names),
			issues: make(map[store.Key]*StatusCount), explained: make(map[objectKey]bool), explainedWanted: make(map[objectKey]bool),
			incidents: make(map[seenIn]bool),
		}
	}
	return c
}

func (c *summaryCounter) ofKind(kind rollup.Kind) *kindCounter {
	switch kind {
	case rollup.Builds:
		return &c.kinds[0]
	case rollup.Boots:
		return &c.kinds[1]
	}
	return &c.kinds[2]
}

func (c *summaryCounter) addBuilt(b *answers.Built) {
	c.configs.add(b.ConfigName)
	c.architectures.add(b.Architecture)
	c.compilers.add(b.Compiler)
}

func (c *summaryCounter) allTests(g *answers.Group, _ []string) {
	k := c.ofKind(g.Kind)
	k.origins.add(g.Origin)
	k.labs.add(g.Lab)
	k.platforms.add(g.Platform)
	if uncategorized(g.Status) {
		k.unknown += g.N
	}
}

func (c *summaryCounter) wantedTests(g *answers.Group, compatibles []string) {
	k := c.ofKind(g.Kind)
	k.count(g.Build, g.Origin, g.Lab, g.Status, g.N)
	k.byPlatform.add(g.Platform, g.Status, g.N)
	for _, name := range compatibles {
		k.byCompatible.add(name, g.Status, g.N)
	}
	if rollup.Fails(g.Status) {
		k.reasons[cmp.Or(g.Reason, unknownReason)] += g.N
		k.failedOn.add(g.Platform)
	}
}

func (c *summaryCounter) build(b *answers.Built, wanted bool) {
	c.addBuilt(b)
	k := c.ofKind(rollup.Builds)
	k.origins.add(b.Origin)
	k.labs.add(b.Lab)
	if uncategorized(b.Status) {
		k.unknown++
	}
	if wanted {
		k.count(b, b.Origin, b.Lab, b.Status, 1)
	}
}

// count counts n builds or tests by the properties that both have.
func (k *kindCounter) count(b *answers.Built, origin, lab string, s report.Status, n int64) {
	k.status.add(s, n)
	k.byOrigin.add(origin, s, n)
	k.byLab.add(lab, s, n)
	k.byConfig.add(b.ConfigName, s, n)
	by := builtBy{orUnknown(b.Architecture), orUnknown(b.Compiler)}
	count := k.built[by]
	if count == nil {
		count = new(StatusCount)
		k.built[by] = count
	}
	count.add(s, n)
	if uncategorized(s) {
		k.unknownWanted += n
	}
}

func (c *summaryCounter) objectIssue(s *answers.ObjectIssue, wanted bool) {
	k := c.ofKind(s.Kind)
	key, in := store.Key{ID: s.IssueID, Version: s.Version}, objectKey{s.BuildID, s.TestID}
	k.seen[key] = true
	failed := uncategorized(s.Status)
	if failed && !k.explained[in] {
		k.explained[in] = true
		k.unknown--
	}
	if !wanted {
		return
	}
	if failed && !k.explainedWanted[in] {
		k.explainedWanted[in] = true
		k.unknownWanted--
	}
	if i := (seenIn{key, in}); !k.incidents[i] {
		k.incidents[i] = true
		if k.issues[key] == nil {
			k.issues[key] = new(StatusCount)
		}
		k.issues[key].add(s.Status, 1)
	}
}

// summary returns the counts.
func (c *summaryCounter) summary(texts map[store.Key]answers.IssueTexts) summary {
	builds := c.ofKind(rollup.Builds)
	s := summary{
		Builds: buildSummary{
			Status: builds.status, Origins: builds.byOrigin, Architectures: make(map[string]*architectures), Configs: builds.byConfig,
			Labs: builds.byLab, Issues: builds.issueList(texts), UnknownIssues: builds.unknownWanted,
		},
		Boots: c.tests(rollup.Boots, texts),
		Tests: c.tests(rollup.Tests, texts),
	}
	for _, by := range builds.builtSorted() {
		a := s.Builds.Architectures[by.Architecture]
		if a == nil {
			a = &architectures{}
			s.Builds.Architectures[by.Architecture] = a
		}
		a.sum(by.Status)
		a.Compilers = append(a.Compilers, by.Compiler)
	}
	return s
}

func (c *summaryCounter) tests(kind rollup.Kind, texts map[store.Key]answers.IssueTexts) testSummary {
	k := c.ofKind(kind)
	s := testSummary{
		Status: k.status, Origins: k.byOrigin, Architectures: k.builtSorted(), Configs: k.byConfig, Issues: k.issueList(texts),
		UnknownIssues: k.unknownWanted, FailReasons: k.reasons, FailedPlatforms: k.failedOn.sorted(),
		Compatible: k.byCompatible, Misc: k.byPlatform, Labs: k.byLab,
	}
	if c.hardware {
		s.Platforms = &k.byPlatform
	}
	return s
}

func (k *kindCounter) builtSorted() []builtWith {
	all := make([]builtWith, 0, len(k.built))
	for by, count := range k.built {
		all = append(all, builtWith{by.architecture, by.compiler, *count})
	}
	slices.SortFunc(all, func(a, b builtWith) int {
		return cmp.Or(strings.Compare(a.Architecture, b.Architecture), strings.Compare(a.Compiler, b.Compiler))
	})
	return all
}

// issueList returns the issues, by ID and version.
func (k *kindCounter) issueList(texts map[store.Key]answers.IssueTexts) []Issue {
	all := make([]Issue, 0, len(k.issues))
	for key, count := range k.issues {
		all = append(all, Issue{
			ID: key.ID, Version: key.Version, Comment: texts[key].Comment, ReportURL: texts[key].ReportURL, Incidents: *count,
		})
	}
	slices.SortFunc(all, func(a, b Issue) int { return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version)) })
	return all
}

// filters returns the values to filter by.
func (c *summaryCounter) filters() summaryFilters {
	f := summaryFilters{
		All:    buildFilters{c.configs.sorted(), c.architectures.sorted(), c.compilers.sorted()},
		Builds: c.ofKind(rollup.Builds).filters(),
	}
	for kind, into := range map[rollup.Kind]*testFilterValues{rollup.Boots: &f.Boots, rollup.Tests: &f.Tests} {
		k := c.ofKind(kind)
		into.KindFilters = k.filters()
		if c.hardware {
			platforms := k.platforms.sorted()
			into.Platforms = &platforms
		}
	}
	return f
}

func (k *kindCounter) filters() KindFilters {
	f := KindFilters{Origins: k.origins.sorted(), HasUnknownIssue: k.unknown > 0, Labs: k.labs.sorted()}
	keys := slices.SortedFunc(maps.Keys(k.seen), func(a, b store.Key) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
	})
	for _, key := range keys {
		f.Issues = append(f.Issues, [2]any{key.ID, key.Version})
	}
	return f
}

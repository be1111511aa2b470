// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/summary"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Build is a build, its checkout and its tests.
type Build struct {
	report.Build
	g     *Graph
	known bool
	extra lazyObject
	tests *Tests
	seen  seenVersions
}

// Build returns the build with the ID.
func (g *Graph) Build(id string) *Build {
	b := g.builds[id]
	if b == nil {
		b = &Build{g: g, Build: report.Build{ID: id}}
		g.builds[id] = b
	}
	return b
}

// buildsOf returns the builds of a report.
func (g *Graph) buildsOf(r *report.Report) []*Build {
	list := make([]*Build, len(r.Builds))
	for i := range list {
		list[i] = g.Build(r.Builds[i].ID)
	}
	return list
}

// Ref returns the reference of the build.
func (b *Build) Ref() object.Ref {
	return object.BuildRef(b.Build.ID)
}

// Known reports whether the build is in the database.
func (b *Build) Known() bool { return b.known }

// Checkout returns the checkout that was built.
func (b *Build) Checkout() *Checkout { return b.g.Checkout(b.CheckoutID) }

// Architecture, Config and Compiler distinguish the builds of a checkout.
func (b *Build) Architecture() string { return text(b.Build.Architecture) }
func (b *Build) Config() string       { return text(b.ConfigName) }
func (b *Build) Compiler() string     { return text(b.Build.Compiler) }

// Start returns when the build began, and Took how long it took.
func (b *Build) Start() time.Time    { return value(b.StartTime) }
func (b *Build) Took() time.Duration { return seconds(b.Duration) }

// Log returns the URL of the log, and Excerpt the part of the log that the report
// contains.
func (b *Build) Log() string     { return text(b.LogURL) }
func (b *Build) Excerpt() string { return text(b.LogExcerpt) }

// Remark returns the comment.
func (b *Build) Remark() string { return text(b.Comment) }

// Outcome returns the status of the build itself.
func (b *Build) Outcome() report.Status { return value(b.Build.Status) }

// Status returns the status of the build itself.
func (b *Build) Status() (string, error) { return string(b.Outcome()), nil }

// Reason returns why the build failed, see facts.Reason.
func (b *Build) Reason() string { return facts.Reason(b.Misc) }

// Extra returns the misc object.
func (b *Build) Extra() map[string]any { return b.extra.get(b.Misc) }

// Tests returns the tests of the build.
func (b *Build) Tests() *Tests {
	if b.tests == nil {
		b.tests = &Tests{g: b.g, builds: []*Build{b}}
	}
	return b.tests
}

// Issues returns the issues seen in the build itself.
func (b *Build) Issues() ([]*SeenVersion, error) {
	return b.seen.get(b.g, b.Ref(), func(n *Incident) string { return text(n.BuildID) })
}

// Builds is a set of builds and their counts.
type Builds struct {
	List []*Build // in the order of their IDs

	g         *Graph
	checkouts []*Checkout // of the builds
	tests     *Tests
}

// Counts returns the number of builds with each status.
func (b *Builds) Counts() summary.Counts {
	counts := summary.Counts{}
	for _, build := range b.List {
		counts[build.Outcome()]++
	}
	return counts
}

// CountBy counts builds in groups. The function names the group of a build.
func (b *Builds) CountBy(group func(*Build) string) summary.CountsByName {
	groups := summary.CountsByName{}
	for _, build := range b.List {
		groups.Add(group(build), build.Outcome(), 1)
	}
	return groups
}

// Done reports whether all builds are reported, as far as is known. Each valid checkout
// must be done: its origin said that it finished building, or the checkout has builds,
// and each of them is over.
//
// A build is over if it has a status, a duration or tests. Some origins never report a
// status for builds that pass. A checkout without any passed build is done if
// it has builds at all.
func (b *Builds) Done() (bool, error) {
	if len(b.List) == 0 {
		return false, nil
	}
	built, running, passed := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, build := range b.List {
		built[build.CheckoutID] = true
		switch {
		case build.Outcome() == report.StatusPass:
			passed[build.CheckoutID] = true
		case build.Outcome() == "" && build.Duration == nil:
			tests, err := b.Tests().OfBuild(build.Build.ID)
			if err != nil {
				return false, err
			}
			running[build.CheckoutID] = running[build.CheckoutID] || tests.Total() == 0
		}
	}
	for _, c := range b.checkouts {
		id := c.Checkout.ID
		finished := c.OriginBuildsFinishTime != nil || c.Validity() == report.StatusFail
		if !finished && (!built[id] || running[id] && passed[id]) {
			return false, nil
		}
	}
	return true, nil
}

// Tests returns the tests of the builds.
func (b *Builds) Tests() *Tests {
	if b.tests == nil {
		b.tests = &Tests{g: b.g, builds: b.List, checkouts: b.checkouts}
	}
	return b.tests
}

// similar returns the properties that similar builds share. It returns false if the
// build or its checkout lacks one of them.
func (b *Build) similar() (store.Like, bool) {
	c := b.Checkout()
	return store.Like{
		Origin: b.Origin, RepositoryURL: c.Repository(), Branch: c.Branch(),
		Architecture: b.Architecture(), ConfigName: b.Config(), Before: c.Start(),
	}, b.Known() && c.Known() && !c.Start().IsZero() && c.Repository() != ""
}

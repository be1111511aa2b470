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

// Build is a view of a build.
type Build struct {
	report.Build
	g     *Graph
	known bool
	extra members
	tests *Tests
	seen  sightings
}

// Build returns the view of the build with the ID.
func (g *Graph) Build(id string) *Build {
	b := g.builds[id]
	if b == nil {
		b = &Build{g: g, Build: report.Build{ID: id}}
		g.builds[id] = b
	}
	return b
}

// buildsOf returns the views of the builds in a report.
func (g *Graph) buildsOf(r *report.Report) []*Build {
	list := make([]*Build, len(r.Builds))
	for i := range list {
		list[i] = g.Build(r.Builds[i].ID)
	}
	return list
}

// Ref names the build.
func (b *Build) Ref() object.Ref {
	return object.BuildRef(b.Build.ID)
}

// Known tells whether the build is in the database.
func (b *Build) Known() bool { return b.known }

// Checkout is what it was built from.
func (b *Build) Checkout() *Checkout { return b.g.Checkout(b.CheckoutID) }

// Architecture, Config and Compiler tell builds of a checkout apart.
func (b *Build) Architecture() string { return text(b.Build.Architecture) }
func (b *Build) Config() string       { return text(b.ConfigName) }
func (b *Build) Compiler() string     { return text(b.Build.Compiler) }

// Start is when it began, and Took how long it took.
func (b *Build) Start() time.Time    { return value(b.StartTime) }
func (b *Build) Took() time.Duration { return seconds(b.Duration) }

// Log and Excerpt are the URL of the log, and the part of it that matters.
func (b *Build) Log() string     { return text(b.LogURL) }
func (b *Build) Excerpt() string { return text(b.LogExcerpt) }

// Remark is the comment.
func (b *Build) Remark() string { return text(b.Comment) }

// Outcome is the build's own status.
func (b *Build) Outcome() report.Status { return value(b.Build.Status) }

// Status is the build's own status.
func (b *Build) Status() (string, error) { return string(b.Outcome()), nil }

// Reason is why it failed, as facts.Reason has it.
func (b *Build) Reason() string { return facts.Reason(b.Misc) }

// Extra is what else is known of it.
func (b *Build) Extra() map[string]any { return b.extra.parsed(b.Misc) }

// Tests are the tests of the build.
func (b *Build) Tests() *Tests {
	if b.tests == nil {
		b.tests = &Tests{g: b.g, builds: []*Build{b}}
	}
	return b.tests
}

// Issues are the issues seen in the build itself.
func (b *Build) Issues() ([]*Sighting, error) { return b.seen.of(b.g, b.Ref()) }

// Builds are some builds, and what they come to.
type Builds struct {
	List []*Build // in the order of the IDs

	g         *Graph
	checkouts []*Checkout // that they are of
	tests     *Tests
}

// Counts are the numbers of builds by their status.
func (b *Builds) Counts() summary.Counts {
	counts := summary.Counts{}
	for _, build := range b.List {
		counts[build.Outcome()]++
	}
	return counts
}

// By are the counts of the groups that a function puts builds into.
func (b *Builds) By(group func(*Build) string) summary.By {
	groups := summary.By{}
	for _, build := range b.List {
		groups.Add(group(build), build.Outcome(), 1)
	}
	return groups
}

// Done tells whether nobody has more builds to report, as far as is known: of each
// checkout that is valid the origin said that it has finished building, or there
// are builds, all of which are over. A build is over that has a status or a
// duration, or that was tested, and any where the origin tells no status of those
// that pass.
func (b *Builds) Done() (bool, error) {
	if len(b.List) == 0 {
		return false, nil
	}
	some, open, passed := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, build := range b.List {
		some[build.CheckoutID] = true
		switch {
		case build.Outcome() == report.StatusPass:
			passed[build.CheckoutID] = true
		case build.Outcome() == "" && build.Duration == nil:
			tests, err := b.Tests().Of(build.Build.ID)
			if err != nil {
				return false, err
			}
			open[build.CheckoutID] = open[build.CheckoutID] || tests.Total() == 0
		}
	}
	for _, c := range b.checkouts {
		id := c.Checkout.ID
		told := c.OriginBuildsFinishTime != nil || c.Validity() == report.StatusFail
		if !told && (!some[id] || open[id] && passed[id]) {
			return false, nil
		}
	}
	return true, nil
}

// Tests are the tests of the builds.
func (b *Builds) Tests() *Tests {
	if b.tests == nil {
		b.tests = &Tests{g: b.g, builds: b.List, checkouts: b.checkouts}
	}
	return b.tests
}

// like says what makes builds like it, where enough is known of it.
func (b *Build) like() (store.Like, bool) {
	c := b.Checkout()
	return store.Like{
		Origin: b.Origin, RepositoryURL: c.Repository(), Branch: c.Branch(),
		Architecture: b.Architecture(), ConfigName: b.Config(), Before: c.Start(),
	}, b.Known() && c.Known() && !c.Start().IsZero() && c.Repository() != ""
}

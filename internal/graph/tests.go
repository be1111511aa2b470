// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"maps"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Tests is the set of the tests of some builds. Its counts come from the roll-ups.
// Tests are read one by one only if a caller needs them, and are not kept.
type Tests struct {
	g         *Graph
	builds    []*Build
	checkouts []*Checkout // whose builds these all are; none for other sets of builds
	tally     map[string]summary.Counts
	under     map[string]summary.Counts

	failures, unexplained *summary.Groups // nil before they are read
}

func (t *Tests) ids() []string {
	ids := make([]string, len(t.builds))
	for i, b := range t.builds {
		ids[i] = b.Build.ID
	}
	return ids
}

// read reads the counts of all builds in one query.
func (t *Tests) read() error {
	if t.tally != nil {
		return nil
	}
	ids := t.ids()
	if err := t.g.readTallies(ids); err != nil {
		return err
	}
	t.tally = make(map[string]summary.Counts, len(ids))
	for _, id := range ids {
		if counts := t.g.tallies[id]; counts != nil {
			t.tally[id] = counts
		}
	}
	return nil
}

// readTallies reads the counts of the tests of builds, unless they were read before.
func (g *Graph) readTallies(builds []string) error {
	isRead := func(id string) bool { _, ok := g.tallies[id]; return ok }
	unread := slices.DeleteFunc(g.withTogether(builds), isRead)
	if len(unread) == 0 {
		return nil
	}
	found, err := g.database.Tally(g.ctx, unread)
	if err != nil {
		return g.fail(err)
	}
	for _, id := range unread {
		g.tallies[id] = found[id]
	}
	return nil
}

// withTogether returns builds, and if a build is one that Find returned, all that Find
// returned.
func (g *Graph) withTogether(builds []string) []string {
	all := slices.Clone(builds)
	together := g.together[object.TypeBuild]
	if slices.ContainsFunc(builds, func(id string) bool { return together[id] != nil }) {
		all = slices.AppendSeq(all, maps.Keys(together))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Counts returns the number of tests with each status.
func (t *Tests) Counts() (summary.Counts, error) {
	err := t.read()
	all := summary.Counts{}
	for _, counts := range t.tally {
		all.Add(counts)
	}
	return all, err
}

// OfBuild returns the counts of one build.
func (t *Tests) OfBuild(build string) (summary.Counts, error) {
	err := t.read()
	return t.tally[build], err
}

// CountBy counts tests in groups. The function names the group of a build, and the tests of
// the build are in that group.
func (t *Tests) CountBy(group func(*Build) string) (summary.CountsByName, error) {
	err := t.read()
	groups := summary.CountsByName{}
	for _, b := range t.builds {
		for status, n := range t.tally[b.Build.ID] {
			groups.Add(group(b), status, n)
		}
	}
	return groups, err
}

// Done reports whether all tests are reported, as far as is known: the origin of each
// checkout said that it finished testing, or there are tests, and each has a status.
func (t *Tests) Done() (bool, error) {
	counts, err := t.Counts()
	if err != nil || counts.Total() == 0 {
		return false, err
	}
	finished := len(t.checkouts) > 0
	for _, c := range t.checkouts {
		finished = finished && c.OriginTestsFinishTime != nil
	}
	return finished || counts[""] == 0, nil
}

// Under counts the tests whose path matches a glob, see facts.MatchPath. The counts of
// a whole suite, "SUITE.**", come from the roll-ups. For other globs Under reads the
// tests whose paths begin with the components of the glob that have no "*" or "?".
func (t *Tests) Under(glob string) (summary.Counts, error) {
	if counts, ok := t.under[glob]; ok {
		return counts, nil
	}
	counts, err := t.countUnder(glob)
	if err != nil {
		return nil, t.g.fail(err)
	}
	if t.under == nil {
		t.under = map[string]summary.Counts{}
	}
	t.under[glob] = counts
	return counts, nil
}

func (t *Tests) countUnder(glob string) (summary.Counts, error) {
	plain, rest := plainPart(glob)
	if rest == "**" && plain == facts.Suite(plain) {
		if plain == "" {
			return t.Counts()
		}
		return t.g.database.SuiteCounts(t.g.ctx, t.ids(), plain)
	}
	counts := summary.Counts{}
	err := t.g.database.PathCounts(t.g.ctx, t.ids(), plain, func(path string, status report.Status, n int64) {
		if facts.MatchPath(glob, path) {
			counts[status] += n
		}
	})
	return counts, err
}

// plainPart splits a glob before the first component that contains "*" or "?".
func plainPart(glob string) (plain, rest string) {
	special := strings.IndexAny(glob, "*?")
	if special < 0 {
		return glob, ""
	}
	begin := strings.LastIndexByte(glob[:special], '.') + 1
	return glob[:max(begin-1, 0)], glob[begin:]
}

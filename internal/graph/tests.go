// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/report"
)

// Tests are the tests of some builds, and what they come to. Their counts are
// read as such; the tests one by one only for what needs them, and not kept.
type Tests struct {
	g         *Graph
	builds    []*Build
	checkouts []*Checkout // of the builds, where these are all of theirs
	tally     map[string]summary.Counts
	under     map[string]summary.Counts

	failures, unexplained *summary.Groups // once they are read
}

func (t *Tests) ids() []string {
	ids := make([]string, len(t.builds))
	for i, b := range t.builds {
		ids[i] = b.Build.ID
	}
	return ids
}

// read reads the counts of all builds at once.
func (t *Tests) read() error {
	if t.tally != nil {
		return nil
	}
	found, err := rollup.Of(t.g.store).Tally(t.g.ctx, t.ids())
	if err != nil {
		return t.g.fail(err)
	}
	t.tally = make(map[string]summary.Counts, len(found))
	for id, counts := range found {
		t.tally[id] = counts
	}
	return nil
}

// Counts are the numbers of tests by their status.
func (t *Tests) Counts() (summary.Counts, error) {
	err := t.read()
	all := summary.Counts{}
	for _, counts := range t.tally {
		all.Add(counts)
	}
	return all, err
}

// Of are the counts of one build's.
func (t *Tests) Of(build string) (summary.Counts, error) {
	err := t.read()
	return t.tally[build], err
}

// By are the counts of the groups that a function puts their builds into.
func (t *Tests) By(group func(*Build) string) (summary.By, error) {
	err := t.read()
	groups := summary.By{}
	for _, b := range t.builds {
		for status, n := range t.tally[b.Build.ID] {
			groups.Add(group(b), status, n)
		}
	}
	return groups, err
}

// Done tells whether nobody has more tests to report, as far as is known: each
// checkout has a time when its origin finished testing, or there are tests, all
// of which have a status.
func (t *Tests) Done() (bool, error) {
	counts, err := t.Counts()
	if err != nil || counts.Total() == 0 {
		return false, err
	}
	told := len(t.checkouts) > 0
	for _, c := range t.checkouts {
		told = told && c.OriginTestsFinishTime != nil
	}
	return told || counts[""] == 0, nil
}

// Under are the counts of the tests whose path a glob fits, as facts.MatchPath
// has it. A whole suite, "SUITE.**", is counted already; of other globs the tests
// are read whose paths begin like the glob, without its part that is no plain text.
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
	above, rest := plainPart(glob)
	if rest == "**" && above == facts.Suite(above) {
		if above == "" {
			return t.Counts()
		}
		return rollup.Of(t.g.store).SuiteCounts(t.g.ctx, t.ids(), above)
	}
	counts := summary.Counts{}
	err := rollup.Of(t.g.store).PathCounts(t.g.ctx, t.ids(), above, func(path string, status report.Status, n int64) {
		if facts.MatchPath(glob, path) {
			counts[status] += n
		}
	})
	return counts, err
}

// plainPart returns the components of a glob before the first that is more than
// plain text, and the rest of it.
func plainPart(glob string) (above, rest string) {
	special := strings.IndexAny(glob, "*?")
	if special < 0 {
		return glob, ""
	}
	begin := strings.LastIndexByte(glob[:special], '.') + 1
	return glob[:max(begin-1, 0)], glob[begin:]
}

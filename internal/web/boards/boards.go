// SPDX-License-Identifier: Apache-2.0

// Package boards reads what became of the tests on a board, for its page and for its API
// call: the revisions that were tested on it, with the numbers of their results by verdict,
// and the causes for which tests fail.
package boards

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

const (
	// MaxShown is how many causes are compared with other boards.
	MaxShown  = 30
	maxJudged = 2_000 // results that are not simply OK or skipped
	maxRows   = 40    // branches
)

// Question says which tests are wanted.
type Question struct {
	Platform     string
	answers.Days           // on which they started
	Until        time.Time // revisions that started later are left out
	Selected     []int64   // keys of revisions; nil for any

	OfTrees, OfLabs, OfOrigins, OfPaths facts.Wanted
}

// Board is a board with its tests.
type Board struct {
	Question
	// Rows are the newest tested revisions of the branches, or the selected revisions: those
	// with the worst results first.
	Rows []*Row
	// Tested are all tested revisions that are wanted, the newest first.
	Tested []*Row
	Ran    []verdicts.Ran // their tests
	Causes []*Cause       // for which tests of Rows fail, the worst first

	// Architectures, Trees, Labs and Origins are those of all tests, wanted or not.
	Architectures, Trees, Labs, Origins []string
}

// Row is a revision that was tested on the board.
type Row struct {
	verdicts.Revision
	Suites map[string]*Tally     // its results by the first component of their path
	Judged []*verdicts.Judgement // those that are not simply OK or skipped
}

// Read reads the tests on a board.
func Read(ctx context.Context, db *verdicts.DB, q Question) (*Board, error) {
	b := &Board{Question: q}
	var err error
	if b.Ran, err = db.Ran(ctx, verdicts.RanOn{Platform: q.Platform, First: q.First, Last: q.Last, Revisions: q.Selected}); err != nil {
		return nil, err
	}
	revisions, err := db.RevisionsByKey(ctx, keysOf(b.Ran))
	if err != nil {
		return nil, err
	}
	b.addTested(revisions)
	if err := b.judge(ctx, db); err != nil {
		return nil, err
	}
	b.addRows()
	b.addCauses()
	return b, b.compare(ctx, db)
}

// keysOf returns the revisions of tests.
func keysOf(ran []verdicts.Ran) (keys []int64) {
	for i, r := range ran { // sorted by revision
		if i == 0 || r.Revision != ran[i-1].Revision {
			keys = append(keys, r.Revision)
		}
	}
	return keys
}

// commit identifies a commit with its patches, which may stand on several branches.
type commit struct{ hash, patchset string }

func commitOf(r *verdicts.Revision) commit { return commit{r.CommitHash, r.PatchsetHash} }

// addTested adds the tested revisions that the filter wants, with the numbers of their
// tests by status. The tests of a commit are the same on each of its branches.
func (b *Board) addTested(revisions map[int64]verdicts.Revision) {
	byCommit := make(map[commit]map[string]*Tally)
	kept := b.Ran[:0]
	for _, ran := range b.Ran {
		r, ok := revisions[ran.Revision]
		if !ok || r.Start.After(b.Until) {
			continue
		}
		b.Architectures, b.Labs, b.Origins = add(b.Architectures, ran.Architecture), add(b.Labs, ran.Lab), add(b.Origins, ran.Origin)
		b.Trees = add(b.Trees, r.Tree)
		if !b.wants(&r, ran.Lab, ran.Origin) || !b.OfPaths.AcceptsSuite(ran.Suite) {
			continue
		}
		kept = append(kept, ran)
		of := commitOf(&r)
		if byCommit[of] == nil {
			byCommit[of] = make(map[string]*Tally)
		}
		tallyOf(byCommit[of], ran.Suite).AddStatus(ran.Status, ran.N)
	}
	b.Ran = kept
	for _, r := range revisions {
		if suites := byCommit[commitOf(&r)]; suites != nil && b.OfTrees.Accepts(r.Tree) {
			copied := make(map[string]*Tally)
			for suite, t := range suites {
				copied[suite] = new(*t)
			}
			b.Tested = append(b.Tested, &Row{Revision: r, Suites: copied})
		}
	}
	slices.SortFunc(b.Tested, func(a, b *Row) int { return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(a.Key, b.Key)) })
	for _, names := range [][]string{b.Architectures, b.Labs, b.Origins, b.Trees} {
		slices.Sort(names)
	}
}

// add adds a name to a list, unless it is there or empty.
func add(names []string, name string) []string {
	if name == "" || slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

func tallyOf(suites map[string]*Tally, suite string) *Tally {
	if suites[suite] == nil {
		suites[suite] = &Tally{}
	}
	return suites[suite]
}

// wants reports whether the filter wants results of a revision, a lab and an origin.
func (b *Board) wants(r *verdicts.Revision, lab, origin string) bool {
	return b.OfTrees.Accepts(r.Tree) && b.OfLabs.Accepts(lab) && b.OfOrigins.Accepts(origin)
}

// judge reads the verdicts of the results.
func (b *Board) judge(ctx context.Context, db *verdicts.DB) error {
	if len(b.Tested) == 0 {
		return nil
	}
	byKey := make(map[int64]*Row, len(b.Tested))
	for _, r := range b.Tested {
		byKey[r.Key] = r
	}
	judged, err := db.OnPlatform(ctx, b.Platform, b.Tested[len(b.Tested)-1].Start, maxJudged)
	for i := range judged {
		j := &judged[i]
		r := byKey[j.Of.Key]
		if r == nil || !b.wants(&r.Revision, j.Lab, j.Origin) || !b.OfPaths.AcceptsPath(j.Path) {
			continue
		}
		r.Judged = append(r.Judged, j)
		passed, failed := int64(0), int64(0)
		switch {
		case verdict.OutcomeOf(j.Status, false) == verdict.Passed:
			passed = 1
		case j.Status == "FAIL":
			failed = 1
		}
		tallyOf(r.Suites, facts.Suite(j.Path)).Add(j.Verdict, 1, passed, failed)
	}
	return err
}

// addRows adds the newest tested revision of each branch, or each selected one.
func (b *Board) addRows() {
	known := make(map[int64]bool)
	for _, patched := range []bool{false, true} { // with patches only if the branch has no other
		for _, r := range b.Tested {
			if (r.PatchsetHash != "") == patched && (b.Selected != nil || !known[r.BranchKey]) {
				known[r.BranchKey] = true
				b.Rows = append(b.Rows, r)
			}
		}
	}
	slices.SortStableFunc(b.Rows, func(x, y *Row) int {
		return cmp.Or(CompareCounts(x.Boots(), y.Boots()), CompareCounts(x.Counts(), y.Counts()), y.Start.Compare(x.Start))
	})
	b.Rows = b.Rows[:min(maxRows, len(b.Rows))]
}

// Counts returns the numbers of all results of the row.
func (r *Row) Counts() verdict.Counts {
	return r.sum(func(string) bool { return true })
}

// Boots returns the numbers of the boots of the row.
func (r *Row) Boots() verdict.Counts { return r.sum(facts.IsBoot) }

func (r *Row) sum(of func(suite string) bool) verdict.Counts {
	all := make(verdict.Counts)
	for suite, t := range r.Suites {
		if of(suite) {
			all.Add(t.Counts())
		}
	}
	return all
}

// SPDX-License-Identifier: Apache-2.0

package boards

import (
	"cmp"
	"context"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Cause is a cause for which tests fail on the board, at the rows.
type Cause struct {
	*verdicts.Judgement                 // the first result
	Results             int             // all results
	At                  []Place         // one on each branch
	Others              verdicts.Others // set for the first causes only
}

// Place is where a test fails: a row, and the path of the test.
type Place struct {
	*Row
	Path string
}

// addCauses adds the causes, worst first. Trouble of labs says nothing about the board.
func (b *Board) addCauses() {
	type key struct {
		verdict.Kind
		cause int64
	}
	known := make(map[key]*Cause)
	for _, r := range b.Rows {
		for _, j := range r.Judged {
			if j.Verdict == verdict.Fixed || j.Verdict == verdict.Lab {
				continue
			}
			of := key{j.Verdict, j.Cause}
			c := known[of]
			if c == nil {
				c = &Cause{Judgement: j}
				known[of] = c
				b.Causes = append(b.Causes, c)
			}
			c.Results++
			if !slices.ContainsFunc(c.At, func(has Place) bool { return has.BranchKey == r.BranchKey }) {
				c.At = append(c.At, Place{r, j.Path})
			}
		}
	}
	slices.SortStableFunc(b.Causes, func(a, b *Cause) int {
		return cmp.Or(cmp.Compare(a.Verdict.Rank(), b.Verdict.Rank()), cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.Results, a.Results))
	})
}

// compare finds out which other boards have the first causes.
func (b *Board) compare(ctx context.Context, db *verdicts.DB) error {
	var at []verdicts.At
	for _, c := range b.Shown() {
		at = append(at, placeOf(c))
	}
	others, err := db.Elsewhere(ctx, b.Platform, at)
	for _, c := range b.Shown() {
		c.Others = others[placeOf(c)]
	}
	return err
}

func placeOf(c *Cause) verdicts.At { return verdicts.At{Revision: c.Of.Key, Path: c.Path} }

// Shown returns the first causes, which say on which other boards tests fail for them.
func (b *Board) Shown() []*Cause { return b.Causes[:min(MaxShown, len(b.Causes))] }

// SPDX-License-Identifier: Apache-2.0

package hardware

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// fail is a cause for which tests fail on the board, at the revisions of the grid.
type fail struct {
	*verdicts.Judgement     // the first result
	Results             int // all results
	Trees               []shell.Link
	Others              verdicts.Others
}

// addFails adds the causes, worst first. Trouble of labs says nothing about the board.
func (b *board) addFails() {
	type key struct {
		verdict.Kind
		cause int64
	}
	known := make(map[key]*fail)
	for _, r := range b.Rows {
		for _, j := range r.judged {
			if j.Verdict == verdict.Fixed || j.Verdict == verdict.Lab {
				continue
			}
			of := key{j.Verdict, j.Cause}
			f := known[of]
			if f == nil {
				f = &fail{Judgement: j}
				known[of] = f
				b.Fails = append(b.Fails, f)
			}
			f.Results++
			link := shell.Link{Text: shell.Place(r.Tree, r.Branch), URL: b.resultsURL(&r.Revision, j.Path)}
			if !slices.ContainsFunc(f.Trees, func(has shell.Link) bool { return has.Text == link.Text }) {
				f.Trees = append(f.Trees, link)
			}
		}
	}
	slices.SortStableFunc(b.Fails, func(a, b *fail) int {
		return cmp.Or(cmp.Compare(a.Verdict.Rank(), b.Verdict.Rank()), strings.Compare(string(a.Kind), string(b.Kind)), cmp.Compare(b.Results, a.Results))
	})
}

// compare finds out which other boards have the first failures.
func (b *board) compare(ctx context.Context, db *verdicts.DB) error {
	var at []verdicts.At
	for _, f := range b.Shown() {
		at = append(at, verdicts.At{Revision: f.Of.Key, Path: f.Path})
	}
	others, err := db.Elsewhere(ctx, b.Name, at)
	for _, f := range b.Shown() {
		f.Others = others[verdicts.At{Revision: f.Of.Key, Path: f.Path}]
	}
	return err
}

// Shown returns the causes that the page lists.
func (b *board) Shown() []*fail { return b.Fails[:min(maxFails, len(b.Fails))] }

// Left returns how many causes the page does not list.
func (b *board) Left() int { return len(b.Fails) - len(b.Shown()) }

// Text says what fails: the path, and the reason if one is known.
func (f *fail) Text() string {
	if why := f.Why(); why != "" {
		return cmp.Or(f.Path, "a test") + ": " + why
	}
	return cmp.Or(f.Path, "a test")
}

// Why returns the fault, "" if no result says it.
func (f *fail) Why() string { return cmp.Or(f.Title, f.Fault) }

// URL returns the URL of the issue if it is known, or of a result.
func (f *fail) URL() string {
	if f.Verdict == verdict.Known && f.IssueID != "" {
		return shell.IssueURL(f.IssueID)
	}
	return shell.TestURL(f.ID)
}

// SinceText says since when it fails.
func (f *fail) SinceText() string {
	switch {
	case f.Since.Name == "":
		return ""
	case f.Since.Open:
		return "since " + shell.Line(f.Since.Name) + " or longer"
	}
	return "since " + shell.Line(f.Since.Name)
}

// Alone reports whether other boards ran the group of the test, and it failed on none.
func (f *fail) Alone() bool { return f.Others.Failing == 0 && f.Others.Ran > 0 }

// WhoElse says on which boards it fails.
func (f *fail) WhoElse() string {
	ran := max(f.Others.Ran, f.Others.Failing)
	switch n := f.Others.Failing; {
	case ran == 0:
		return "no other board ran this group of tests"
	case n == 0:
		return fmt.Sprintf("this board only, of %s", shell.Plural(ran+1, "board"))
	case n == 1:
		return "this board and " + shell.Line(f.Others.First)
	default:
		return fmt.Sprintf("%s of %s", shell.Grouped(n+1), shell.Plural(ran+1, "board"))
	}
}

// kindOf returns the failures of a kind with a verdict.
func (b *board) failing(k verdict.Kind, kind rollup.Kind) (all []*fail) {
	for _, f := range b.Fails {
		if f.Verdict == k && f.Kind == kind {
			all = append(all, f)
		}
	}
	return all
}

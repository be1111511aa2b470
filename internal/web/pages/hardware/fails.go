// SPDX-License-Identifier: Apache-2.0

package hardware

import (
	"cmp"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/boards"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// fail is a cause for which tests fail on the board, at the revisions of the grid.
type fail struct {
	*boards.Cause
	Trees []shell.Link
}

// addFails adds the causes.
func (b *board) addFails() {
	for _, c := range b.Causes {
		f := &fail{Cause: c}
		for _, at := range c.At {
			f.Trees = append(f.Trees, shell.Link{Text: shell.Place(at.Tree, at.Branch), URL: b.resultsURL(&at.Revision, at.Path)})
		}
		b.Fails = append(b.Fails, f)
	}
}

// Shown returns the causes that the page lists.
func (b *board) Shown() []*fail { return b.Fails[:len(b.Board.Shown())] }

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

// failing returns the failures of a kind with a verdict.
func (b *board) failing(k verdict.Kind, kind rollup.Kind) (all []*fail) {
	for _, f := range b.Fails {
		if f.Verdict == k && f.Kind == kind {
			all = append(all, f)
		}
	}
	return all
}

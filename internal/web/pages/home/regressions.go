// SPDX-License-Identifier: Apache-2.0

package home

import (
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// regression is a failure that is open at the newest revision of a tree or more.
type regression struct {
	verdicts.Cause
	On  []string // the trees
	URL string
}

// openShown is how many regressions the page lists, and openMost how many with those that
// it folds.
const (
	openShown = 8
	openMost  = 50
)

// openRegressions returns the failures at the newest revisions of trees that are new or go
// on, those that began last first.
func openRegressions(trees []tree) (all []regression) {
	known := make(map[string]int)
	for i := range trees {
		t := &trees[i]
		for _, c := range t.Causes {
			if c.Verdict != verdict.New && c.Verdict != verdict.Still {
				continue
			}
			same := c.Text() + "\n" + c.Fault
			n, ok := known[same]
			if !ok {
				n = len(all)
				known[same] = n
				all = append(all, regression{Cause: c, URL: shell.RevisionOn(t.Head, "verdict", string(c.Verdict))})
			}
			all[n].On = append(all[n].On, t.Tree)
		}
	}
	slices.SortStableFunc(all, func(a, b regression) int { return b.Since.Start.Compare(a.Since.Start) })
	return all
}

// Text returns the cause in words.
func (r *regression) Text() string { return r.Cause.Text() }

// Where says on which trees the cause is open, since when, and how far it reaches.
func (r *regression) Where() string {
	trees := slices.Compact(slices.Sorted(slices.Values(r.On)))
	if more := len(trees) - namedTrees; more > 0 {
		trees = append(trees[:namedTrees:namedTrees], shell.Plural(int64(more), "more tree"))
	}
	text := shell.Line(strings.Join(trees, ", "))
	if since := shell.Line(r.Since.Name); since != "" && r.Since.Open {
		text += " since " + since + " or earlier"
	} else if since != "" {
		text += " since " + since
	}
	return text + " · " + shell.Plural(r.Results, "result")
}

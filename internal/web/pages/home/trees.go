// SPDX-License-Identifier: Apache-2.0

package home

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// tree is a row of the table: a branch of a tree, with its newest revision.
type tree struct {
	*verdicts.Branch
	Head, Earlier *verdicts.Revision // Earlier is nil if there is only one
	State         state
	Causes        []verdicts.Cause // of Head, worst first
	Share         int              // percent of the results that the branch usually has, if the head is late; else 0
	Built         bool             // all builds of a late head are in
}

// state is the group of the table that a tree is in.
type state int

const (
	worse state = iota
	perhaps
	waiting
	nothingNew
)

// readTrees reads the trees that the filter selects.
func (h *room) readTrees(ctx context.Context, p *page) error {
	branches, err := h.Verdicts.Branches(ctx, p.Now.AddDate(0, 0, -p.Days), p.until)
	if err != nil {
		return err
	}
	selected, err := h.selection(ctx, p)
	if err != nil {
		return err
	}
	for i := range branches {
		if b := &branches[i]; len(b.Recent) > 0 && selected(b) {
			p.Trees = append(p.Trees, newTree(b, p.Now))
		}
	}
	if err := h.readProgress(ctx, p); err != nil {
		return err
	}
	causes, err := h.Verdicts.Causes(ctx, heads(p.Trees), verdict.Failing, causesEach)
	if err != nil {
		return err
	}
	of := byRevision(causes)
	for i := range p.Trees {
		p.Trees[i].Causes = of[p.Trees[i].Head.Key]
	}
	p.sort()
	p.Open = openRegressions(p.Trees)
	return nil
}

// selection returns the function that reports whether the filter selects a branch.
func (h *room) selection(ctx context.Context, p *page) (func(*verdicts.Branch) bool, error) {
	from, err := h.branchesOf(ctx, p)
	if err != nil {
		return nil, err
	}
	return func(b *verdicts.Branch) bool {
		return p.named(b) && (from == nil || from[branchName{b.Tree, b.Name}])
	}, nil
}

// named reports whether the parameter tree names a branch: by a part of its tree, of its
// name or of its repository's URL.
func (q *question) named(b *verdicts.Branch) bool {
	text := strings.ToLower(b.Tree + " " + b.Name + " " + b.RepositoryURL)
	in := func(wanted string) bool { return strings.Contains(text, strings.ToLower(wanted)) }
	wanted := q.Values("tree")
	return !slices.ContainsFunc(q.Excluded("tree"), in) && (len(wanted) == 0 || slices.ContainsFunc(wanted, in))
}

type branchName struct{ tree, branch string }

// branchesOf returns the branches that the wanted origins report, nil for all branches.
func (h *room) branchesOf(ctx context.Context, p *page) (map[branchName]bool, error) {
	origins := p.Values("origin")
	if len(origins) == 0 {
		return nil, nil
	}
	after, until := p.Now.AddDate(0, 0, -p.Days).UnixMicro(), p.Now.UnixMicro()
	all := make(map[branchName]bool)
	for _, origin := range origins[:min(maxOrigins, len(origins))] {
		reported, err := h.Answers.TreeHeads(ctx, origin, after, until)
		if err != nil {
			return nil, err
		}
		for _, r := range reported {
			all[branchName{h.Shell.Trees.Tree(r.TreeName, r.RepositoryURL), r.Branch}] = true
		}
	}
	return all, nil
}

// maxOrigins bounds the statements of a page.
const maxOrigins = 2

func newTree(b *verdicts.Branch, now time.Time) tree {
	t := tree{Branch: b, Head: &b.Recent[0]}
	if len(b.Recent) > 1 {
		t.Earlier = &b.Recent[1]
	}
	counts := t.Head.Total()
	switch {
	case counts[verdict.New] > 0:
		t.State = worse
	case counts[verdict.Flaky] > 0 && t.Earlier != nil && t.Earlier.Total()[verdict.Flaky] == 0:
		t.State = perhaps
	case t.Head.Judged.IsZero():
		t.State = waiting
	default:
		t.State = nothingNew
		if t.Share = shell.Awaited(now, b.Recent); t.Share > 0 {
			t.State = waiting
		}
	}
	return t
}

// readProgress takes trees whose origins say that all results are in out of the waiting
// ones.
func (h *room) readProgress(ctx context.Context, p *page) error {
	commits := lateCommits(p.Trees)
	if len(commits) == 0 {
		return nil
	}
	progress, err := h.Answers.ProgressOf(ctx, commits)
	for i := range p.Trees {
		t := &p.Trees[i]
		if t.Share == 0 {
			continue
		}
		of := progress[t.Head.CommitHash]
		t.Built = of.Checkouts > 0 && of.Built == of.Checkouts
		if shell.IsComplete(of) {
			t.State, t.Share = nothingNew, 0
		}
	}
	return err
}

// sort sorts the trees as the reader asks for.
func (p *page) sort() {
	name := func(a, b tree) int {
		return cmp.Or(cmp.Compare(a.Tree, b.Tree), cmp.Compare(a.Name, b.Name))
	}
	newest := func(a, b tree) int { return cmp.Or(b.Head.Start.Compare(a.Head.Start), name(a, b)) }
	switch p.Sort {
	case byName:
		slices.SortFunc(p.Trees, name)
	case byNewest:
		slices.SortFunc(p.Trees, newest)
	default:
		slices.SortFunc(p.Trees, func(a, b tree) int {
			return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(b.Head.Causes[verdict.New], a.Head.Causes[verdict.New]), newest(a, b))
		})
	}
}

// group is a part of the table.
type group struct {
	Title string // "" if the table is one part
	N     int
	Trees []tree
}

// rowsAtOnce is how many rows the table has.
const rowsAtOnce = 50

// Groups returns the rows of the table.
func (p *page) Groups() (all []group) {
	shown := p.Trees[min(p.After, len(p.Trees)):min(p.After+rowsAtOnce, len(p.Trees))]
	if p.Sort != byWorst {
		return []group{{Trees: shown}}
	}
	titles := []string{"Worse, or perhaps worse", "Waiting for results", "Nothing new"}
	section := func(t *tree) int { return max(int(t.State)-1, 0) }
	for n, title := range titles {
		g := group{Title: title, N: p.count(func(t *tree) bool { return section(t) == n })}
		for i := range shown {
			if section(&shown[i]) == n {
				g.Trees = append(g.Trees, shown[i])
			}
		}
		if len(g.Trees) > 0 {
			all = append(all, g)
		}
	}
	return all
}

func (p *page) count(is func(*tree) bool) (n int) {
	for i := range p.Trees {
		if is(&p.Trees[i]) {
			n++
		}
	}
	return n
}

// Pager returns the pager below the table.
func (p *page) Pager() shell.Pager {
	pager := shell.Pager{Range: shell.Plural(int64(len(p.Trees)), "tree") + " with a revision in " + p.Period() + "."}
	if p.After+rowsAtOnce < len(p.Trees) {
		pager.Next, pager.NextText = p.With("after", fmt.Sprint(p.After+rowsAtOnce)), fmt.Sprintf("Next %d", rowsAtOnce)
	}
	if p.After > 0 {
		pager.Newest = p.With("after")
	}
	return pager
}

// numbers is a cell of the table: how many results of a kind of objects, and how many of
// them are new failures.
type numbers struct {
	Label  string
	N, New int64
	URL    string // of the new failures
}

// Numbers returns the cells with the numbers of builds, boots and tests.
func (t *tree) Numbers() (all []numbers) {
	for _, of := range []struct {
		kind  rollup.Kind
		label string
	}{{rollup.Builds, "builds"}, {rollup.Boots, "boots"}, {rollup.Tests, "tests"}} {
		counts := t.Head.Counts[of.kind]
		all = append(all, numbers{Label: of.label, N: counts.Total(), New: counts[verdict.New], URL: shell.RevisionOn(t.Head, "kind", string(of.kind), "verdict", string(verdict.New))})
	}
	return all
}

// URL returns the URL of the newest revision.
func (t *tree) URL() string { return shell.RevisionOn(t.Head) }

// Spark returns the worst verdicts of the newest revisions, newest first.
func (t *tree) Spark() (kinds []verdict.Kind) {
	for i := range t.Recent {
		kinds = append(kinds, t.Recent[i].Verdict())
	}
	return kinds
}

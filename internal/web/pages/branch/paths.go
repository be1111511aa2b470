// SPDX-License-Identifier: Apache-2.0

package branch

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// pathsShown is how many paths below the one of the page have a row.
const pathsShown = 30

// readPathGrid reads the results of the tests of a path. A test has a row for each of its
// variants. Below a group of the first level are the groups of the second level, which are
// counted; below a deeper path are the tests that do not always pass.
func (b *room) readPathGrid(ctx context.Context, p *page) error {
	g := p.newGrid()
	read := b.readPaths
	if !strings.Contains(p.Path, ".") {
		read = b.readGroup
	}
	err := read(ctx, g)
	p.Grid = g.grid
	return err
}

// readGroup reads the rows of a path with one component.
func (b *room) readGroup(ctx context.Context, g *gridMaker) error {
	p, kind := g.p, rollup.KindOf(g.p.Path)
	groups, err := b.groups(ctx, p, p.Path)
	if err != nil {
		return err
	}
	counts, err := b.Verdicts.Variants(ctx, p.keys(), []string{p.Path}, p.Selection())
	if err != nil {
		return err
	}
	p.Total = groups.of(kind, len(p.Revisions))
	g.sections(g.variantRows(seriesOf(p, counts), kind))
	delete(groups, verdicts.Group{Kind: kind, Name: p.Path}) // the tests that have rows already
	g.sections(g.subRows(groups, kind, p.Path))
	if p.filtered() && len(groups) > 0 {
		g.Note = "With a filter by more than the path, the rows of groups have only what does not pass."
	}
	return nil
}

// readPaths reads the rows of a path with several components.
func (b *room) readPaths(ctx context.Context, g *gridMaker) error {
	p, kind := g.p, rollup.KindOf(g.p.Path)
	paths, err := b.Verdicts.NotPassing(ctx, p.keys(), p.Path, p.Selection(), pathsShown)
	if err != nil {
		return err
	}
	counts, err := b.Verdicts.Variants(ctx, p.keys(), append([]string{p.Path}, paths...), p.Selection())
	if err != nil {
		return err
	}
	variants := seriesOf(p, counts)
	p.Total = make(series, len(p.Revisions))
	for _, s := range variants {
		p.Total.addAll(s)
	}
	g.sections(g.variantRows(variants, kind))
	g.sections(g.pathRows(variants, paths, kind))
	if len(paths) > 0 {
		g.Note = "Tests below " + shell.Line(p.Path) + " that pass at all these revisions have no row."
	}
	if len(paths) == pathsShown {
		g.Note += fmt.Sprintf(" The page has the worst %d paths: add a part to the path to see others.", pathsShown)
	}
	return nil
}

// sections adds rows without rows below them.
func (g *gridMaker) sections(rows []row) {
	for _, r := range rows {
		r.Sub = false
		g.section(r, nil)
	}
}

// variantRows returns the rows of the variants of the path itself, the worst first.
func (g *gridMaker) variantRows(variants map[verdicts.Variant]series, kind rollup.Kind) (rows []row) {
	var own []verdicts.Variant
	for v := range maps.Keys(variants) {
		if v.Path == g.p.Path && g.p.shows(variants[v]) {
			own = append(own, v)
		}
	}
	slices.SortFunc(own, func(a, b verdicts.Variant) int {
		return cmp.Or(cmp.Compare(variants[a].rank(), variants[b].rank()), strings.Compare(platformOf(&a), platformOf(&b)), strings.Compare(builtOf(&a), builtOf(&b)))
	})
	passing := g.folded(g.p.Path)
	for _, v := range own {
		of := rowOf{label: shorten(platformOf(&v)), under: shorten(builtOf(&v)), series: variants[v], kind: kind, path: v.Path}
		if v.Platform != "" {
			of.filter, of.value = "platform", v.Platform
		}
		if len(rows) >= rowsShown || len(own) > rowsShown/2 && passing.takes(of.series) {
			passing.add(of)
		} else {
			rows = append(rows, g.row(of))
		}
	}
	if row, ok := passing.row(); ok {
		rows = append(rows, row)
	}
	return rows
}

// rank is the rank of the worst verdict at the newest revision that has results.
func (s series) rank() int {
	for _, counts := range s {
		if worst := counts.Worst(); worst != "" {
			return worst.Rank()
		}
	}
	return len(verdict.Kinds)
}

func platformOf(v *verdicts.Variant) string { return cmp.Or(v.Platform, "unknown platform") }

// builtOf says how the kernel was built.
func builtOf(v *verdicts.Variant) string {
	return strings.Join(strings.Fields(v.Architecture+" "+v.Config+" "+v.Compiler), " ")
}

// pathRows returns the rows of paths below the one of the page, in their order.
func (g *gridMaker) pathRows(variants map[verdicts.Variant]series, paths []string, kind rollup.Kind) (rows []row) {
	for _, path := range paths {
		sum := make(series, len(g.p.Revisions))
		for v, s := range variants {
			if v.Path == path {
				sum.addAll(s)
			}
		}
		if g.p.shows(sum) {
			rows = append(rows, g.row(rowOf{label: strings.TrimPrefix(path, g.p.Path+"."), url: g.p.pathURL(path), series: sum, kind: kind, path: path}))
		}
	}
	return rows
}

// parents returns the pages of the shorter paths.
func (p *page) parents() (all []shell.Link) {
	for i := range p.Path {
		if p.Path[i] == '.' && i > 0 {
			all = append(all, shell.Link{Text: p.Path[:i], URL: shell.GridURL(p.Branch.Tree, p.Branch.Name, p.Path[:i])})
		}
	}
	return all
}

// SPDX-License-Identifier: Apache-2.0

package branch

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

const (
	// maxOpen is how many groups may be unfolded, because each costs a statement.
	maxOpen = 3
	// openPassing unfolds the rows that all pass.
	openPassing = "*"
	// rowsShown is how many rows are shown below a group.
	rowsShown = 60
)

// The rows of builds and boots, and the values of open that unfold them.
const (
	buildsRow = "builds"
	bootsRow  = "boots"
)

// series are counts by column of the grid. A column without results has nil.
type series []verdict.Counts

func (s series) add(column int, counts verdict.Counts) {
	if s[column] == nil {
		s[column] = make(verdict.Counts)
	}
	s[column].Add(counts)
}

// addAll adds the counts of another series.
func (s series) addAll(other series) {
	for i, counts := range other {
		if counts != nil {
			s.add(i, counts)
		}
	}
}

// passes reports whether nothing but passes and skipped results are in it.
func (s series) passes() bool {
	return !slices.ContainsFunc(s, func(c verdict.Counts) bool { return c.Worst() != "" && c.Worst().Rank() < verdict.Skip.Rank() })
}

// has reports whether a column has results with one of the verdicts.
func (s series) has(is func(verdict.Kind) bool) bool {
	return slices.ContainsFunc(s, func(c verdict.Counts) bool {
		return slices.ContainsFunc(verdict.Kinds, func(k verdict.Kind) bool { return c[k] > 0 && is(k) })
	})
}

// groupSeries are the series of groups by their name.
type groupSeries map[verdicts.Group]series

// seriesOf returns a series for each key of the counts at revisions.
func seriesOf[K comparable](p *page, counts map[int64]map[K]verdict.Counts) map[K]series {
	all := make(map[K]series)
	for i, key := range p.keys() {
		for k, counts := range counts[key] {
			if all[k] == nil {
				all[k] = make(series, len(p.Revisions))
			}
			all[k].add(i, counts)
		}
	}
	return all
}

// readGrid reads the counts of the groups, and makes the grid.
func (b *room) readGrid(ctx context.Context, p *page) error {
	if p.Path != "" {
		return b.readPathGrid(ctx, p)
	}
	groups, err := b.groups(ctx, p, "")
	if err != nil {
		return err
	}
	below := make(map[string]groupSeries)
	for _, open := range p.Values("open") {
		if prefix := openedPrefix(open); prefix != "" {
			if below[open], err = b.groups(ctx, p, prefix); err != nil {
				return err
			}
		}
	}
	p.Grid = p.gridOf(groups, below)
	return nil
}

// openedPrefix returns the prefix of the groups of the second level that a value of open
// unfolds. Architectures are groups of the first level already.
func openedPrefix(open string) string {
	switch open {
	case buildsRow, openPassing:
		return ""
	case bootsRow:
		return "boot"
	}
	return open
}

// groups returns the series of the groups below a prefix.
func (b *room) groups(ctx context.Context, p *page, prefix string) (groupSeries, error) {
	var read map[int64]map[verdicts.Group]verdict.Counts
	var err error
	if p.filtered() {
		read, err = b.Verdicts.GroupsOf(ctx, p.keys(), p.Selection(), prefix)
	} else {
		read, err = b.Verdicts.Groups(ctx, p.keys(), prefix)
	}
	return seriesOf(p, read), err
}

// of returns the series of a kind: all groups together.
func (g groupSeries) of(kind rollup.Kind, columns int) series {
	sum := make(series, columns)
	for group, s := range g {
		if group.Kind == kind {
			sum.addAll(s)
		}
	}
	return sum
}

// names returns the names of the groups of a kind, sorted.
func (g groupSeries) names(kind rollup.Kind) (all []string) {
	for _, group := range slices.SortedFunc(maps.Keys(g), func(a, b verdicts.Group) int { return strings.Compare(a.Name, b.Name) }) {
		if group.Kind == kind {
			all = append(all, group.Name)
		}
	}
	return all
}

// gridOf makes the grid of groups.
func (p *page) gridOf(groups groupSeries, below map[string]groupSeries) grid {
	p.Total = p.totalOf(groups)
	g := p.newGrid()
	if !p.Selects() {
		g.causes()
	}
	if p.showsBuilds() {
		g.builds(groups)
	}
	if p.MatchesGroup("boot") {
		g.boots(groups, below)
	}
	passing := g.folded("")
	for _, name := range groups.names(rollup.Tests) {
		of := rowOf{label: name, open: name, series: groups[verdicts.Group{Kind: rollup.Tests, Name: name}], kind: rollup.Tests, path: name}
		switch {
		case !p.MatchesGroup(name) || !p.shows(of.series):
		case passing.takes(of.series) && below[name] == nil:
			passing.add(of)
		default:
			g.section(g.row(of), g.subRows(below[name], rollup.Tests, name))
		}
	}
	if row, ok := passing.row(); ok {
		g.section(row, nil)
	}
	if p.filtered() && len(below) > 0 {
		g.Note = "With a filter by more than the path, the rows below a group have only what does not pass."
	}
	return g.grid
}

// totalOf returns the series of the groups that the filter selects, together.
func (p *page) totalOf(groups groupSeries) series {
	sum := make(series, len(p.Revisions))
	for group, s := range groups {
		if group.Kind == rollup.Builds && p.showsBuilds() || group.Kind != rollup.Builds && p.MatchesGroup(group.Name) {
			sum.addAll(s)
		}
	}
	return sum
}

// showsBuilds reports whether the filter selects builds, which have no path and no
// platform.
func (q *question) showsBuilds() bool { return !q.Has("path", "platform") }

// MatchesGroup reports whether the filter selects tests of a group of the first level.
func (q *question) MatchesGroup(name string) bool {
	if slices.ContainsFunc(q.Excluded("path"), func(path string) bool { return facts.MatchPath(path, name) }) {
		return false
	}
	wanted := q.Values("path")
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(path string) bool { return facts.MatchPath(facts.Suite(path), name) })
}

// shows reports whether the filter by verdict selects a row.
func (q *question) shows(s series) bool {
	return !q.Has("verdict") || s.has(func(k verdict.Kind) bool { return q.Matches("verdict", string(k)) })
}

func (g *gridMaker) builds(groups groupSeries) {
	all := groups.of(rollup.Builds, len(g.p.Revisions))
	if !all.has(func(verdict.Kind) bool { return true }) || !g.p.shows(all) {
		return
	}
	var rows []row
	if slices.Contains(g.p.Values("open"), buildsRow) {
		for _, arch := range groups.names(rollup.Builds) {
			rows = append(rows, g.row(rowOf{label: cmp.Or(arch, "unknown"), filter: "arch", value: arch, sub: true,
				series: groups[verdicts.Group{Kind: rollup.Builds, Name: arch}], kind: rollup.Builds, path: arch}))
		}
	}
	g.section(g.row(rowOf{label: buildsRow, open: buildsRow, series: all, kind: rollup.Builds}), rows)
}

func (g *gridMaker) boots(groups groupSeries, below map[string]groupSeries) {
	all := groups.of(rollup.Boots, len(g.p.Revisions))
	if all.has(func(verdict.Kind) bool { return true }) && g.p.shows(all) {
		g.section(g.row(rowOf{label: bootsRow, open: bootsRow, series: all, kind: rollup.Boots, path: "boot"}), g.subRows(below[bootsRow], rollup.Boots, "boot"))
	}
}

// subRows returns the rows below a group, nil if it is folded.
func (g *gridMaker) subRows(groups groupSeries, kind rollup.Kind, prefix string) (rows []row) {
	passing := g.folded(prefix)
	for _, name := range groups.names(kind) {
		of := rowOf{
			label: strings.TrimPrefix(name, prefix+"."), url: g.p.pathURL(name), sub: true,
			series: groups[verdicts.Group{Kind: kind, Name: name}], kind: kind, path: name,
		}
		switch {
		case !g.p.shows(of.series):
		case passing.takes(of.series) || len(rows) == rowsShown:
			passing.add(of)
		default:
			rows = append(rows, g.row(of))
		}
	}
	if row, ok := passing.row(); ok {
		rows = append(rows, row)
	}
	return rows
}

// pathURL returns the URL of the grid of the tests of a path.
func (p *page) pathURL(path string) string {
	return p.Carried(shell.GridURL(p.Branch.Tree, p.Branch.Name, path), append([]string{shell.AsOf, "columns", "days"}, shell.ResultParams...)...)
}

// cellURL returns the URL of the results behind a cell: those of a revision with a verdict.
func (q *question) cellURL(r *verdicts.Revision, of *rowOf, k verdict.Kind) string {
	selected := []string{"verdict", string(k)}
	switch {
	case of.kind == rollup.Builds:
		selected = append(selected, "kind", string(rollup.Builds))
	case of.path != "":
		selected = append(selected, "path", of.path)
	}
	if of.filter != "" {
		selected = append(selected, of.filter, of.value)
	}
	return q.Carried(shell.RevisionOn(r, selected...), shell.ResultParams...)
}

// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// maxRows is how many values of a dimension the page shows, unless the parameter "by" names
// it.
const maxRows = 12

// dimensions are the properties whose values the page counts results by.
var dimensions = []struct {
	by     verdicts.Dimension
	title  string
	noun   string
	filter bool // results can be filtered by it
}{
	{verdicts.ByArchitecture, "Architecture", "architecture", true},
	{verdicts.ByConfig, "Configuration", "configuration", true},
	{verdicts.ByCompiler, "Compiler", "compiler", true},
	{verdicts.ByPlatform, "Board", "board", true},
	{verdicts.ByLab, "Lab", "lab", true},
	{verdicts.ByOrigin, "Origin", "origin", true},
	{verdicts.ByReason, "Reason", "failure reason", false},
}

// isDimension reports whether the page has a table of a dimension.
func isDimension(name string) bool {
	for _, d := range dimensions {
		if string(d.by) == name {
			return true
		}
	}
	return false
}

// breakdown are the numbers of results by the values of a dimension.
type breakdown struct {
	Title, Noun string
	By          verdicts.Dimension
	Kinds       []string // the titles of the kinds that have results
	Rows        []breakdownRow
	Total       int64
	Whole       string // URL of all rows, "" if they are here
	Open        bool
}

type breakdownRow struct {
	Value string
	URL   string // of the results that do not pass
	Cells []tried
}

// tried are the results of a kind, and those of them that failed or were lost.
type tried struct {
	Title        string
	All, Trouble int64
}

// breakdowns returns the numbers by each dimension, the values with most failures first.
func (p *page) breakdowns() (all []breakdown) {
	for _, d := range dimensions {
		b := breakdown{Title: d.title, Noun: d.noun, By: d.by, Open: p.filter.Get("by") == string(d.by)}
		b.Rows = p.valuesBy(d.by, d.filter)
		b.Total = int64(len(b.Rows))
		if b.Total == 0 {
			continue
		}
		if b.Total > maxRows && !b.Open {
			b.Rows, b.Whole = b.Rows[:maxRows], p.filter.With("by", string(d.by))
		}
		b.dropEmpty()
		all = append(all, b)
	}
	return all
}

// dropEmpty names the kinds that have results, and takes the cells of the others out of the
// rows: no build has a board.
func (b *breakdown) dropEmpty() {
	for i := len(kinds) - 1; i >= 0; i-- {
		if slices.ContainsFunc(b.Rows, func(r breakdownRow) bool { return r.Cells[i].All > 0 }) {
			b.Kinds = append([]string{titles[kinds[i]]}, b.Kinds...)
			continue
		}
		for n := range b.Rows {
			b.Rows[n].Cells = slices.Delete(b.Rows[n].Cells, i, i+1)
		}
	}
}

func (p *page) valuesBy(by verdicts.Dimension, filter bool) (rows []breakdownRow) {
	place := make(map[string]int)
	trouble, total := make(map[string]int64), make(map[string]int64)
	for _, t := range p.tallies {
		if t.Revision != 0 || t.Dimension != by || t.Value == "" {
			continue
		}
		i, ok := place[t.Value]
		if !ok {
			i = len(rows)
			place[t.Value] = i
			row := breakdownRow{Value: t.Value, Cells: make([]tried, len(kinds))}
			for k, kind := range kinds {
				row.Cells[k].Title = strings.ToLower(titles[kind])
			}
			if filter {
				row.URL = p.with(string(by), t.Value)
			}
			rows = append(rows, row)
		}
		cell := &rows[i].Cells[slices.Index(kinds, t.Kind)]
		cell.All += t.N
		total[t.Value] += t.N
		if rollup.Fails(t.Status) {
			cell.Trouble += t.N
			trouble[t.Value] += t.N
		}
	}
	slices.SortFunc(rows, func(a, b breakdownRow) int {
		return cmp.Or(cmp.Compare(trouble[b.Value], trouble[a.Value]), cmp.Compare(total[b.Value], total[a.Value]), strings.Compare(a.Value, b.Value))
	})
	return rows
}

// listed is the list of results that the filter selects.
type listed struct {
	Rows   []row
	Pager  shell.Pager
	Counts []shell.CountPart // of all that the filter selects, by verdict; nil if they are not counted
}

// listed returns the list of results, nil without a filter.
func (p *page) listed() *listed {
	if p.wanted == nil {
		return nil
	}
	l := &listed{Rows: rowsOf(p.results), Counts: shell.PartsOf(p.selected, func(k verdict.Kind) string { return p.numberURL(k) })}
	if p.next != "" {
		l.Pager.Next, l.Pager.NextText = p.filter.With("after", p.next), "Next results"
	}
	if p.filter.Has("after") {
		l.Pager.Newest = p.filter.With("after")
	}
	return l
}

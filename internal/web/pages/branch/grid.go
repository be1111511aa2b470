// SPDX-License-Identifier: Apache-2.0

package branch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// grid is a table with a column for each revision, the newest first.
type grid struct {
	Columns  []column
	Sections []section
	Note     string // what the counts leave out
}

// column is a revision in the head of the grid.
type column struct{ URL, Name, Month, Day string }

// section is a row with the rows below it.
type section struct{ Rows []row }

// row is a row of the grid.
type row struct {
	Label  string
	Bold   bool
	Soft   string // behind the label
	Under  string // below the label
	URL    string // where the label leads, "" for none
	Unfold string // the name of the group that the link unfolds or folds, "" for none
	Open   bool
	Sub    bool
	Cells  []shell.Cell
	Now    string // what is wrong at the newest revision
	NowURL string
}

// gridMaker makes a grid of a page.
type gridMaker struct {
	grid
	p *page
}

func (p *page) newGrid() *gridMaker {
	g := &gridMaker{p: p}
	for i := range p.Revisions {
		r := &p.Revisions[i]
		g.Columns = append(g.Columns, column{URL: p.URL(r), Name: r.Name(), Month: r.Start.UTC().Format("Jan"), Day: r.Start.UTC().Format("2")})
	}
	return g
}

// section adds a row with the rows below it.
func (g *gridMaker) section(first row, below []row) {
	first.Open = below != nil
	g.Sections = append(g.Sections, section{append([]row{first}, below...)})
}

// causes adds the row that counts causes, which are what people look at.
func (g *gridMaker) causes() {
	r := row{Label: "causes", Bold: true, Soft: "worst first"}
	for i := range g.p.Revisions {
		of := &g.p.Revisions[i]
		counts := make(verdict.Counts)
		counts.Add(of.Causes)
		if counts.Total() == 0 && of.Total().Total() > 0 {
			counts[verdict.OK] = 1
		}
		r.Cells = append(r.Cells, g.cell(counts, g.p.URL(of), "causes", i))
	}
	r.Now = causesText(g.p.Head().Causes)
	g.section(r, nil)
}

// causesText says how many causes there are.
func causesText(c verdict.Counts) string {
	var all []string
	for _, of := range []struct {
		kind verdict.Kind
		text string
	}{{verdict.New, "new"}, {verdict.Still, "older"}, {verdict.Flaky, "flaky"}, {verdict.Known, "known"}} {
		if n := c[of.kind]; n > 0 {
			all = append(all, shell.Grouped(n)+" "+of.text)
		}
	}
	return strings.Join(all, ", ")
}

// rowOf is what a row is made of.
type rowOf struct {
	label, under  string
	open          string // the value of the parameter open that unfolds it
	filter, value string // the parameter that selects it
	url           string
	sub           bool
	series        series
	kind          rollup.Kind
	path          string // of its tests; the architecture of builds; "" for all builds
}

// row returns a row of results.
func (g *gridMaker) row(of rowOf) row {
	r := row{Label: of.label, Under: of.under, Sub: of.sub, URL: of.url}
	if n := of.series[0].Total(); n > 0 {
		r.Soft = shell.Grouped(n)
	}
	switch {
	case of.open != "":
		r.Unfold = of.open
		r.URL = g.p.Plus("open", of.open)
		if slices.Contains(g.p.Values("open"), of.open) {
			r.URL = g.p.Minus("open", of.open)
		}
	case of.filter != "" && of.value != "":
		r.URL = g.p.With(of.filter, of.value)
	}
	for i, counts := range of.series {
		r.Cells = append(r.Cells, g.cell(counts, g.p.cellURL(&g.p.Revisions[i], &of, counts.Worst()), of.label, i))
	}
	r.Now, r.NowURL = g.now(&of)
	return r
}

// cell returns the cell of a column. The cells of large grids do not repeat their row and
// column, so that the page stays small.
func (g *gridMaker) cell(counts verdict.Counts, url, label string, column int) shell.Cell {
	if len(g.Columns) > standardColumns {
		c := shell.CellOf(counts, url, "")
		c.Plain = true
		return c
	}
	return shell.CellOf(counts, url, label+", "+g.Columns[column].Name)
}

// now says what is wrong with the results of a row at the newest revision, with a link to
// them.
func (g *gridMaker) now(of *rowOf) (text, url string) {
	head := g.p.Head()
	var texts []string
	more := 0
	for i := range g.p.Causes[head.Key] {
		c := &g.p.Causes[head.Key][i]
		if !of.has(c) || !g.p.selectsCause(c) {
			continue
		}
		if text := nowText(c); len(texts) == nowCauses || slices.Contains(texts, text) {
			more++
		} else {
			texts = append(texts, text)
		}
	}
	switch worst := of.series[0].Worst(); {
	case len(texts) > 0:
	case g.p.filtered() && worst != "" && worst.Rank() < verdict.Skip.Rank():
		texts = []string{of.series[0].Text()}
	default:
		return "", ""
	}
	text = strings.Join(texts, "; ")
	if more > 0 {
		text += fmt.Sprintf("; %d more", more)
	}
	return text, g.p.cellURL(head, of, of.series[0].Worst())
}

// selectsCause reports whether the filter selects the example of a cause. So the cause is
// one of the results that the page is about; a cause whose example is elsewhere may be, too. No
// cause knows the lab and the origin of its example.
func (q *question) selectsCause(c *verdicts.Cause) bool {
	return !q.Has("lab", "origin") && q.Matches("platform", c.Platform) && q.Matches("arch", c.Architecture) &&
		q.Matches("config", c.Config) && q.Matches("compiler", c.Compiler)
}

// nowCauses is how many causes the last column names.
const nowCauses = 2

// has reports whether a cause of the newest revision is in the row.
func (of *rowOf) has(c *verdicts.Cause) bool {
	if c.Kind != of.kind || c.Verdict == verdict.Fixed || of.series[0][c.Verdict] == 0 {
		return false
	}
	if of.kind == rollup.Builds {
		return of.path == "" || c.Architecture == of.path
	}
	return of.path == "" || c.Path == of.path || strings.HasPrefix(c.Path, of.path+".")
}

// nowText says in a few words what is wrong.
func nowText(c *verdicts.Cause) string {
	fault := shorten(shell.Line(c.Fault))
	switch {
	case c.Title != "":
		return shorten(shell.Line(c.Title))
	case c.Verdict == verdict.Lab:
		return cmp.Or(fault, "lab trouble")
	case fault == "":
		return shorten(shell.Line(c.Text()))
	case c.Kind == rollup.Builds:
		return shorten(shell.Line(strings.TrimSpace(c.Architecture+" "+c.Config)) + ": " + fault)
	}
	return fault
}

// shorten returns a text with at most 60 characters.
func shorten(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return strings.TrimSpace(string(runes[:most-1])) + "…"
	}
	return text
}

// folding collects rows that all pass, to show them as one.
type folding struct {
	g    *gridMaker
	n    int
	sum  series
	last rowOf
	path string // of the group that the rows are in, "" for groups
}

// leastFolded is how many rows are folded; fewer are shown.
const leastFolded = 2

func (g *gridMaker) folded(path string) *folding {
	return &folding{g: g, path: path, sum: make(series, len(g.p.Revisions))}
}

// takes reports whether a row with the counts is to be folded.
func (f *folding) takes(s series) bool {
	return s.passes() && !slices.Contains(f.g.p.Values("open"), openPassing)
}

func (f *folding) add(of rowOf) {
	f.n++
	f.sum.addAll(of.series)
	f.last = of
}

// row returns the row of the folded rows, false without folded rows.
func (f *folding) row() (row, bool) {
	switch f.n {
	case 0:
		return row{}, false
	case leastFolded - 1:
		return f.g.row(f.last), true
	}
	label := fmt.Sprintf("%d more", f.n)
	switch {
	case f.sum.has(func(k verdict.Kind) bool { return k == verdict.Skip }) && f.sum.passes():
		label += ", none fails"
	case f.sum.passes():
		label += ", all pass"
	}
	r := f.g.row(rowOf{label: label, sub: f.path != "", series: f.sum, kind: f.last.kind, path: f.path})
	r.URL, r.Unfold = f.g.p.Plus("open", openPassing), openPassing
	return r, true
}

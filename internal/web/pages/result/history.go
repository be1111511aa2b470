// SPDX-License-Identifier: Apache-2.0

package result

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// strip is the history of a variant: a cell for each revision of the branch, newest
// first, and a chart of its number on the same columns.
type strip struct {
	Branch string
	Heads  []stripHead
	Cells  []shell.Cell
	Chart  *chart // nil without numbers
}

// stripHead is the head of a column.
type stripHead struct{ Month, Day, Name, URL string }

// stripOf returns the history of a result. url returns the page of a run.
func stripOf(st *standing, url func(id string) string) *strip {
	s := &strip{Branch: st.Here.Branch}
	month := ""
	for i := range st.Columns {
		c := &st.Columns[i]
		head := stripHead{Day: c.Start.UTC().Format("02"), Name: nameOf(&c.Revision), URL: shell.RevisionURL(c.CommitHash, c.PatchsetHash)}
		if m := c.Start.UTC().Format("Jan"); m != month {
			head.Month, month = m, m
		}
		s.Heads = append(s.Heads, head)
		here := c.Key == st.Here.Key
		cell := shell.Cell{Kind: c.Counts.Worst(), Of: nameOf(&c.Revision), Here: here}
		if cell.Kind == "" && c.Ran() {
			cell.Kind = shell.Wait
		}
		if cell.Kind != verdict.OK && cell.Kind != verdict.Skip && c.Ran() {
			cell.URL = url(c.Worst.ID)
		}
		s.Cells = append(s.Cells, cell)
	}
	s.Chart = chartOf(st.Columns)
	return s
}

// chart is a line of numbers over the columns of a strip.
type chart struct {
	Name, Unit string // what the numbers are, such as "duration" and "s"
	Now        string // the newest number, and the range of those before, in words
	Values     []chartValue
	columns    int
}

// chartValue is a number at a revision.
type chartValue struct {
	Column   int
	Revision string
	Value    float64
	Kind     verdict.Kind
}

// chartOf returns the chart of the numbers that a test measured, or else of how long it
// took. It returns nil for fewer than two numbers.
func chartOf(columns []column) *chart {
	for _, c := range []*chart{{Name: "number"}, {Name: "duration", Unit: "s"}} {
		c.columns = len(columns)
		for i := range columns {
			c.take(i, &columns[i])
		}
		if len(c.Values) >= 2 {
			c.Now = c.words()
			return c
		}
	}
	return nil
}

// take adds the number of the newest result of a column that has one.
func (c *chart) take(i int, of *column) {
	runs := slices.Clone(of.Runs)
	slices.SortStableFunc(runs, func(a, b run) int { return int(max(-1, min(1, b.Start-a.Start))) })
	for j := range runs {
		value := runs[j].Duration
		if c.Name == "number" {
			value = runs[j].Number
			if c.Unit == "" {
				c.Unit = runs[j].Unit
			}
		}
		if value != nil && !math.IsInf(*value, 0) && !math.IsNaN(*value) {
			c.Values = append(c.Values, chartValue{i, nameOf(&of.Revision), *value, runs[j].Kind})
			return
		}
	}
}

// words returns the newest number and the range of the others.
func (c *chart) words() string {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range c.Values[1:] {
		low, high = min(low, v.Value), max(high, v.Value)
	}
	text := c.Text(c.Values[0].Value) + ", before "
	if low != high {
		_, unit := shell.InUnit(high, c.Unit)
		text += strings.TrimSuffix(c.Text(low), " "+shell.Line(unit)) + " to "
	}
	return text + c.Text(high)
}

// Text returns a number with its unit.
func (c *chart) Text(value float64) string {
	return withUnit(value, c.Unit)
}

// withUnit writes a number with its unit.
func withUnit(value float64, unit string) string {
	value, unit = shell.InUnit(value, unit)
	return strings.TrimSpace(decimal(value) + " " + shell.Line(unit))
}

// decimal returns a number with at most four digits that count.
func decimal(value float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(value, 'g', 4, 64), 64)
	if size := math.Abs(rounded); size >= 1e15 || size > 0 && size < 1e-4 {
		return strconv.FormatFloat(rounded, 'g', -1, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

const (
	columnWidth = 38 // of a cell, with its padding
	chartHeight = 80
	chartTop    = 16 // of the greatest number
	chartBottom = 68 // of the least
)

// SVG returns the picture. The greatest number is at the top.
func (c *chart) SVG() template.HTML {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range c.Values {
		low, high = min(low, v.Value), max(high, v.Value)
	}
	var points, dots strings.Builder
	for i, v := range c.Values {
		x, y := v.Column*columnWidth+columnWidth/2, (chartTop+chartBottom)/2
		if high > low {
			y = chartBottom - int(math.Round((v.Value/2-low/2)/(high/2-low/2)*(chartBottom-chartTop)))
		}
		if i > 0 {
			points.WriteByte(' ')
		}
		fmt.Fprintf(&points, "%d,%d", x, y)
		class := "dot"
		if v.Kind == verdict.New || v.Kind == verdict.Still {
			class = string(v.Kind)
		}
		fmt.Fprintf(&dots, `<rect class="f-%s" x="%d" y="%d" width="5" height="5"/>`, class, x-2, y-2)
	}
	width := c.columns * columnWidth
	label := c.Name + ": " + c.words()
	return template.HTML(fmt.Sprintf(`<svg class="chart" width="%srem" height="5rem" viewBox="0 0 %d %d" role="img" aria-label="%s">`+
		`<line class="f-line" x1="0" x2="%[2]d" y1="%[5]d" y2="%[5]d"/><line class="f-line" x1="0" x2="%[2]d" y1="%[6]d" y2="%[6]d"/>`+
		`<polyline class="f-path" points="%[7]s"/>%[8]s</svg>`,
		strconv.FormatFloat(float64(width)/16, 'f', -1, 64), width, chartHeight, template.HTMLEscapeString(label), chartTop, chartBottom, points.String(), dots.String()))
}

// SPDX-License-Identifier: Apache-2.0

package branch

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// chart is the history of the results: a bar for each revision, newest first, with the
// numbers in a table.
type chart struct {
	Kinds []verdict.Kind // those that occur, worst first
	Rows  []chartRow
}

// chartRow is the numbers of a revision.
type chartRow struct {
	Name, URL string
	Total     int64
	Numbers   []int64 // by Kinds
}

// Chart returns the history of the results.
func (p *page) Chart() (c chart) {
	sum := make(verdict.Counts)
	for i := range p.Revisions {
		sum.Add(p.Revisions[i].Total())
	}
	for _, k := range verdict.Kinds {
		if sum[k] > 0 {
			c.Kinds = append(c.Kinds, k)
		}
	}
	for i := range p.Revisions {
		r := &p.Revisions[i]
		row := chartRow{Name: r.Name(), URL: p.URL(r), Total: r.Total().Total()}
		for _, k := range c.Kinds {
			row.Numbers = append(row.Numbers, r.Total()[k])
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// leastPart is the least height of a part of a bar, of 100, so that one failure among
// 20,000 results is seen.
const leastPart = 2.5

// SVG returns the bars. The height of a bar says how many results there are. The parts of
// a bar that are not passes are at least leastPart high.
func (c chart) SVG() template.HTML {
	var most int64
	for _, row := range c.Rows {
		most = max(most, row.Total)
	}
	if most == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d 100" preserveAspectRatio="none" role="img" aria-label="Results of the last %s, newest first">`,
		10*len(c.Rows), shell.Plural(int64(len(c.Rows)), "revision"))
	for i, row := range c.Rows {
		c.bar(&b, 10*i, row, most)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// bar writes the bar of a revision, the worst part at the foot.
func (c chart) bar(b *strings.Builder, x int, row chartRow, most int64) {
	y := 100.0
	for n, k := range c.Kinds {
		if row.Numbers[n] == 0 {
			continue
		}
		height := max(100*float64(row.Numbers[n])/float64(most), leastPart)
		if k == verdict.OK { // what is left of the bar, so that it is as high as its total
			height = max(100*float64(row.Total)/float64(most)-(100-y), leastPart)
		}
		height = min(height, y)
		y -= height
		fmt.Fprintf(b, `<rect class="f-%s" x="%d" y="%.1f" width="8" height="%.1f"/>`, k, x+1, y, height)
	}
}

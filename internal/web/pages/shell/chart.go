// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
)

// Chart is numbers as bars, newest first, with a table of the same numbers below, for the
// template "chart". The parts of a bar stand on each other.
type Chart struct {
	Title  string // what the numbers count, such as "Builds by origin and day"
	Unit   string // of the numbers, such as "%"; "" for none
	First  string // the head of the first column, such as "Day"
	Series []Series
	Rows   []ChartRow // newest first
}

// Series is the numbers of one colour. Class is that of the colour, such as "f-1".
type Series struct{ Name, Class string }

// ChartRow is the numbers of one bar, in the order of the series. A row without a URL has
// no link.
type ChartRow struct {
	Name, URL string
	N         []int64
}

// Total returns the sum of the row.
func (r ChartRow) Total() (sum int64) {
	for _, n := range r.N {
		sum += n
	}
	return sum
}

// Most returns the largest bar, 0 if there is nothing to show.
func (c *Chart) Most() (most int64) {
	for _, row := range c.Rows {
		most = max(most, row.Total())
	}
	return most
}

// The height of a chart, and the least height of a part of a bar, so that one failure
// among 20,000 results is seen.
const (
	chartHeight = 100.0
	leastPart   = 2.0
)

// SVG returns the bars.
func (c *Chart) SVG() template.HTML {
	most := c.Most()
	if most == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d 100" preserveAspectRatio="none" role="img" aria-label="%s, newest first">`, 10*len(c.Rows), escape(c.Title))
	for i, row := range c.Rows {
		y := chartHeight
		for n, value := range row.N {
			if value == 0 {
				continue
			}
			height := min(max(chartHeight*float64(value)/float64(most), leastPart), y)
			y -= height
			fmt.Fprintf(&b, `<rect class="%s" x="%d" y="%.1f" width="8" height="%.1f"/>`, escape(c.Series[n].Class), 10*i+1, y, height)
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// longTable is the number of rows from which on a table is folded, and maxTable that of the
// rows it has at most: the bars show the rest.
const (
	longTable = 8
	maxTable  = 31
)

// Long reports whether the table is folded.
func (c *Chart) Long() bool { return len(c.Table()) > longTable }

// Table returns the rows of the table: those with numbers, at most maxTable.
func (c *Chart) Table() (rows []ChartRow) {
	for _, row := range c.Rows {
		if row.Total() > 0 && len(rows) < maxTable {
			rows = append(rows, row)
		}
	}
	return rows
}

// Cut reports whether the table leaves out rows with numbers.
func (c *Chart) Cut() bool {
	rows := c.Table()
	return len(rows) == maxTable && rows[maxTable-1].Name != c.oldest()
}

// oldest returns the name of the oldest row with numbers.
func (c *Chart) oldest() (name string) {
	for _, row := range c.Rows {
		if row.Total() > 0 {
			name = row.Name
		}
	}
	return name
}

// Write returns a number with the unit.
func (c *Chart) Write(n int64) string { return strings.TrimSpace(Grouped(n) + " " + c.Unit) }

// DayCounts has numbers by day since 1970 and by name.
type DayCounts map[int64]map[string]int64

// Add adds to the number of a name on a day.
func (d DayCounts) Add(day int64, name string, n int64) {
	if d[day] == nil {
		d[day] = make(map[string]int64)
	}
	d[day][Line(name)] += n
}

// maxSeries is how many colours a chart has.
const maxSeries = 6

// Others is the name of the series for every name without a colour.
const Others = "others"

// Chart returns a chart of the days with the series. Without series, the names with the
// largest sums have a series each, and the rest is Others. A name without a series counts in
// the last one.
func (d DayCounts) Chart(title string, now time.Time, days answers.Days, series ...Series) *Chart {
	if len(series) == 0 {
		series = d.largest()
	}
	c := &Chart{Title: title, First: "Day", Series: series}
	for day := days.Last; day >= days.First; day-- {
		row := ChartRow{Name: Day(now, answers.Time(day)), N: make([]int64, len(series))}
		for name, n := range d[day] {
			i := slices.IndexFunc(series, func(s Series) bool { return s.Name == name })
			if i < 0 {
				i = len(series) - 1
			}
			row.N[i] += n
		}
		c.Rows = append(c.Rows, row)
	}
	c.dropEmpty()
	return c
}

// dropEmpty removes the series without numbers.
func (c *Chart) dropEmpty() {
	for i := len(c.Series) - 1; i >= 0; i-- {
		if slices.ContainsFunc(c.Rows, func(row ChartRow) bool { return row.N[i] != 0 }) {
			continue
		}
		c.Series = slices.Delete(slices.Clone(c.Series), i, i+1)
		for n := range c.Rows {
			c.Rows[n].N = slices.Delete(c.Rows[n].N, i, i+1)
		}
	}
}

func (d DayCounts) largest() (all []Series) {
	sums := make(map[string]int64)
	for _, counts := range d {
		for name, n := range counts {
			sums[name] += n
		}
	}
	names := slices.SortedFunc(maps.Keys(sums), func(a, b string) int { return cmp.Or(cmp.Compare(sums[b], sums[a]), strings.Compare(a, b)) })
	if len(names) > maxSeries {
		names = append(names[:maxSeries-1], Others)
	}
	for i, name := range names {
		all = append(all, Series{name, fmt.Sprintf("f-%d", i+1)})
	}
	return all
}

// Trend returns a small chart of numbers, newest first, with the colour of a class. label
// names the numbers.
func Trend(numbers []int64, class, label string) template.HTML {
	most := slices.Max(append([]int64{0}, numbers...))
	if most == 0 {
		return ""
	}
	const step, height = 7, 16 // a bar of 6 and a gap
	width := step*len(numbers) - 1
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="spark" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="%s, newest first">`, width, height, width, height, escape(label))
	for i, n := range numbers {
		if n > 0 {
			h := max(height*float64(n)/float64(most), 1)
			fmt.Fprintf(&b, `<rect class="%s" x="%d" y="%.1f" width="6" height="%.1f"/>`, escape(class), step*i, height-h, h)
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

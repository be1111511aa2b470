// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Pictures are SVG without texts and styles: their colours come from the style sheet by
// class, and a reader without pictures has the numbers beside them.

// leastShare is the least width of a part of a bar, in percent, so that one failure among
// 20,000 results is seen.
const leastShare = 1.2

// bar returns the shares of results by verdict, worst first; nothing for no results.
func bar(counts verdict.Counts) template.HTML {
	total := counts.Total()
	if total == 0 {
		return ""
	}
	var shares []float64
	var sum float64
	for _, k := range verdict.Kinds {
		share := 0.0
		if n := counts[k]; n > 0 {
			share = max(100*float64(n)/float64(total), leastShare)
		}
		shares = append(shares, share)
		sum += share
	}
	var b strings.Builder
	b.WriteString(`<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">`)
	x := 0.0
	for i, share := range shares {
		if share > 0 {
			width := share * 100 / sum
			fmt.Fprintf(&b, `<rect class="f-%s" x="%.1f" width="%.1f" height="1"/>`, verdict.Kinds[i], x, width)
			x += width
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// sparkHeights are the heights of a sparkline's bars.
var sparkHeights = map[verdict.Kind]int{
	verdict.New: 16, verdict.Still: 11, verdict.Flaky: 7, verdict.Known: 7, verdict.Lab: 7, verdict.Fixed: 4, verdict.OK: 4, verdict.Skip: 2,
}

// sparkBars is how many revisions a sparkline shows.
const sparkBars = 12

// spark returns a sparkline of the verdicts of revisions, newest first. A revision that
// nothing judged leaves a gap.
func spark(kinds []verdict.Kind) template.HTML {
	kinds = kinds[:min(sparkBars, len(kinds))]
	if len(kinds) == 0 {
		return ""
	}
	const step = 7 // a bar of 6 and a gap
	width := step*sparkBars - 1
	worse := 0
	var bars strings.Builder
	for i, k := range kinds {
		if k == verdict.New {
			worse++
		}
		if height := sparkHeights[k]; height > 0 {
			fmt.Fprintf(&bars, `<rect class="f-%s" x="%d" y="%d" width="6" height="%d"/>`, k, step*i, 16-height, height)
		}
	}
	label := fmt.Sprintf("Last %s, newest first: %d with new failures", Plural(int64(len(kinds)), "revision"), worse)
	return template.HTML(fmt.Sprintf(`<svg class="spark" width="%d" height="16" viewBox="0 0 %d 16" role="img" aria-label="%s">%s</svg>`,
		width, width, escape(label), bars.String()))
}

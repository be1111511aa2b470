// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"fmt"
	"html/template"

	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// Wait is the class of things that are not there yet. It is no verdict.
const Wait verdict.Kind = "wait"

// Mark returns the mark of a verdict with its word, such as NEW.
func Mark(k verdict.Kind) template.HTML { return Marked(k, k.Word()) }

// Marked returns the mark of a verdict with other words, such as "3 new".
func Marked(k verdict.Kind, words string) template.HTML {
	return template.HTML(`<b class="m ` + escape(class(k)) + `">` + escape(words) + `</b>`)
}

// class returns the class of a verdict in the style sheet.
func class(k verdict.Kind) string {
	if k == "" {
		return "none"
	}
	return string(k)
}

// statusKinds are the verdicts whose look the statuses of results have where results
// are compared.
var statusKinds = map[report.Status]verdict.Kind{
	report.StatusFail: verdict.Still, report.StatusError: verdict.Still, report.StatusMiss: verdict.Lab,
	report.StatusPass: verdict.OK, report.StatusDone: verdict.OK, report.StatusSkip: verdict.Skip,
}

// StatusMark returns the mark of a result's status.
func StatusMark(s report.Status) template.HTML {
	if s == "" {
		return Marked(verdict.Skip, "NONE")
	}
	return Marked(statusKinds[s], string(s))
}

// Cell is a cell of a grid: the worst verdict of the results in it.
type Cell struct {
	Kind verdict.Kind // "" if nothing ran
	N    int64        // results with that verdict; 0 for no number
	// URL is where the cell leads; "" for none. Cells in which all is well have none, so that
	// the keyboard reaches the others.
	URL string
	// Of says what the cell is about, such as "xfstests, next-20261127".
	Of string
	// Plain makes the HTML of the cell short, for a grid with hundreds of cells.
	Plain bool
	// Here is set for the cell of the result that the page shows.
	Here bool
}

// CellOf returns the cell of results. It has a link if one of them is worse than skipped, and
// a number unless all pass.
func CellOf(counts verdict.Counts, url, of string) Cell {
	c := Cell{Kind: counts.Worst(), Of: of}
	if c.Kind != verdict.OK {
		c.N = counts[c.Kind]
	}
	if c.Kind.Rank() < verdict.Skip.Rank() {
		c.URL = url
	}
	return c
}

func cell(c Cell) template.HTML {
	class := "c " + class(c.Kind)
	if c.Here {
		class += " here"
	}
	if c.Plain && c.Kind == verdict.OK {
		return `<td class="o">·</td>`
	}
	open := `<td class="` + escape(class) + `">`
	if c.Kind == "" {
		return template.HTML(open + `</td>`)
	}
	letter, label := c.Kind.Letter(), c.Kind.Phrase()
	if c.Kind == Wait {
		letter, label = "?", "not judged yet"
	}
	if c.N > 0 {
		letter += fmt.Sprint(c.N)
		label = Grouped(c.N) + " " + label
	}
	if c.URL == "" {
		return template.HTML(open + `<span role="img" aria-label="` + escape(label) + `">` + escape(letter) + `</span></td>`)
	}
	// The label begins with the text that is seen, so that one can say it to a browser.
	label = letter + ": " + label
	if c.Of != "" {
		label += ", " + Line(c.Of)
	}
	return template.HTML(open + `<a href="` + escape(c.URL) + `" aria-label="` + escape(label) + `">` + escape(letter) + `</a></td>`)
}

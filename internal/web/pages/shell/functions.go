// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"html/template"
	"strings"
	"time"
	"unicode/utf8"
)

// functions are the functions of all templates. Functions that return HTML escape the
// texts in it.
var functions = template.FuncMap{
	// Texts.
	"line": Line, "grouped": Grouped, "plural": Plural, "short": Short, "int64": func(n int) int64 { return int64(n) },
	"age": Age, "day": Day, "duration": Duration, "size": Size, "when": when,
	// Marks and pictures, see marks.go and pictures.go.
	"mark": Mark, "marked": Marked, "status": StatusMark, "cell": cell, "bar": bar, "spark": spark,
	// Links.
	"link": link, "longLink": longLink, "breakable": breakable, "branchURL": BranchURL, "revisionURL": RevisionURL,
	"checkoutURL": CheckoutURL, "buildURL": BuildURL, "testURL": TestURL, "incidentURL": IncidentURL, "hardwareURL": HardwareURL,
	"issueURL": IssueURL, "issueVersionURL": IssueVersionURL, "originURL": OriginURL, "labURL": LabURL, "submissionURL": SubmissionURL,
	"outside": Outside,
}

// link returns a link with the text of a report, or only the text if there is no URL.
func link(url, text string) template.HTML {
	if url == "" {
		return template.HTML(escape(Line(text)))
	}
	return template.HTML(`<a href="` + escape(url) + `">` + escape(Line(text)) + `</a>`)
}

// longLink is link for a text whose long words may be broken.
func longLink(url, text string) template.HTML {
	if url == "" {
		return breakable(text)
	}
	return template.HTML(`<a href="`+escape(url)+`">`) + breakable(text) + `</a>`
}

// longWord is the most characters of a word that is never broken.
const longWord = 16

// breakable returns a text of a report whose long words may be broken behind their
// punctuation: a browser for terminals breaks no words by itself, and a table of unbroken
// names is wider than 80 columns. The style sheet takes the breaks away.
func breakable(text string) template.HTML {
	words := strings.Split(escape(Line(text)), " ")
	for i, word := range words {
		if utf8.RuneCountInString(word) > longWord {
			words[i] = breaks.Replace(word)
		}
	}
	return template.HTML(strings.Join(words, " "))
}

var breaks = strings.NewReplacer(".", ".<wbr>", "_", "_<wbr>", "/", "/<wbr>", "-", "-<wbr>", ",", ",<wbr>", "+", "+<wbr>")

// when returns a time in UTC, to the minute.
func when(at time.Time) template.HTML {
	if at.IsZero() {
		return `<span class="soft">unknown</span>`
	}
	at = at.UTC()
	return template.HTML(`<time datetime="` + at.Format("2006-01-02T15:04:05Z") + `">` + at.Format("2 Jan 2006 15:04 UTC") + `</time>`)
}

func escape(text string) string { return template.HTMLEscapeString(text) }

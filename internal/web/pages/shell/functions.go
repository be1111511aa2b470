// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"html/template"
	"time"
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
	"link": link, "branchURL": BranchURL, "revisionURL": RevisionURL,
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

// when returns a time in UTC, to the minute.
func when(at time.Time) template.HTML {
	if at.IsZero() {
		return `<span class="soft">unknown</span>`
	}
	at = at.UTC()
	return template.HTML(`<time datetime="` + at.Format("2006-01-02T15:04:05Z") + `">` + at.Format("2 Jan 2006 15:04 UTC") + `</time>`)
}

func escape(text string) string { return template.HTMLEscapeString(text) }

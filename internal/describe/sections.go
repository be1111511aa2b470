// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
)

// code adds the code that was built or tested.
func (w *writer) code() {
	if c := read(w, w.Code); c != nil {
		w.field("Revision", document.Value{Text: c.Name, URL: c.Link})
		w.source(c)
	}
}

// source adds where the code and its patches are from.
func (w *writer) source(c *Code) {
	w.field("From", c.Places...)
	w.text("Patches", append(c.Patches, c.Mail)...)
}

func (w *writer) counts() {
	w.text("Builds", read(w, w.Builds))
	w.text("Tests", read(w, w.Tests))
	w.text("State", read(w, w.State))
}

func (w *writer) origins() { w.text("Reported by", listWords(read(w, w.Origins), 10)) }

func (w *writer) identity() {
	w.text("ID", line(w.Object.Ref().ID[0]))
	w.url("Page", w.Link())
}

// failures adds the bad results of a revision, a checkout or a build.
func (w *writer) failures() {
	if parts := read(w, w.architectures); len(parts) > 0 {
		w.section("By architecture", parts)
	}
	if groups := read(w, w.badCheckouts); groups != nil {
		w.groups("Failed checkouts", groups)
	}
	if groups := read(w, w.badBuilds); groups != nil {
		w.groups("Failed builds", groups)
	}
	switch groups := read(w, w.badTests); {
	case groups == nil:
	case len(groups.list) == 0:
		w.sections = append(w.sections, document.Heading("Failed tests: all are known issues, see below"))
	case groups.known:
		w.groups("Failed tests, without the known issues below", groups)
	default:
		w.groups("Failed tests", groups)
	}
}

// groups adds a list of groups, and the log of one result in them.
func (w *writer) groups(heading string, g *groups) {
	list := g.list
	if g.more > 0 {
		list = append(list, moreItem(g.more, "more "+g.noun))
	}
	w.section(heading, list)
	if e := g.example; e.hasLog() {
		w.section("Log of "+e.name, document.Log{URL: address(e.url), Text: e.excerpt})
	}
}

// moreItem is the item for the entries of a list that are not shown.
func moreItem(n int64, noun string) document.Item {
	return document.Item{Title: document.Value{Text: "and " + plural(n, noun)}}
}

// knownIssues adds the known issues that were seen in the object and below it.
func (w *writer) knownIssues() {
	if list := read(w, w.issues); len(list) > 0 {
		w.section("Known issues", list)
	}
}

// log adds the log of a build or a test that did not go well.
func (w *writer) log(text string) {
	if text == "" || !read(w, w.Bad) {
		return
	}
	if shown := excerpt(text); strings.TrimSpace(shown) != "" {
		w.section("Log", document.Log{Text: shown})
	}
}

// addComment adds the comment of the origin.
func (w *writer) addComment(text string) {
	if shown := prose(text); shown != "" {
		w.section("Comment", document.Remark(shown))
	}
}

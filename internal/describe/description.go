// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/object"
)

// Description says what the object is, how it went, and the known facts about that.
func (d *Data) Description() (document.Document, error) {
	if err := readable(d.Object); err != nil {
		return nil, err
	}
	if !d.Object.Known() {
		return document.Document{document.Paragraph(
			fmt.Sprintf("The %s is not in the database: no report had it, or it was removed since.", d.ID()))}, nil
	}
	w := &writer{Data: d}
	verdict := read(w, d.Verdict)
	switch o := d.Object.(type) {
	case *graph.Revision:
		w.revision()
	case *graph.Checkout:
		w.checkout(o)
	case *graph.Build:
		w.build(o)
	case *graph.Test:
		w.test(o)
	case *graph.Issue:
		w.issue()
	case *graph.IssueVersion:
		w.issueVersion(o)
	case *graph.Incident:
		w.incident(o)
	}
	if w.err != nil {
		return nil, fmt.Errorf("describe %s: %w", d.Object.Ref(), w.err)
	}
	return append(document.Document{verdict, w.fields}, w.sections...), nil
}

// writer writes a description: fields, and sections below them. After an error it
// writes nothing more.
type writer struct {
	*Data
	fields   document.Fields
	sections document.Document
	err      error
}

// read returns the result of a function that reads from the database. It does not call
// the function after an error.
func read[T any](w *writer, f func() (T, error)) (result T) {
	if w.err == nil {
		result, w.err = f()
	}
	return result
}

// field adds a field with those of the values that are not empty.
func (w *writer) field(name string, values ...document.Value) {
	var shown []document.Value
	for _, v := range values {
		if v != (document.Value{}) {
			shown = append(shown, v)
		}
	}
	if len(shown) > 0 {
		w.fields = append(w.fields, document.Field{Name: name, Values: shown})
	}
}

// text adds a field with texts that do not link anywhere.
func (w *writer) text(name string, texts ...string) {
	w.field(name, plainValues(texts)...)
}

// url adds a field with a URL.
func (w *writer) url(name, url string) { w.field(name, document.Value{URL: url}) }

// section adds a heading and a block.
func (w *writer) section(heading string, block document.Block) {
	w.sections = append(w.sections, document.Heading(heading), block)
}

func plainValues(texts []string) []document.Value {
	values := make([]document.Value, len(texts))
	for i, text := range texts {
		values[i].Text = text
	}
	return values
}

func (w *writer) revision() {
	if c := read(w, w.Code); c != nil {
		w.text("Revision", c.Name)
		w.text("Commit", c.Commit, c.Subject)
		w.source(c)
	}
	w.counts()
	w.text("Before", line(w.Was))
	w.origins()
	w.url("Page", w.Link())
	w.failures()
	w.knownIssues()
}

func (w *writer) checkout(c *graph.Checkout) {
	if code := read(w, w.Code); code != nil {
		w.field("Revision", document.Value{Text: code.Name, URL: code.Link})
		w.text("Commit", code.Commit, code.Subject)
		w.source(code)
	}
	w.counts()
	w.text("Before", line(w.Was))
	w.text("Started", date(c.Start()))
	w.origins()
	w.url("Log", address(c.Log()))
	w.identity()
	w.failures()
	w.knownIssues()
	w.addComment(c.Remark())
}

func (w *writer) build(b *graph.Build) {
	w.text("Error", w.Error())
	w.text("Build", line(b.Architecture()+" "+b.Config()))
	w.text("Compiler", line(b.Compiler()))
	w.code()
	w.text("Tests", read(w, w.Tests))
	w.text("Started", date(b.Start()))
	if took := b.Took(); took != 0 {
		w.text("Took", duration(took))
	}
	w.origins()
	w.url("Log", address(b.Log()))
	w.identity()
	w.log(b.Excerpt())
	w.failures()
	w.knownIssues()
	w.addComment(b.Remark())
}

func (w *writer) test(t *graph.Test) {
	w.text("Test", line(t.Path()))
	w.text("Error", w.Error())
	w.text("Measured", measured(t.Number))
	w.text("Ran on", line(t.Platform()), w.Compatible())
	w.text("Lab", line(t.Lab()))
	w.field("Build", w.link(buildName(t.Build()), t.Build()))
	w.code()
	w.text("Started", date(t.Start()))
	if took := t.Took(); took != 0 {
		w.text("Took", duration(took))
	}
	w.origins()
	w.url("Log", address(t.Log()))
	w.identity()
	w.knownIssues()
	w.log(t.Excerpt())
	w.addComment(t.Remark())
}

// issue describes the newest version, and how many versions there are.
func (w *writer) issue() {
	version := read(w, w.Version)
	if version == nil {
		return
	}
	w.version(version)
	w.text("Earlier", read(w, w.earlierSightings)...)
	w.origins()
	w.identity()
	w.addComment(version.Remark())
}

func (w *writer) issueVersion(v *graph.IssueVersion) {
	w.version(v)
	w.origins()
	w.identity()
	w.url("All versions", pageurl.Of(w.Base, v.WholeIssue().Ref()))
	w.addComment(v.Remark())
}

// version adds what is known of a version of an issue.
func (w *writer) version(v *graph.IssueVersion) {
	w.text("Issue", line(v.Subject()))
	w.url("Discussion", address(v.URL()))
	w.text("Version", strconv.Itoa(v.Version))
	w.text("At fault", listWords(v.Culprits(), 3))
	w.text("Categories", bounded(v.Categories)...)
	w.field("First seen", read(w, w.firstSeen)...)
}

func (w *writer) incident(n *graph.Incident) {
	issue := n.Issue()
	w.field("Issue", w.link(issueName(issue), issue))
	w.url("Discussion", address(issue.URL()))
	w.text("At fault", listWords(issue.Culprits(), 3))
	if n.TestID != nil {
		w.field("Test", w.link(testName(n.Test()), n.Test()))
	}
	if n.Build().Build.ID != "" {
		w.field("Build", w.link(buildName(n.Build()), n.Build()))
	}
	w.code()
	w.origins()
	w.identity()
	w.addComment(n.Remark())
}

// link returns the name of an object, with a link to its page.
func (d *Data) link(name string, o interface{ Ref() object.Ref }) document.Value {
	return document.Value{Text: name, URL: pageurl.Of(d.Base, o.Ref())}
}

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

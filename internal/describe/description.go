// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"fmt"
	"strconv"

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
	w.text("Verdict", read(w, d.Judged)...)
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

// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

// draft is an issue as a reader fills it in.
type draft struct {
	Comment, URL, Subject string
	Culprits              []string
	Categories            string // with commas between them
	Fault, Path           string // the text in logs, and the tests, by which the issue is recognised
	Origin                string // of the report, where no token names it
	// Results are the results with the issue: "test:ID" or "build:ID".
	Results []string

	// Issue is the ID of the issue to change, "" to record a new one. Base is the version
	// that the reader saw.
	Issue string
	Base  int
	// Test or Build is the result that the form was opened for.
	Test, Build string
}

// The free object (misc) of an issue has the text and the path as these members.
const (
	faultMember = "fault"
	pathMember  = "path"
)

// draftOf returns the draft that changes nothing of an issue.
func draftOf(i *report.Issue) draft {
	d := draft{
		Comment: shell.Text(i.Comment), URL: shell.Text(i.ReportURL), Subject: shell.Text(i.ReportSubject), Culprits: facts.CulpritsOf(i).Names(),
		Categories: strings.Join(i.Categories, ", "), Origin: i.Origin, Issue: i.ID, Base: i.Version,
	}
	var misc map[string]any
	if json.Unmarshal(i.Misc, &misc) == nil {
		d.Fault, _ = misc[faultMember].(string)
		d.Path, _ = misc[pathMember].(string)
	}
	return d
}

// draftSent returns the draft that a reader sent.
func draftSent(form url.Values) draft {
	line := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	d := draft{
		Comment: line("comment"), URL: line("report_url"), Subject: line("report_subject"), Categories: line("categories"),
		Fault: line(faultMember), Path: line(pathMember), Origin: line("origin"), Results: form["result"],
		Issue: form.Get("issue"), Test: form.Get("test"), Build: form.Get("build"),
	}
	d.Base, _ = strconv.Atoi(form.Get("base"))
	for _, c := range culprits {
		if slices.Contains(form["culprit"], c.Name) {
			d.Culprits = append(d.Culprits, c.Name)
		}
	}
	return d
}

// changes reports whether the draft changes an issue.
func (d *draft) changes(i *report.Issue) bool {
	stored := draftOf(i)
	return d.Comment != stored.Comment || d.URL != stored.URL || d.Subject != stored.Subject || d.Fault != stored.Fault || d.Path != stored.Path ||
		!slices.Equal(d.Culprits, stored.Culprits) || !slices.Equal(listOf(d.Categories), listOf(stored.Categories))
}

// listOf returns the parts of a text with commas between them.
func listOf(text string) (all []string) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(all, part) {
			all = append(all, part)
		}
	}
	return all
}

// fault is a fault of a form: its field, and a sentence.
type fault struct{ Field, Text string }

// faults is the error of a draft.
type faults []fault

func (f faults) Error() string { return fmt.Sprintf("%d faults in the form", len(f)) }

// Limits of a draft.
const (
	maxText       = 200 // characters of a line
	maxResults    = 100
	maxCategories = 20 // categories
)

// check returns the faults of the fields, which the reader can see.
func (d *draft) check(origin string) (all faults) {
	add := func(field, format string, args ...any) { all = append(all, fault{field, fmt.Sprintf(format, args...)}) }
	for _, field := range []struct{ name, title, value string }{
		{"comment", "The title", d.Comment}, {"report_subject", "The subject", d.Subject}, {"categories", "The list", d.Categories},
		{faultMember, "The text", d.Fault}, {pathMember, "The path", d.Path},
	} {
		if n := utf8.RuneCountInString(field.value); n > maxText {
			add(field.name, "%s has %d characters: write at most %d.", field.title, n, maxText)
		} else if shell.Line(field.value) != field.value {
			add(field.name, "%s has characters that are not shown, or several lines.", field.title)
		}
	}
	if d.Comment == "" {
		add("comment", "Write a title: the fault in one line.")
	}
	if d.URL != "" && !strings.HasPrefix(d.URL, "mailto:") && shell.Outside(d.URL) == "" {
		add("report_url", "Write an address that begins with https:// or http://, without spaces.")
	}
	if strings.HasPrefix(d.URL, "mailto:") {
		add("report_url", "Write the address of a page, and not of a mailbox.")
	}
	if n := len(listOf(d.Categories)); n > maxCategories {
		add("categories", "These are %d categories: name at most %d.", n, maxCategories)
	}
	if !validOrigin(origin) {
		add("origin", "Write the name of your CI system: small letters, digits and underscores, such as my_lab.")
	}
	if n := len(d.Results); n > maxResults {
		add("results", "%d results are chosen: choose at most %d, and add the others later.", n, maxResults)
	}
	for _, result := range d.Results {
		if kind, id, _ := strings.Cut(result, ":"); kind != "test" && kind != "build" || id == "" || !utf8.ValidString(id) {
			add("results", "A result is damaged: open the form again.")
			break
		}
	}
	return all
}

// validOrigin reports whether a text can name an origin.
func validOrigin(text string) bool {
	return text != "" && len(text) <= maxText && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// report returns the report of the draft, which an origin sends. stored is the newest version
// of the issue to change, nil for a new issue. The error is of type faults.
func (d *draft) report(origin string, stored *report.Issue) (*report.Report, error) {
	all := d.check(origin)
	key, changed := stored, true
	switch {
	case stored != nil && stored.Version != d.Base:
		all = append(all, fault{"comment", fmt.Sprintf("Version %d was recorded meanwhile. Open the form again, and repeat your changes.", stored.Version)})
	case stored != nil:
		changed = d.changes(stored)
		if !changed && len(d.Results) == 0 {
			all = append(all, fault{"comment", "Nothing is changed, and no result is chosen."})
		}
		if changed && stored.Origin != origin {
			all = append(all, fault{"comment", fmt.Sprintf("The issue is of %s, and you record as %s. Only %s can change it; you can add results to it as it is.",
				shell.Line(stored.Origin), shell.Line(origin), shell.Line(stored.Origin))})
		}
	}
	if len(all) > 0 {
		return nil, all
	}
	out := &report.Report{}
	if changed {
		out.Issues = []report.Issue{d.issue(origin, stored)}
		key = &out.Issues[0]
	}
	for _, result := range d.Results {
		out.Incidents = append(out.Incidents, incidentOf(origin, key, result))
	}
	return out, nil
}

// issue returns the next version of an issue, or a new one.
func (d *draft) issue(origin string, stored *report.Issue) report.Issue {
	i := report.Issue{ID: d.Issue, Version: d.Base + 1, Origin: origin, Comment: &d.Comment, Categories: listOf(d.Categories)}
	if stored == nil {
		// The same form sent twice is the same issue.
		i.ID, i.Version = origin+":"+hashOf(d.Comment, d.URL, d.Fault, d.Path, strings.Join(d.Results, "\n")), 1
	} else {
		i.Misc = stored.Misc
	}
	if d.URL != "" {
		i.ReportURL = &d.URL
	}
	if d.Subject != "" {
		i.ReportSubject = &d.Subject
	}
	if len(d.Culprits) > 0 {
		is := func(name string) *bool { return new(slices.Contains(d.Culprits, name)) }
		i.Culprit = &report.Culprit{Code: is("code"), Tool: is("tool"), Harness: is("harness")}
	}
	i.Misc = withMember(withMember(i.Misc, faultMember, d.Fault), pathMember, d.Path)
	return i
}

// withMember returns a JSON object with a text as a member; an empty text is left out.
func withMember(object json.RawMessage, name, value string) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil || members == nil {
		members = make(map[string]json.RawMessage)
	}
	delete(members, name)
	if value != "" {
		members[name], _ = json.Marshal(value)
	}
	if len(members) == 0 {
		return nil
	}
	changed, err := json.Marshal(members)
	if err != nil {
		return object
	}
	return changed
}

// incidentOf returns the incident that says that an issue was seen in a result. Its ID is
// always the same, so that the incident is there once.
func incidentOf(origin string, i *report.Issue, result string) report.Incident {
	kind, id, _ := strings.Cut(result, ":")
	in := report.Incident{
		ID: origin + ":" + hashOf(i.ID, strconv.Itoa(i.Version), result), Origin: origin, IssueID: i.ID, IssueVersion: i.Version,
		Present: new(true), Comment: new("recorded by a person"),
	}
	if kind == "build" {
		in.BuildID = &id
	} else {
		in.TestID = &id
	}
	return in
}

// hashOf returns a short name for texts.
func hashOf(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:12])
}

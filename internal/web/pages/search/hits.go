// SPDX-License-Identifier: Apache-2.0

package search

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/find"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/object"
)

// hit is something that was found. A text that is absent is "".
type hit struct {
	Text, URL string
	Verdict   verdict.Kind
	Note      string
	Fault     string // the line that says why a test failed
}

// section has the hits of one kind.
type section struct {
	Title string
	ID    string // of its heading
	Hits  []hit
	// More says that there are more hits than the page shows.
	More bool
}

// sectionsOf returns the sections that have hits.
func sectionsOf(f *find.Found, text string, now time.Time) []section {
	all := []section{
		{Title: "Objects with this ID", ID: "ids", Hits: ids(f, text)},
		{Title: "Revisions", ID: "revisions", Hits: revisions(f, now), More: slices.Contains(f.More, find.Revisions)},
		{Title: "Trees and branches", ID: "branches", Hits: branches(f), More: slices.Contains(f.More, find.Branches)},
		{Title: "Tests", ID: "tests", Hits: tests(f), More: slices.Contains(f.More, find.Tests)},
		{Title: "Boards", ID: "boards", Hits: boards(f), More: slices.Contains(f.More, find.Boards)},
		{Title: "Origins and labs", ID: "senders", Hits: senders(f), More: slices.Contains(f.More, find.Origins) || slices.Contains(f.More, find.Labs)},
		{Title: "Issues", ID: "issues", Hits: issues(f), More: slices.Contains(f.More, find.Issues)},
		{Title: "Failures, by path or by a line of their log", ID: "failures", Hits: failures(f), More: slices.Contains(f.More, find.Failures)},
	}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.Hits) == 0 })
}

func ids(f *find.Found, text string) (hits []hit) {
	urls := map[object.Type]func(string) string{
		object.TypeCheckout: shell.CheckoutURL, object.TypeBuild: shell.BuildURL, object.TypeTest: shell.TestURL,
		object.TypeIssue: shell.IssueURL, object.TypeIncident: shell.IncidentURL,
	}
	for _, ref := range f.Objects {
		hits = append(hits, hit{Text: text, URL: urls[ref.Type](text), Note: string(ref.Type)})
	}
	if f.Submission != "" {
		hits = append(hits, hit{Text: f.Submission, URL: shell.SubmissionURL(f.Submission), Note: "submission"})
	}
	return hits
}

func revisions(f *find.Found, now time.Time) (hits []hit) {
	for i := range f.Revisions {
		r := &f.Revisions[i]
		hits = append(hits, hit{Text: r.Name(), URL: shell.RevisionURL(r.CommitHash, r.PatchsetHash), Verdict: r.Verdict(),
			Note: shell.Place(r.Tree, r.Branch) + ", " + shell.Day(now, r.Start)})
	}
	return hits
}

func branches(f *find.Found) (hits []hit) {
	for i := range f.Branches {
		b := &f.Branches[i]
		head := &b.Recent[0]
		hits = append(hits, hit{Text: shell.Place(b.Tree, b.Name), URL: shell.BranchURL(b.Tree, b.Name), Verdict: head.Verdict(), Note: "newest " + head.Name()})
	}
	return hits
}

func tests(f *find.Found) (hits []hit) {
	for _, g := range f.Tests {
		hits = append(hits, hit{Text: g.Name, URL: shell.GridURL(g.At.Tree, g.At.Branch, g.Name), Note: "on " + shell.Place(g.At.Tree, g.At.Branch)})
	}
	return hits
}

func boards(f *find.Found) (hits []hit) {
	for _, p := range f.Boards {
		hits = append(hits, hit{Text: p.Name, URL: shell.HardwareURL(p.Name), Note: strings.Join(p.Compatibles, " ")})
	}
	return hits
}

func senders(f *find.Found) (hits []hit) {
	for _, origin := range f.Origins {
		hits = append(hits, hit{Text: origin, URL: shell.OriginURL(origin), Note: "origin"})
	}
	for _, lab := range f.Labs {
		hits = append(hits, hit{Text: lab, URL: shell.LabURL(lab), Note: "lab"})
	}
	return hits
}

func issues(f *find.Found) (hits []hit) {
	for _, i := range f.Issues {
		hits = append(hits, hit{Text: cmp.Or(i.Comment, i.ID), URL: shell.IssueURL(i.ID), Verdict: verdict.Known, Note: i.ID})
	}
	return hits
}

func failures(f *find.Found) (hits []hit) {
	for _, c := range f.Failures {
		url := shell.TestURL(c.Example)
		if c.Kind == rollup.Builds {
			url = shell.BuildURL(c.Example)
		}
		hits = append(hits, hit{
			Text: cmp.Or(c.Title, c.Path, "build"), URL: url, Verdict: c.Verdict, Fault: c.Fault,
			Note: shell.Place(c.At.Tree, c.At.Branch) + " " + c.At.Name() + ", " + shell.Plural(c.Results, "result"),
		})
	}
	return hits
}

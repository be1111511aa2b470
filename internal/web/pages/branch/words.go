// SPDX-License-Identifier: Apache-2.0

package branch

import (
	"cmp"
	"fmt"
	"html/template"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// Kind is the class of the verdict line.
func (p *page) Kind() verdict.Kind {
	if p.Awaited > 0 {
		return shell.Wait
	}
	return cmp.Or(p.worst(), shell.Wait)
}

// Mark returns the verdict on the newest revision.
func (p *page) Mark() template.HTML {
	switch {
	case p.Head() == nil || p.worst() == "":
		return shell.Marked(shell.Wait, "NONE")
	case p.Selects():
		return shell.Mark(p.worst())
	case p.Awaited > 0:
		return shell.Marked(shell.Wait, "WAITING")
	}
	return markOf(p.Head())
}

// markOf returns the worst verdict of a revision with the number of its causes.
func markOf(r *verdicts.Revision) template.HTML {
	worst := r.Verdict()
	switch n := r.Causes[worst]; {
	case r.Judged.IsZero() || worst == "":
		return shell.Marked(shell.Wait, "WAIT")
	case n > 0:
		return shell.Marked(worst, fmt.Sprintf("%d %s", n, worst.Word()))
	}
	return shell.Mark(worst)
}

// Sentence returns the state of the newest revision in one sentence.
func (p *page) Sentence() string {
	switch {
	case p.Head() == nil:
		return ""
	case p.Selects():
		return p.selectedSentence()
	}
	if p.Awaited > 0 {
		return "So far: " + p.sentenceOf(0)
	}
	return p.sentenceOf(0)
}

// selectedSentence says how the results that the page is about are at the newest revision.
func (p *page) selectedSentence() string {
	counts := p.Total[0]
	switch {
	case counts.Total() > 0:
		return counts.Text() + "."
	case p.filtered() || p.Has("path"):
		return "No result there meets the filter."
	}
	return "It did not run there."
}

func (p *page) sentenceOf(i int) string {
	r := &p.Revisions[i]
	return shell.Sentence(r, p.earlier(i), p.Causes[r.Key])
}

// Rest returns what qualifies the sentence.
func (p *page) Rest() string {
	head := p.Head()
	switch {
	case head == nil:
		return ""
	case p.filtered() || p.Has("path"):
		return "Only results that the filter selects are counted, here and in the grid."
	case p.Path != "":
		return ""
	}
	var all []string
	if p.Awaited > 0 {
		all = append(all, fmt.Sprintf("More results are expected: %d %% of the usual number are in.", p.Awaited))
	}
	if n := head.Causes[verdict.Still]; n > 0 && head.Causes[verdict.New] > 0 {
		all = append(all, p.older(n))
	}
	if n := head.Total()[verdict.Lab]; n > 0 {
		all = append(all, "Lab trouble: "+shell.Plural(n, "result")+" without a word about the kernel.")
	}
	return strings.Join(all, " ")
}

// older says how many failures are older than the newest revision, and how old.
func (p *page) older(n int64) string {
	text := shell.Plural(n, "older failure") + " " + map[bool]string{true: "goes", false: "go"}[n == 1] + " on"
	var oldest *verdicts.Since
	for i := range p.Causes[p.Head().Key] {
		c := &p.Causes[p.Head().Key][i]
		if c.Verdict == verdict.Still && c.Since.Name != "" && (oldest == nil || c.Since.Start.Before(oldest.Start)) {
			oldest = &c.Since
		}
	}
	if oldest != nil {
		text += ", the oldest since " + shell.Line(oldest.Name)
		if oldest.Open {
			text += " or earlier"
		}
	}
	return text + "."
}

// listed is a revision in the list.
type listed struct {
	*verdicts.Revision
	URL      string
	Mark     template.HTML
	Text     string
	Compare  string // the URL of the comparison with the revision before
	Previous string // its name
}

// number is how many results of a kind of objects there are.
type number struct {
	Title string
	N     int64
}

// Numbers returns how many builds, boots and tests the revision has.
func (l listed) Numbers() (all []number) {
	for _, of := range []number{{Title: "builds"}, {Title: "boots"}, {Title: "tests"}} {
		of.N = l.Counts[rollup.Kind(strings.TrimSuffix(of.Title, "s"))].Total()
		all = append(all, of)
	}
	return all
}

// Listed returns the revisions of the list.
func (p *page) Listed() (all []listed) {
	for i := range p.Revisions {
		r := &p.Revisions[i]
		l := listed{Revision: r, URL: p.URL(r), Mark: markOf(r), Text: p.sentenceOf(i)}
		if before := p.earlier(i); before != nil {
			l.Compare, l.Previous = p.compareURL(before, r), before.Name()
		}
		all = append(all, l)
	}
	return all
}

// Comparison returns the link that compares the newest revision with the one before, nil if
// there is only one.
func (p *page) Comparison() *shell.Link {
	before := p.earlier(0)
	if before == nil {
		return nil
	}
	head := p.Head()
	return &shell.Link{
		Text: "Compare " + head.Name() + " with " + before.Name(),
		URL:  p.compareURL(before, head),
	}
}

// CompareForm is the URL of the form that asks what to compare the newest revision with.
func (p *page) CompareForm() string {
	return p.Carried(shell.WithQuery("/compare", "b", shell.RevisionName(p.Head())), append([]string{"path"}, shell.ResultParams...)...)
}

// compareURL returns the URL of the comparison of two revisions, with the filter.
func (q *question) compareURL(before, after *verdicts.Revision) string {
	return q.Carried(shell.CompareOf(before, after), append([]string{"path"}, shell.ResultParams...)...)
}

// Pager returns the pager below the list.
func (p *page) Pager() shell.Pager {
	pager := shell.Pager{Range: shell.Plural(int64(len(p.Revisions)), "revision")}
	if n := len(p.Revisions); p.Before != nil && n > 0 && !p.Before.Start.Before(p.after) {
		pager.Next, pager.NextText = p.With("after", cursor(&p.Revisions[n-1])), "Older revisions"
	}
	if p.paged {
		pager.Newest = p.With("after")
	}
	return pager
}

// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

// shownVariants is how many results of a cause its card shows.
const shownVariants = 3

// textOf returns a cause in words, such as "rk3588-rock-5b does not boot".
func textOf(c *verdicts.Cause) string {
	if c.Verdict != verdict.Fixed {
		return c.Text()
	}
	switch c.Kind {
	case rollup.Builds:
		return strings.TrimSpace(c.Architecture+" "+c.Config) + " builds again"
	case rollup.Boots:
		return cmp.Or(c.Platform, c.Path) + " boots again"
	}
	return c.Path + " passes again"
}

// common returns the value that all results have, "" if they differ.
func common(some []verdicts.Result, of func(*verdicts.Result) string) string {
	for i := range some {
		if of(&some[i]) != of(&some[0]) {
			return ""
		}
	}
	if len(some) == 0 {
		return ""
	}
	return of(&some[0])
}

// card is a cause with its first results.
type card struct {
	verdicts.Cause
	Text  string
	Shown []row
	Where string // on how many boards, in how many labs
	URL   string // of all results of the cause
	page  *page
}

// cards returns the causes with a verdict.
func (p *page) cards(k verdict.Kind) (all []card) {
	for _, c := range p.causes[k] {
		some := p.examples[c.Key]
		n := min(shownVariants, len(some))
		all = append(all, card{
			Cause: c, Text: textOf(&c), Shown: rowsOf(some[:n]), Where: where(&c, some),
			URL: p.with("cause", strconv.FormatInt(c.Key, 10)), page: p,
		})
	}
	return all
}

// Heading says how many results of how many causes have a verdict.
func (p *page) Heading(k verdict.Kind) string {
	return shell.Plural(p.Causes[k], "cause") + ", " + shell.Plural(p.Total()[k], "result")
}

// Number is the number of results with a verdict.
func (p *page) Number(k verdict.Kind) int64 { return p.Total()[k] }

// left are the causes with a verdict that the page leaves out.
type left struct {
	N   int64
	URL string // of all results with the verdict
}

// Left are the causes with a verdict that the page leaves out.
func (p *page) Left(k verdict.Kind) left {
	return left{p.Causes[k] - int64(len(p.causes[k])), p.numberURL(k)}
}

// where says on how many boards, in how many labs and by how many origins results were seen.
func where(c *verdicts.Cause, some []verdicts.Result) string {
	if len(some) < 2 {
		return ""
	}
	atLeast := ""
	if int64(len(some)) < c.Results {
		atLeast = "at least "
	}
	var parts []string
	for _, of := range []struct {
		before, noun string
		value        func(*verdicts.Result) string
	}{
		{"on ", "board", func(r *verdicts.Result) string { return r.Platform }},
		{"in ", "lab", func(r *verdicts.Result) string { return r.Lab }},
		{"by ", "origin", func(r *verdicts.Result) string { return r.Origin }},
	} {
		var values []string
		for i := range some {
			if v := of.value(&some[i]); v != "" && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		if n := len(values); n > 1 {
			parts = append(parts, of.before+atLeast+shell.Plural(int64(n), of.noun))
		}
	}
	return strings.Join(parts, ", ")
}

// Size says how many results the cause has.
func (c card) Size() string {
	noun := map[rollup.Kind]string{rollup.Builds: "build", rollup.Boots: "boot", rollup.Tests: "result"}[c.Kind]
	text := shell.Plural(c.Results, noun)
	if c.Variants > 1 && c.Variants < c.Results {
		text += " of " + shell.Plural(c.Variants, "variant")
	}
	return text
}

// More is the number of results that the card does not show.
func (c card) More() int64 { return c.Results - int64(len(c.Shown)) }

// Failing is the URL of the results of a flaky cause that fail.
func (c card) Failing() string {
	return c.page.with("cause", strconv.FormatInt(c.Key, 10), "status", "-"+string(report.StatusPass))
}

// LabName is the lab of all results of the cause, "" if they are of several.
func (c card) LabName() string {
	return common(c.page.examples[c.Key], func(r *verdicts.Result) string { return r.Lab })
}

// Why says why the cause has its verdict.
func (c card) Why() string {
	switch c.Verdict {
	case verdict.New:
		if c.page.Earlier == nil {
			return "It passed the last time it ran before."
		}
		return "It passed the last time it ran before, at " + shell.Line(c.page.Earlier.Name()) + " or earlier."
	case verdict.Fixed:
		return "It failed the last time it ran before, and passes here."
	}
	return ""
}

// SinceText says since when the cause fails, such as "since next-20261123 (4 d)".
func (c card) SinceText() string {
	s := c.Since
	if s.Name == "" {
		return ""
	}
	text := "since " + shell.Line(s.Name)
	if s.Open {
		text = "since " + shell.Line(s.Name) + " or earlier"
	}
	if s.Revision == c.page.Key {
		return "first seen here"
	}
	return text + " (" + shell.Age(c.page.Now, s.Start) + ")"
}

// Link is the URL of the object that is an example of the cause.
func (c card) Link() string { return objectURL(c.Kind, c.Example) }

// objectURL returns the URL of the page of a build or test.
func objectURL(kind rollup.Kind, id string) string {
	if kind == rollup.Builds {
		return shell.BuildURL(id)
	}
	return shell.TestURL(id)
}

// Record is the URL of the form that records an issue for the cause.
func (c card) Record() string {
	kind := "test"
	if c.Kind == rollup.Builds {
		kind = "build"
	}
	return shell.WithValues("/issues/new", map[string][]string{kind: {c.Example}})
}

// row is a result of a list.
type row struct{ verdicts.Result }

// URL is the URL of the page of the result.
func (r row) URL() string { return objectURL(r.Kind, r.ID) }

// Name is the path of a test, or "build".
func (r row) Name() string {
	if r.Kind == rollup.Builds {
		return "build"
	}
	return r.Path
}

// Mark is the mark of the verdict.
func (r row) Mark() template.HTML {
	if r.Verdict == "" {
		return shell.Marked(shell.Wait, "WAIT")
	}
	return shell.Mark(r.Verdict)
}

// Target says how the kernel of the result was built.
func (r row) Target() string { return targetOf(&r.Result) }

func targetOf(r *verdicts.Result) string {
	return shell.Line(strings.Join(strings.Fields(r.Architecture+" "+r.Config+" "+r.Compiler), " "))
}

func rowsOf(results []verdicts.Result) (all []row) {
	for _, r := range results {
		all = append(all, row{r})
	}
	return all
}

// known is an issue that was seen at the revision.
type known struct {
	verdicts.Cause
	Comment string
	URL     string // of the issue
	All     string // URL of all results with the issue
	Since   string
	Groups  string
}

// knownIssues are the issues that were seen, those with most results first.
func (p *page) knownIssues() (all []known) {
	for _, c := range p.causes[verdict.Known] {
		line := p.issues[store.Key{ID: c.IssueID, Version: c.Version}]
		k := known{Cause: c, Comment: line.Comment, URL: shell.IssueURL(c.IssueID), All: p.with("issue", c.IssueID, "verdict", string(verdict.Known)), Since: p.sinceSeen(line)}
		if k.Comment == "" {
			k.Comment = c.IssueID
		}
		k.Groups = groupsOf(p.examples[c.Key])
		all = append(all, k)
	}
	return all
}

func (p *page) sinceSeen(line answers.IssueLine) string {
	if line.FirstSeen == 0 {
		return ""
	}
	return "since " + shell.Day(p.Now, sqldb.Time(line.FirstSeen))
}

// groupsOf names the groups of results, such as "boot, xfstests".
func groupsOf(some []verdicts.Result) string {
	var groups []string
	for i := range some {
		group, _, _ := strings.Cut(some[i].Path, ".")
		if some[i].Kind == rollup.Builds {
			group = "build"
		}
		if !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	slices.Sort(groups)
	if len(groups) > 3 {
		groups = append(groups[:3], fmt.Sprintf("%d more", len(groups)-3))
	}
	return shell.Line(strings.Join(groups, ", "))
}

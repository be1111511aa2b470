// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// Class is the class of the verdict line.
func (p *page) Class() verdict.Kind {
	if p.Judged.IsZero() || p.Verdict() == "" || p.awaited() {
		return shell.Wait
	}
	return p.Verdict()
}

// awaited reports whether an origin still tests, and nothing is worse so far.
func (p *page) awaited() bool { return p.running() > 0 && p.Verdict() != verdict.New }

// Mark is the mark of the verdict line.
func (p *page) Mark() template.HTML {
	switch k := p.Class(); k {
	case shell.Wait:
		return shell.Marked(k, "WAITING")
	case verdict.New:
		return shell.Marked(k, shell.Grouped(p.Causes[k])+" NEW")
	case verdict.OK, verdict.Skip:
		return shell.Mark(k)
	default:
		return shell.Marked(verdict.OK, "NOTHING NEW")
	}
}

// Sentence is the state of the revision, with the name of the earlier revision as a link
// to the comparison.
func (p *page) Sentence() template.HTML {
	text := shell.Sentence(&p.Revision, p.Earlier, p.causes[verdict.New])
	if p.awaited() {
		text = "So far: " + text
	}
	if p.Earlier == nil {
		return template.HTML(template.HTMLEscapeString(text))
	}
	name := shell.Line(p.Earlier.Name())
	before, after, ok := strings.Cut(text, name)
	if !ok {
		return template.HTML(template.HTMLEscapeString(text))
	}
	return template.HTML(template.HTMLEscapeString(before) + `<a href="` + template.HTMLEscapeString(p.CompareURL()) + `">` +
		template.HTMLEscapeString(name) + `</a>` + template.HTMLEscapeString(after))
}

// CompareURL is the URL of the comparison with the earlier revision, "" without an earlier
// one.
func (p *page) CompareURL() string {
	if p.Earlier == nil {
		return ""
	}
	return p.filter.Carried(shell.CompareOf(p.Earlier, &p.Revision), comparable...)
}

// Qualified qualifies the sentence: how many results have the new causes, and which origins
// still test.
func (p *page) Qualified() string {
	var parts []string
	if n := p.Total()[verdict.New]; n > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s, of %s.", shell.Grouped(n), shell.Plural(p.Total().Total(), "result"), shell.Plural(p.Causes[verdict.New], "cause")))
	}
	if p.Judged.IsZero() {
		parts = append(parts, "Results came, and their verdicts follow within a minute.")
	} else if p.Judged.Before(p.Changed) {
		parts = append(parts, "More results came since; their verdicts follow.")
	}
	if text := p.toCome(); text != "" {
		parts = append(parts, text)
	}
	if p.wanted != nil {
		parts = append(parts, "This is of the whole revision, as are all numbers but those of the list.")
	}
	return strings.Join(parts, " ")
}

// running returns how many checkouts say that their builds are complete, and not their tests.
func (p *page) running() (n int) {
	for _, c := range p.checkouts {
		if c.OriginBuildsFinishTime != nil && c.OriginTestsFinishTime == nil {
			n++
		}
	}
	return n
}

// toCome says which origins still build or test, as far as they report that.
func (p *page) toCome() string {
	finished := 0
	origins := make(map[string]bool)
	for _, c := range p.checkouts {
		origins[c.Origin] = true
		if c.OriginTestsFinishTime != nil {
			finished++
		}
	}
	switch running := p.running(); {
	case finished+running == 0:
		return ""
	case running > 0:
		return fmt.Sprintf("%d of %s still tests.", running, shell.Plural(int64(len(origins)), "origin"))
	case finished == len(p.checkouts):
		return "All origins have finished."
	}
	return ""
}

// Empty says why the page has no results, "" if it has some.
func (p *page) Empty() string {
	if p.Total().Total() > 0 || p.Judged.IsZero() {
		return ""
	}
	return "A checkout of the revision came, and no builds or tests of it yet. Builds come first, minutes to hours later. Who reported, below, says which origins have the revision."
}

// titles are the titles of kinds of results.
var titles = map[rollup.Kind]string{rollup.Builds: "Builds", rollup.Boots: "Boots", rollup.Tests: "Tests"}

// Counted are the numbers of results of each kind; they filter.
func (p *page) Counted() (all []shell.Count) {
	for _, kind := range kinds {
		all = append(all, shell.Count{Title: titles[kind], Counts: p.Revision.Counts[kind], URL: func(k verdict.Kind) string {
			return p.numberURL(k, "kind", string(kind))
		}})
	}
	return all
}

// numberURL returns the URL of the results with a verdict and more parameters, "" without a
// verdict.
func (p *page) numberURL(k verdict.Kind, params ...string) string {
	if k == "" {
		return ""
	}
	return p.with(append(params, "verdict", string(k))...)
}

// with returns the URL of the page with values of parameters, beside those of the filter. It is
// relative to the page, which has a hundred such links.
func (p *page) with(params ...string) string {
	values := make(map[string][]string)
	for i := 0; i < len(params); i += 2 {
		values[params[i]] = []string{params[i+1]}
	}
	carried := buildParams
	if kind := values["kind"]; len(kind) == 0 || kind[0] != string(rollup.Builds) {
		carried = append(slices.Clone(carried), "kind", "path", "platform") // builds have no path and no platform
	}
	return strings.TrimPrefix(p.filter.Carried(shell.WithValues(p.url, values), carried...), p.url)
}

// buildParams are the parameters that stay when a reader narrows the filter of builds.
var buildParams = []string{"arch", "branch", "compiler", "config", "issue", "lab", "origin", "tree"}

// Bar is the filter bar.
func (p *page) Bar() shell.FilterBar {
	fields := []shell.Field{
		{Label: "Tests", Name: "path", Placeholder: "all", Wide: true},
		{Label: "Kind", Name: "kind", Options: []shell.Option{{Value: "build", Text: "builds"}, {Value: "boot", Text: "boots"}, {Value: "test", Text: "tests"}}},
		shell.VerdictField(),
		{Label: "Status", Name: "status", Placeholder: "any", Options: shell.Options("FAIL", "ERROR", "MISS", "PASS", "DONE", "SKIP")},
	}
	for _, field := range shell.ResultFields() {
		fields = append(fields, p.offering(field))
	}
	bar := p.filter.Bar(append(fields, shell.Field{Label: "Issue", Name: "issue", Placeholder: "any"})...)
	bar.Chosen = append(bar.Chosen, p.filter.Chosen("cause")...) // links of causes set it, and no field
	return bar
}

// mostOptions is how many values a field offers; with more it is a text to type.
const mostOptions = 40

// offering returns a field that offers the values of its dimension if they are few. The names
// of boards are many and long. Values that are not a line of plain text are no options.
func (p *page) offering(field shell.Field) shell.Field {
	by := verdicts.Dimension(field.Name)
	if by == verdicts.ByPlatform {
		return field
	}
	values := slices.DeleteFunc(p.valuesOf(0, by), func(value string) bool { return shell.Line(value) != value })
	if len(values) <= mostOptions {
		field.Options = shell.Options(values...)
	}
	return field
}

// Places are the branches that the revision stands on, if there are several: the page says
// whose verdicts it shows.
func (p *page) Places() (all []shell.Link) {
	if len(p.On) < 2 {
		return nil
	}
	for _, on := range p.On {
		link := shell.Link{Text: shell.Place(on.Tree, on.Branch)}
		if on.Key != p.Key {
			link.URL = shell.WithValues(p.url, map[string][]string{"tree": {on.Tree}, "branch": {on.Branch}})
		}
		all = append(all, link)
	}
	return all
}

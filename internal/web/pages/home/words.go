// SPDX-License-Identifier: Apache-2.0

package home

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// words is a verdict in words: a mark, and what to say behind it.
type words struct {
	Kind       verdict.Kind
	Mark, Text string
}

// HTML returns the mark.
func (w words) HTML() template.HTML { return shell.Marked(w.Kind, w.Mark) }

// Words returns the verdict on the newest revision, against the one before.
func (t *tree) Words() words {
	counts, causes := t.Head.Total(), t.Head.Causes
	switch {
	case t.State == worse:
		return words{verdict.New, fmt.Sprintf("%d new", causes[verdict.New]), list(t.titles(verdict.New), t.fixed())}
	case t.State == perhaps:
		return words{verdict.Flaky, fmt.Sprintf("%d flaky", causes[verdict.Flaky]),
			t.titles(verdict.Flaky) + "; one more run decides"}
	case t.State == waiting && t.Head.Judged.IsZero():
		return words{shell.Wait, "wait", "not judged yet"}
	case t.State == waiting:
		text := "in; nothing new so far"
		if t.Built {
			text += ", and all builds are in"
		}
		return words{shell.Wait, fmt.Sprintf("%d %%", t.Share), text}
	case counts.Total() == 0:
		return words{shell.Wait, "wait", "no results yet"}
	case causes[verdict.Still] > 0:
		return words{verdict.Still, fmt.Sprintf("%d still", causes[verdict.Still]), list("nothing new", t.titles(verdict.Still), t.fixed())}
	case causes[verdict.Known] > 0 && counts[verdict.Lab] == 0:
		return words{verdict.Known, fmt.Sprintf("%d known", causes[verdict.Known]), list("nothing new", t.titles(verdict.Known), t.fixed())}
	case 2*counts[verdict.Lab] > counts.Total():
		return words{verdict.Lab, "LAB", fmt.Sprintf("%s of %s say nothing about the kernel", shell.Grouped(counts[verdict.Lab]), shell.Plural(counts.Total(), "result"))}
	}
	return words{verdict.OK, "OK", list(t.fixed(), amount(causes[verdict.Flaky], "flaky"), amount(causes[verdict.Known], "known"),
		amount(counts[verdict.Lab], "lab trouble"), t.allPass(), amount(counts[verdict.Skip], "skipped"))}
}

// titles returns the causes with a verdict in words, and how many more there are.
func (t *tree) titles(k verdict.Kind) string {
	var texts []string
	more := t.Head.Causes[k]
	for i := range t.Causes {
		c := &t.Causes[i]
		if c.Verdict != k {
			continue
		}
		more--
		if text := shell.Line(c.Text()); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if more > 0 && len(texts) > 0 {
		texts = append(texts, shell.Grouped(more)+" more")
	}
	return strings.Join(texts, ", ")
}

func (t *tree) fixed() string { return amount(t.Head.Total()[verdict.Fixed], "fixed") }

func (t *tree) allPass() string {
	if counts := t.Head.Total(); counts[verdict.OK]+counts[verdict.Fixed]+counts[verdict.Skip] == counts.Total() {
		return "nothing fails"
	}
	return ""
}

// amount returns a number with a noun, "" for 0.
func amount(n int64, of string) string {
	if n == 0 {
		return ""
	}
	return shell.Grouped(n) + " " + of
}

// list returns texts with commas between them, without empty ones.
func list(texts ...string) string {
	var all []string
	for _, text := range texts {
		if text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, ", ")
}

// Mark returns the verdict on all trees.
func (p *page) Mark() words {
	switch n := p.count(isWorse); {
	case n > 0:
		return words{verdict.New, fmt.Sprintf("%d WORSE", n), ""}
	case p.count(isPerhaps) > 0:
		return words{verdict.Flaky, "PERHAPS", ""}
	case len(p.Trees) > 0:
		return words{verdict.OK, "NOTHING NEW", ""}
	}
	return words{shell.Wait, "NONE", ""}
}

func isWorse(t *tree) bool   { return t.State == worse }
func isPerhaps(t *tree) bool { return t.State == perhaps }

// namedTrees is how many trees the sentence names.
const namedTrees = 3

// Sentence returns how many trees got worse.
func (p *page) Sentence() string {
	if len(p.Trees) == 0 {
		return "No tree has such a revision."
	}
	all := shell.Plural(int64(len(p.Trees)), "tree")
	n := p.count(isWorse)
	switch {
	case n == 0:
		return fmt.Sprintf("None of %s is worse than before.", all)
	case n == 1:
		return fmt.Sprintf("1 of %s is worse than before: %s.", all, p.names(isWorse))
	}
	return fmt.Sprintf("%d of %s are worse than before: %s.", n, all, p.names(isWorse))
}

// names returns the names of trees in words.
func (p *page) names(is func(*tree) bool) string {
	var all []string
	for i := range p.Trees {
		if t := &p.Trees[i]; is(t) {
			all = append(all, shell.Line(shell.Place(t.Tree, t.Name)))
		}
	}
	if more := len(all) - namedTrees; more > 0 {
		all = append(all[:namedTrees], fmt.Sprintf("%d more", more))
	}
	if n := len(all); n > 1 {
		return strings.Join(all[:n-1], ", ") + " and " + all[n-1]
	}
	return strings.Join(all, "")
}

// Rest says how the other trees are.
func (p *page) Rest() string {
	var all []string
	if n := p.count(isPerhaps); n > 0 {
		all = append(all, "Perhaps worse: "+p.names(isPerhaps)+"; one more run decides.")
	}
	quiet := p.count(func(t *tree) bool { return t.State == nothingNew })
	late := p.count(func(t *tree) bool { return t.State == waiting })
	if text := list(amount(int64(quiet), "with nothing new"), amount(int64(late), "waiting for results")); text != "" {
		all = append(all, text+".")
	}
	return strings.Join(all, " ")
}

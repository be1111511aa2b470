// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// maxCompared is how many rows each part of a comparison shows.
const maxCompared = 50

// comparisonView is a comparison with its parts, made once.
type comparisonView struct {
	*comparison
	Word                       string // worse, better or same
	Class                      verdict.Kind
	Regressed, Fixed, Failing  changes
	Unsteady                   changes
	OnlyBefore, OnlyAfter      absences
	Rows                       []comparedKind
	Sentence, Qualified, Where string
}

func (c *comparison) view() *comparisonView {
	v := &comparisonView{
		comparison: c, Regressed: c.changes(verdicts.Regressed), Fixed: c.changes(verdicts.Mended), Failing: c.changes(verdicts.StillFailing),
		Unsteady: c.changes(verdicts.Unsteady), OnlyBefore: c.absences(false), OnlyAfter: c.absences(true), Rows: c.rows(),
	}
	v.Word, v.Class = "Same", verdict.OK
	switch {
	case v.Regressed.N > 0:
		v.Word, v.Class = "Worse", verdict.New
	case v.Fixed.N > 0:
		v.Word, v.Class = "Better", verdict.Fixed
	}
	v.Sentence, v.Qualified = v.sentence(), v.qualified()
	v.Where = shell.Place(c.After.Tree, c.After.Branch)
	if !c.SameBranch() {
		v.Where = fmt.Sprintf("%s %s against %s", c.Before.Tree, c.Before.Branch, v.Where)
	}
	return v
}

// Mark is the mark of the verdict line.
func (v *comparisonView) Mark() template.HTML {
	return shell.Marked(v.Class, strings.ToUpper(v.Word))
}

// sentence says how many regressed and were fixed.
func (v *comparisonView) sentence() string {
	if v.Regressed.N+v.Fixed.N == 0 {
		return "Nothing regressed, and nothing was fixed."
	}
	text := "Nothing regressed"
	if v.Regressed.N > 0 {
		text = fmt.Sprintf("%s regressed, of %s", shell.Plural(v.Regressed.N, "result"), shell.Plural(v.Regressed.Causes, "cause"))
	}
	if v.Fixed.N > 0 {
		text += fmt.Sprintf("; %s fixed", counted(v.Fixed.N, "is", "are"))
	}
	return text + "."
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return shell.Grouped(n) + " " + many
}

// qualified says how much of the revisions can be compared.
func (v *comparisonView) qualified() string {
	if !v.Counted {
		return "Results that pass at both revisions are not counted with a path of several parts, or with *."
	}
	var o verdicts.Overlap
	for _, of := range v.Overlaps {
		o.OnlyBefore, o.OnlyAfter, o.CannotTell, o.StillPassing = o.OnlyBefore+of.OnlyBefore, o.OnlyAfter+of.OnlyAfter, o.CannotTell+of.CannotTell, o.StillPassing+of.StillPassing
	}
	told := o.StillPassing + v.Regressed.N + v.Fixed.N + v.Failing.N + v.Unsteady.N
	all := told + o.OnlyBefore + o.OnlyAfter + o.CannotTell
	if all == 0 {
		return "Neither revision has results that the filter selects."
	}
	var parts []string
	for _, part := range []struct {
		n    int64
		text string
	}{
		{o.OnlyBefore, "are only before"}, {o.OnlyAfter, "are only after"}, {o.CannotTell, "say nothing on one side, because they were skipped or lost by a lab"},
	} {
		if part.n > 0 {
			parts = append(parts, shell.Grouped(part.n)+" "+part.text)
		}
	}
	text := fmt.Sprintf("%s of about %s can be compared", shell.Grouped(told), shell.Plural(all, "result"))
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return text + "."
}

// comparedKind is a row of the table of counts.
type comparedKind struct {
	Title                     string
	Regressed, Fixed, Failing int64
	verdicts.Overlap
	Counted bool
}

func (c *comparison) rows() (all []comparedKind) {
	for _, kind := range kinds {
		all = append(all, comparedKind{
			titles[kind], c.number(verdicts.Regressed, kind), c.number(verdicts.Mended, kind), c.number(verdicts.StillFailing, kind) + c.number(verdicts.Unsteady, kind),
			c.Overlaps[kind], c.Counted,
		})
	}
	return all
}

// changes are the variants with a change, by cause or one by one.
type changes struct {
	N, Causes int64
	Rows      []change
	Left      int // rows that are left out
}

// change is a row of changes: the variants with a cause, or one variant.
type change struct {
	Text, URL     string
	Where         string
	Before, After template.HTML
	IssueID       string
	Fault         string
}

// changes returns the variants with a change.
func (c *comparison) changes(of verdicts.Change) (all changes) {
	place := make(map[int64]int)
	var groups [][]verdicts.Difference
	single := c.filter.Get("by") == "results"
	for _, d := range c.Differences {
		if d.Change != of {
			continue
		}
		all.N++
		i, ok := place[d.Cause]
		if !ok {
			all.Causes++
		}
		if !ok || single {
			i = len(groups)
			place[d.Cause] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], d)
	}
	slices.SortStableFunc(groups, func(a, b []verdicts.Difference) int { return cmp.Compare(len(b), len(a)) })
	all.Left = max(len(groups)-maxCompared, 0)
	for _, group := range groups[:len(groups)-all.Left] {
		all.Rows = append(all.Rows, rowOf(group, single))
	}
	return all
}

// rowOf returns the row of variants with the same cause and change.
func rowOf(group []verdicts.Difference, single bool) change {
	d := &group[0]
	c := change{
		URL: objectURL(d.Kind, d.ID), Before: outcomeMark(d.Before, false, d.Change), After: outcomeMark(d.After, true, d.Change),
		IssueID: d.IssueID, Fault: d.Fault, Text: row{d.Result}.Name(), Where: shell.Line(strings.TrimSpace(d.Platform + " " + targetOf(&d.Result))),
	}
	if single {
		return c
	}
	cause := verdicts.Cause{
		Verdict: d.Verdict, Kind: d.Kind, Title: d.Title, Fault: d.Fault, Path: d.Path, Platform: d.Platform, Architecture: d.Architecture, Config: d.Config,
	}
	if d.Change == verdicts.Mended {
		cause.Verdict = verdict.Fixed
	}
	c.Text = textOf(&cause)
	if len(group) > 1 {
		c.Where = spread(group)
	}
	return c
}

// spread says where variants are: "9 results, 5 boards, arm64 and x86_64".
func spread(group []verdicts.Difference) string {
	boards, architectures := make(map[string]bool), make(map[string]bool)
	for i := range group {
		if group[i].Platform != "" {
			boards[group[i].Platform] = true
		}
		architectures[group[i].Architecture] = true
	}
	parts := []string{shell.Plural(int64(len(group)), "result")}
	if len(boards) > 1 {
		parts = append(parts, shell.Plural(int64(len(boards)), "board"))
	}
	if len(architectures) > 2 {
		parts = append(parts, shell.Plural(int64(len(architectures)), "architecture"))
	} else {
		for _, a := range mostFirst(numbered(architectures)) {
			parts = append(parts, shell.Line(a))
		}
	}
	return strings.Join(parts, ", ")
}

func numbered(values map[string]bool) map[string]int {
	all := make(map[string]int)
	for value := range values {
		if value != "" {
			all[value] = 1
		}
	}
	return all
}

// outcomeMark returns the mark of a variant at a revision.
func outcomeMark(o verdict.Outcome, after bool, change verdicts.Change) template.HTML {
	switch o {
	case verdict.Passed:
		if after && change == verdicts.Mended {
			return shell.Marked(verdict.Fixed, "PASS")
		}
		return shell.Marked(verdict.OK, "PASS")
	case verdict.Failed:
		if after && change == verdicts.Regressed {
			return shell.Marked(verdict.New, "FAIL")
		}
		return shell.Marked(verdict.Still, "FAIL")
	}
	return shell.Marked(verdict.Flaky, "PASS AND FAIL")
}

// absences are results that only one revision has.
type absences struct {
	N    int64
	Rows []absence
	Left int64 // results that the rows leave out
}

// absence is a number of results of a board, a group of tests or a configuration.
type absence struct {
	N    int64
	Name string
	URL  string
	Of   string // "builds", or "" for tests
}

// maxAbsences is how many rows a list of absences has.
const maxAbsences = 20

// absences returns the results that only one of the revisions has. Each row is the board or
// the group with most of the results that are not in a row yet: a board that did not run is
// a row, and so is a test that is new on all boards.
func (c *comparison) absences(after bool) (all absences) {
	var left []verdicts.Absence
	for _, a := range c.Absences {
		if a.After == after {
			left = append(left, a)
			all.N += a.N
		}
	}
	for len(left) > 0 && len(all.Rows) < maxAbsences {
		type key struct {
			board  bool
			builds bool
			name   string
		}
		sums := make(map[key]int64)
		keysOf := func(a verdicts.Absence) []key {
			keys := []key{{false, a.Builds, a.Group}}
			if a.Platform != "" {
				keys = append(keys, key{true, false, a.Platform})
			}
			return keys
		}
		var most key
		for _, a := range left {
			for _, k := range keysOf(a) {
				sums[k] += a.N
			}
		}
		for k, n := range sums {
			if best := sums[most]; n > best || n == best && (most.board && !k.board || most.board == k.board && k.name < most.name) {
				most = k
			}
		}
		all.Rows = append(all.Rows, c.absence(most.board, most.builds, most.name, sums[most]))
		left = slices.DeleteFunc(left, func(a verdicts.Absence) bool { return slices.Contains(keysOf(a), most) })
	}
	for _, a := range left {
		all.Left += a.N
	}
	return all
}

func (c *comparison) absence(board, builds bool, name string, n int64) absence {
	switch {
	case board:
		return absence{n, name, shell.HardwareURL(name), ""}
	case builds:
		return absence{N: n, Name: named(name), Of: "builds"}
	}
	return absence{n, named(name), shell.GridURL(c.After.Tree, c.After.Branch, name), ""}
}

// SPDX-License-Identifier: Apache-2.0

package result

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

// worstFirst orders results for lists: the worst first, then by names.
func worstFirst(a, b run) int {
	return cmp.Or(cmp.Compare(a.Kind.Rank(), b.Kind.Rank()), strings.Compare(a.Platform, b.Platform), strings.Compare(a.ConfigName, b.ConfigName),
		strings.Compare(a.Compiler, b.Compiler), strings.Compare(a.Architecture, b.Architecture), cmp.Compare(b.Start, a.Start), strings.Compare(a.ID, b.ID))
}

// answer is the line that answers first: the verdict, its reason, and what qualifies it.
type answer struct {
	Kind   verdict.Kind  // "" if nothing judged the result
	Status report.Status // shown if Kind is ""
	Reason string
	// Good and Bad are the revisions that a new failure, or a fix, is between.
	Good, Bad *verdicts.Revision
	Compare   string // the URL that compares them
	// Still is a sentence if the result fails for as long as the page looks back.
	Still string
	// Alike is how many other variants have the same verdict by the same cause.
	Alike  int
	Issues []shell.Link
	// Boot is the boot of the board that failed at the revision, if a lab failed; or nil.
	Boot *verdicts.Result
}

// Fails reports whether the result is a failure for which an issue could be recorded.
func (a *answer) Fails() bool {
	switch a.Kind {
	case verdict.New, verdict.Still, verdict.Flaky:
		return true
	case "", shell.Wait:
		return verdict.OutcomeOf(a.Status, false) == verdict.Failed
	}
	return false
}

// Class returns the class of the line.
func (a *answer) Class() verdict.Kind {
	switch {
	case a.Kind != "":
		return a.Kind
	case a.Status == report.StatusFail || a.Status == report.StatusError:
		return verdict.Still
	case a.Status == report.StatusMiss:
		return verdict.Lab
	case a.Status == report.StatusPass || a.Status == report.StatusDone:
		return verdict.OK
	}
	return verdict.Skip
}

// Word returns the word that begins the title of the page.
func (a *answer) Word() string {
	switch {
	case a.Kind == shell.Wait || a.Kind == "" && a.Status != "":
		return string(a.Status)
	case a.Kind == "":
		return "NO STATUS"
	}
	return a.Kind.Word()
}

// answerOf returns the answer of a result. log may have no fault, and the reason of the
// harness may be "".
func answerOf(st *standing, status report.Status, log *shell.Log, reason string, issues []*graph.SeenVersion) *answer {
	a := &answer{Kind: st.Own.Kind, Status: status, Issues: issueLinks(issues)}
	fault := faultOf(log, reason)
	earlier := st.earlier()
	switch a.Kind {
	case verdict.New:
		passes := 0
		for passes < len(earlier) && earlier[passes].outcome() == verdict.Passed {
			passes++
		}
		a.Reason = "First failure" + after(passes) + fault
		a.between(earlier, verdict.Passed, &st.Here)
	case verdict.Still:
		a.stillFails(st, earlier, fault)
	case verdict.Fixed:
		a.Reason = "Passes again."
		a.between(earlier, verdict.Failed, &st.Here)
	case verdict.Flaky:
		a.Reason = st.flaky() + fault
	case verdict.Known:
		a.Reason = "Fails by a known issue" + fault
	case verdict.Lab:
		a.Reason = "Says nothing about the kernel, because the harness failed" + faultOf(nil, reason)
		a.Boot = st.Boot
	case verdict.OK:
		a.Reason = "Passes" + asBefore(earlier) + "."
	case verdict.Skip:
		a.Reason = "Says nothing: " + map[bool]string{true: "it was skipped.", false: "it has no status yet."}[status == report.StatusSkip]
	default:
		a.Reason = plain[status] + fault
	}
	for i := range st.Runs {
		if r := &st.Runs[i]; r.ID != st.Own.ID && r.Cause != 0 && r.Cause == st.Own.Cause && r.outcome() != verdict.Passed {
			a.Alike++
		}
	}
	a.Reason = verdict.Short(a.Reason)
	return a
}

// issueLinks returns links to issues, each once.
func issueLinks(issues []*graph.SeenVersion) (all []shell.Link) {
	for _, seen := range issues {
		link := shell.Link{Text: cmp.Or(seen.Subject(), seen.Remark(), seen.ID), URL: shell.IssueVersionURL(seen.ID, seen.Version)}
		if !slices.Contains(all, link) {
			all = append(all, link)
		}
	}
	return all
}

// plain are the sentences of results that nothing judged.
var plain = map[report.Status]string{
	report.StatusFail: "Fails", report.StatusError: "Broke off", report.StatusMiss: "Is missing, because the harness failed",
	report.StatusPass: "Passes", report.StatusDone: "Is done", report.StatusSkip: "Was skipped", "": "Has no status yet",
}

// faultOf returns the end of a sentence: why it failed.
func faultOf(log *shell.Log, reason string) string {
	switch {
	case log != nil && log.Title != "":
		return ": " + shell.Line(log.Title) + "."
	case log != nil && log.FaultLine() != "":
		return ": " + shell.Line(log.FaultLine())
	case reason != "":
		return ": " + shell.Line(reason)
	}
	return "."
}

func after(passes int) string {
	if passes == 0 {
		return ""
	}
	return " after " + shell.Plural(int64(passes), "revision") + " where it passed"
}

// asBefore says at how many of the earlier revisions it passed without interruption.
func asBefore(earlier []*column) string {
	n := 0
	for n < len(earlier) && earlier[n].outcome() == verdict.Passed {
		n++
	}
	switch {
	case n == 0:
		return ""
	case n == len(earlier):
		return fmt.Sprintf(", as at all %d revisions before that tested it", n)
	}
	return ", as at the last " + shell.Plural(int64(n), "revision") + " before that tested it"
}

// between sets the revisions that the change is between.
func (a *answer) between(earlier []*column, before verdict.Outcome, here *verdicts.Revision) {
	if len(earlier) > 0 && earlier[0].outcome() == before {
		a.Good, a.Bad = &earlier[0].Revision, here
		if before == verdict.Failed {
			a.Good, a.Bad = a.Bad, a.Good
		}
		a.Compare = shell.CompareOf(&earlier[0].Revision, here)
	}
}

// nameOf returns the name of a revision, and names its patches.
func nameOf(r *verdicts.Revision) string {
	if r.PatchsetHash != "" {
		return r.Name() + " with patches"
	}
	return r.Name()
}

// GoodName returns the name of the revision where it passed.
func (a *answer) GoodName() string { return nameOf(a.Good) }

// BadName returns the name of the revision where it failed.
func (a *answer) BadName() string { return nameOf(a.Bad) }

// stillFails says since when it fails, and finds the revision before that.
func (a *answer) stillFails(st *standing, earlier []*column, fault string) {
	a.Reason = "Still fails" + fault
	if since := st.Own.Since; since.Name != "" {
		a.Reason = "Fails since " + shell.Line(since.Name)
		if age := shell.Age(st.Here.Start, since.Start); age != "" && since.Revision != st.Here.Key {
			a.Reason += ", for " + age
		}
		a.Reason += fault
	}
	first := &st.Here
	for _, c := range earlier {
		if c.outcome() == verdict.Passed {
			a.Good, a.Bad, a.Compare = &c.Revision, first, shell.CompareOf(&c.Revision, first)
			return
		}
		first = &c.Revision
	}
	a.Still = "No earlier revision is known here where it passed."
}

// flaky says how many of the variant's results at the revision pass.
func (st *standing) flaky() string {
	i := st.own()
	if i < 0 {
		return "Passes and fails at this revision"
	}
	c := &st.Columns[i]
	passed := 0
	for j := range c.Runs {
		if c.Runs[j].outcome() == verdict.Passed {
			passed++
		}
	}
	return fmt.Sprintf("Passes in %d of %d results at this revision", passed, len(c.Runs))
}

// reasons are the facts that the verdict rests on, for the part "Why".
func (st *standing) reasons(a *answer) (all []reason) {
	add := func(name, text string) { all = append(all, reason{name, text}) }
	earlier := st.earlier()
	passed, failed := 0, 0
	for _, c := range earlier {
		switch c.outcome() {
		case verdict.Passed:
			passed++
		case verdict.Failed:
			failed++
		}
	}
	switch n := len(earlier); {
	case st.own() < 0:
	case n == 0:
		add("before", "no earlier revision that is shown here has a pass or a failure")
	default:
		add("before", fmt.Sprintf("passed at %d and failed at %d of the %s that tested it", passed, failed, shell.Plural(int64(n), "earlier revision")))
	}
	good, bad, lab := 0, 0, 0
	for i := range st.Runs {
		switch r := &st.Runs[i]; {
		case r.ID == st.Own.ID:
		case r.outcome() == verdict.Passed:
			good++
		case r.outcome() == verdict.Failed:
			bad++
		case r.outcome() == verdict.LabTrouble:
			lab++
		}
	}
	if good+bad+lab > 0 {
		add("elsewhere", fmt.Sprintf("%s pass, %d fail, and %d say nothing at this revision", shell.Plural(int64(good), "other result"), bad, lab))
	}
	if a.Alike > 0 {
		add("cause", shell.Plural(int64(a.Alike), "other result")+" of it with the same cause")
	}
	if len(a.Issues) == 0 && a.Fails() {
		add("issue", "none is recorded for it")
	}
	return all
}

// reason is a fact behind a verdict.
type reason struct{ Name, Text string }

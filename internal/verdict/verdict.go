// SPDX-License-Identifier: Apache-2.0

// Package verdict decides whether a result is new, known or nothing to worry about.
//
// A variant is a test or a build under the same conditions: a test by path, platform,
// architecture, configuration and compiler; a build by the last three. Judge gives a
// variant at a revision one verdict, from its results there and from its outcome at the
// newest earlier revision that has a conclusive one. Pages, mails and the API all ask
// Judge, so they agree.
//
// The package is pure: it reads no database.
package verdict

import "github.com/kcidb-go/kcidb/report"

// Kind is a verdict. The zero Kind is the verdict of a variant that was not run.
type Kind string

// The verdicts.
const (
	New   Kind = "new"   // fails, and passed at the newest earlier conclusive revision
	Still Kind = "still" // fails, and did not pass there; or no earlier revision is conclusive
	Fixed Kind = "fixed" // passes, and failed there
	Flaky Kind = "flaky" // passes and fails at the same revision
	Known Kind = "known" // fails with an issue that was reported for it
	Lab   Kind = "lab"   // says nothing about the kernel, because the harness failed
	Skip  Kind = "skip"  // says nothing: skipped, or without a status
	OK    Kind = "ok"    // passes
)

// Kinds are the verdicts, worst first: the order of a grid.
var Kinds = []Kind{New, Still, Fixed, Flaky, Known, Lab, Skip, OK}

// Failing are the verdicts of variants that fail, now and then at least, worst first.
var Failing = []Kind{New, Still, Flaky, Known}

// forms are the texts of a verdict, by Kind.
var forms = map[Kind]struct{ letter, word, phrase string }{
	New: {"N", "NEW", "new"}, Still: {"S", "STILL", "still failing"}, Fixed: {"+", "FIXED", "fixed"}, Flaky: {"~", "FLAKY", "flaky"},
	Known: {"K", "KNOWN", "known"}, Lab: {"L", "LAB", "lab trouble"}, Skip: {"–", "SKIPPED", "skipped"}, OK: {"·", "OK", "pass"},
}

// Letter returns the letter of the verdict in a grid, "" if the variant was not run.
func (k Kind) Letter() string { return forms[k].letter }

// Word returns the verdict in capitals, "" if the variant was not run.
func (k Kind) Word() string { return forms[k].word }

// Phrase returns the verdict as words behind a number of results, such as "still failing"; ""
// if the variant was not run.
func (k Kind) Phrase() string { return forms[k].phrase }

// Valid reports whether k is one of Kinds.
func (k Kind) Valid() bool { return forms[k].word != "" }

// Rank returns the index of the verdict in Kinds, len(Kinds) if it is not one of them.
func (k Kind) Rank() int {
	for i, kind := range Kinds {
		if k == kind {
			return i
		}
	}
	return len(Kinds)
}

// Counts are numbers of results by verdict.
type Counts map[Kind]int64

// Worst returns the worst verdict that has results, "" if there are no results.
func (c Counts) Worst() Kind {
	for _, k := range Kinds {
		if c[k] > 0 {
			return k
		}
	}
	return ""
}

// Overall returns the verdict on the revision or board that has the results: the worst, but
// skipped results beside passed ones do not count.
func (c Counts) Overall() Kind {
	if worst := c.Worst(); worst != Skip || c[OK] == 0 {
		return worst
	}
	return OK
}

// Total returns the number of all results.
func (c Counts) Total() (n int64) {
	for _, of := range c {
		n += of
	}
	return n
}

// Add adds other numbers to c.
func (c Counts) Add(other Counts) {
	for k, n := range other {
		c[k] += n
	}
}

// Outcome is the meaning of one result, or of all results of a variant at a revision.
type Outcome int

// The outcomes. Passed, Failed and Mixed are conclusive.
const (
	Nothing    Outcome = iota // no result, or only skipped ones
	Passed                    // passed, and did not fail
	Failed                    // failed, and did not pass
	Mixed                     // passed and failed
	LabTrouble                // the harness failed
)

// Conclusive reports whether the outcome says something about the kernel.
func (o Outcome) Conclusive() bool { return o == Passed || o == Failed || o == Mixed }

// And returns the outcome of a variant that has results with both outcomes.
func (o Outcome) And(other Outcome) Outcome {
	switch {
	case o == other || !other.Conclusive() && (o.Conclusive() || o == LabTrouble):
		return o
	case !o.Conclusive():
		return other
	}
	return Mixed
}

// OutcomeOf returns the outcome of a result. harnessError is true if the origin reports
// an error of the system that ran the test or build.
func OutcomeOf(status report.Status, harnessError bool) Outcome {
	switch status {
	case report.StatusPass, report.StatusDone:
		return Passed
	case report.StatusFail:
		return Failed
	case report.StatusMiss:
		return LabTrouble
	case report.StatusError:
		if harnessError {
			return LabTrouble
		}
		return Failed
	}
	return Nothing
}

// Result is a result of a variant.
type Result struct {
	Status       report.Status
	HarnessError bool // the origin reports an error of the system that ran it
	Issue        bool // an issue was seen in it
}

// Outcome returns the outcome of the result.
func (r Result) Outcome() Outcome { return OutcomeOf(r.Status, r.HarnessError) }

// Judge returns the verdict of a variant at a revision from all its results there.
// earlier is the outcome of the variant at the newest earlier revision of the branch
// where it is conclusive, Nothing if there is no such revision. The order of the results
// does not matter. Without results the verdict is "".
func Judge(results []Result, earlier Outcome) Kind {
	if len(results) == 0 {
		return ""
	}
	var all Outcome
	known := false
	for _, r := range results {
		outcome := r.Outcome()
		all = all.And(outcome)
		known = known || r.Issue && outcome == Failed
	}
	switch {
	case known:
		return Known
	case all == Mixed:
		return Flaky
	case all == Failed && earlier == Passed:
		return New
	case all == Failed:
		return Still
	case all == Passed && earlier == Failed:
		return Fixed
	case all == Passed:
		return OK
	case all == LabTrouble:
		return Lab
	}
	return Skip
}

// Of returns the verdict of a single result of a variant that has the verdict k. Results
// are counted by it: a failure counts as the variant does, and a pass only if the variant
// is fixed or flaky. Trouble of a lab beside a conclusive result says nothing.
func (k Kind) Of(o Outcome) Kind {
	switch {
	case o == Failed:
		return k
	case o == Passed && (k == Fixed || k == Flaky):
		return k
	case o == Passed:
		return OK
	case o == LabTrouble && k == Lab:
		return Lab
	}
	return Skip
}

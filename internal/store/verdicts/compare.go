// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// A comparison of two revisions reads what did not pass at either of them. Of the tests
// that passed it reads those of the variants that failed at the other revision; the others
// are compared by their numbers in groups of equal conditions. So it takes as long as there
// are failures, and not as there are results.

// maxCompared limits the results that did not pass which a comparison reads.
const maxCompared = 5_000

// Comparison is what differs between two revisions.
type Comparison struct {
	Differences []Difference // of the variants that failed at either revision and are conclusive at both
	More        bool         // one of the revisions has more failures than a comparison reads
	// Counted is false if the filter has a path of several components: then there are no
	// overlaps and no absences, because no counts have the paths.
	Counted  bool
	Overlaps map[rollup.Kind]Overlap
	Absences []Absence // those with most results first
	// Moved are the numbers that tests measured at both revisions and that differ by more
	// than 3 %: the greatest changes first. Measured is how many were compared.
	Moved    []Moved
	Measured int
}

// Change is how a variant changed from a revision to another.
type Change string

// The changes.
const (
	Regressed    Change = "regressed"     // passed, and fails
	Mended       Change = "fixed"         // failed, and passes
	StillFailing Change = "still failing" // fails at both
	Unsteady     Change = "flaky"         // fails at one of them now and then
)

// Difference is a variant that failed at either revision. Its result is that of the
// revision where it failed: the later one, if it failed at both.
type Difference struct {
	Change Change
	Result
	Results       int64           // of the variant at that revision
	Before, After verdict.Outcome // at the revisions
}

// Overlap says how much of two revisions can be compared, in numbers of results.
type Overlap struct {
	StillPassing, OnlyBefore, OnlyAfter int64
	// CannotTell is the number of results that say nothing at one of the revisions: they
	// were skipped, or lost by a lab.
	CannotTell int64
}

// Absence is a number of results of a group on a platform that only one of the revisions
// has.
type Absence struct {
	After           bool // only the later revision has them
	Group, Platform string
	Builds          bool // they are builds, and the group is their configuration
	N               int64
}

// Compare compares two revisions, the earlier one first, as far as a filter selects their
// results. It reads the kinds, the path and the properties of the filter.
func (db *DB) Compare(ctx context.Context, before, after *Revision, filter ResultsOf) (c *Comparison, err error) {
	c = &Comparison{Overlaps: make(map[rollup.Kind]Overlap), Counted: !strings.ContainsAny(strings.Join(filter.Path, ""), ".*")}
	w := &comparing{Comparison: c, db: db, revisions: []*Revision{before, after}, filter: filter, variants: make(map[variant]*[2]side)}
	if err := w.readFailures(ctx); err != nil {
		return nil, err
	}
	err = db.View(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		w.reader = reader{Tx: tx, Dialect: db.Dialect}
		for _, step := range []func(context.Context) error{w.readBuilds, w.readPassed, w.readNumbers, w.readOverlaps} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	w.findDifferences()
	return c, db.Failure(ctx, "compare revisions", err)
}

// comparing is the work of a comparison.
type comparing struct {
	reader
	*Comparison
	db        *DB
	revisions []*Revision
	filter    ResultsOf
	variants  map[variant]*[2]side
	all       []build
	at        map[string][]int // the revisions of a build
}

// side is a variant at a revision.
type side struct {
	outcome verdict.Outcome
	results int64
	worst   Result
}

// readFailures reads the results that did not simply pass.
func (w *comparing) readFailures(ctx context.Context) error {
	of, keys := w.filter, []int64{w.revisions[0].Key, w.revisions[1].Key}
	of.N = maxCompared + 1
	results, err := w.db.resultsIn(ctx, keys, of)
	if len(results) > maxCompared {
		w.More, results = true, results[:maxCompared]
	}
	for _, result := range results {
		for i, key := range keys {
			if result.Revision == key {
				w.fail(i, result)
			}
		}
	}
	return err
}

// fail adds a result that did not simply pass.
func (w *comparing) fail(i int, result Result) {
	s := w.side(i, variantOf(&result))
	if s.outcome == verdict.Nothing {
		s.worst = result
	}
	s.results++
	s.outcome = s.outcome.And(outcomeOf(&result))
}

// side returns a variant at one of the revisions.
func (w *comparing) side(i int, v variant) *side {
	if w.variants[v] == nil {
		w.variants[v] = new([2]side)
	}
	return &w.variants[v][i]
}

func variantOf(r *Result) variant {
	return variant{r.Kind, r.Path, r.Platform, built{r.Architecture, r.Config, r.Compiler}}
}

// outcomeOf returns the outcome of a result with a verdict. A result that is flaky may have
// passed.
func outcomeOf(r *Result) verdict.Outcome {
	return verdict.OutcomeOf(r.Status, r.Verdict == verdict.Lab)
}

// readBuilds reads the builds of both revisions.
func (w *comparing) readBuilds(ctx context.Context) error {
	commits := make(map[string][]string) // by patches
	for _, r := range w.revisions {
		commits[r.PatchsetHash] = append(commits[r.PatchsetHash], r.CommitHash)
	}
	w.at = make(map[string][]int)
	for patchset, hashes := range commits {
		builds, err := w.builds(ctx, hashes, patchset)
		if err != nil {
			return err
		}
		for i, r := range w.revisions {
			if r.PatchsetHash == patchset {
				w.addBuilds(i, builds[r.CommitHash])
			}
		}
	}
	return nil
}

// addBuilds adds the builds of a revision.
func (w *comparing) addBuilds(i int, builds []build) {
	for _, b := range builds {
		if len(w.at[b.id]) == 0 {
			w.all = append(w.all, b)
		}
		w.at[b.id] = append(w.at[b.id], i)
	}
}

// readPassed finds out which of the variants that failed at one of the revisions passed at
// the other.
func (w *comparing) readPassed(ctx context.Context) error {
	wanted := make(map[variant]bool)
	for v, of := range w.variants {
		if of[0].outcome.Conclusive() != of[1].outcome.Conclusive() {
			wanted[v] = true
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	for _, b := range w.all {
		if s := b.single(); wanted[s.variant] && s.outcome == verdict.Passed && !rollup.IsDummy(b.id) {
			w.pass(b.id, s.variant)
		}
	}
	passed, err := w.passed(ctx, w.all, wanted, outcomeOnly)
	for _, s := range passed {
		w.pass(s.buildID, s.variant)
	}
	return err
}

// pass adds a result of a build that passed.
func (w *comparing) pass(build string, v variant) {
	for _, i := range w.at[build] {
		s := w.side(i, v)
		s.outcome = s.outcome.And(verdict.Passed)
		s.results++
	}
}

// findDifferences puts the variants in order: by change, path and conditions.
func (w *comparing) findDifferences() {
	for _, of := range w.variants {
		d := Difference{Before: of[0].outcome, After: of[1].outcome}
		if d.Change = changeOf(d.Before, d.After); d.Change == "" {
			continue
		}
		failed := of[1]
		if d.After == verdict.Passed {
			failed = of[0]
		}
		d.Result, d.Results = failed.worst, failed.results
		w.Differences = append(w.Differences, d)
	}
	slices.SortFunc(w.Differences, func(a, b Difference) int {
		return cmp.Or(strings.Compare(string(a.Change), string(b.Change)), strings.Compare(a.Path, b.Path), strings.Compare(a.Platform, b.Platform),
			strings.Compare(a.Config, b.Config), strings.Compare(a.Architecture, b.Architecture), strings.Compare(a.Compiler, b.Compiler),
			strings.Compare(string(a.Kind), string(b.Kind)))
	})
}

// changeOf returns the change between two outcomes, "" unless a variant failed and both
// outcomes are conclusive.
func changeOf(before, after verdict.Outcome) Change {
	switch {
	case !before.Conclusive() || !after.Conclusive() || before == verdict.Passed && after == verdict.Passed:
		return ""
	case before == verdict.Passed && after == verdict.Failed:
		return Regressed
	case before == verdict.Failed && after == verdict.Passed:
		return Mended
	case before == verdict.Failed && after == verdict.Failed:
		return StillFailing
	}
	return Unsteady
}

// readOverlaps compares the numbers of results under equal conditions. Groups that only one
// revision has, and those with more results there, are absences.
func (w *comparing) readOverlaps(ctx context.Context) error {
	if !w.Counted {
		return nil
	}
	counted, args := w.db.countedResults(w.revisions, &w.filter)
	sum := func(place int, condition string) string {
		return fmt.Sprintf("CAST(coalesce(sum(CASE WHEN place = %d%s THEN n END), 0) AS bigint)", place, condition)
	}
	const passed, conclusive = " AND status IN ('PASS', 'DONE')", " AND status IN ('PASS', 'DONE', 'FAIL', 'ERROR')"
	least := func(a, b string) string { return "CASE WHEN " + a + " < " + b + " THEN " + a + " ELSE " + b + " END" }
	most := func(a, b string) string { return "CASE WHEN " + a + " > " + b + " THEN " + a + " ELSE " + b + " END" }
	query := counted + `, cells AS MATERIALIZED (
			SELECT kind, suite, platform, architecture, config_name, compiler,
				` + sum(0, "") + ` AS a, ` + sum(1, "") + ` AS b,
				` + sum(0, passed) + ` AS passed_a, ` + sum(1, passed) + ` AS passed_b,
				` + sum(0, conclusive) + ` AS told_a, ` + sum(1, conclusive) + ` AS told_b
			FROM t
			GROUP BY kind, suite, platform, architecture, config_name, compiler
		)
		SELECT kind, '', '', 0, CAST(sum(` + least("passed_a", "passed_b") + `) AS bigint),
			CAST(sum(CASE WHEN a > b THEN a - b ELSE 0 END) AS bigint), CAST(sum(CASE WHEN b > a THEN b - a ELSE 0 END) AS bigint),
			CAST(sum(` + least(least("a", "b"), most("a - told_a", "b - told_b")) + `) AS bigint)
		FROM cells GROUP BY kind
		UNION ALL
		SELECT kind, ` + groupOfCell + `, platform, 1, 0, CAST(sum(CASE WHEN a > b THEN a - b ELSE 0 END) AS bigint),
			CAST(sum(CASE WHEN b > a THEN b - a ELSE 0 END) AS bigint), 0
		FROM cells WHERE a <> b GROUP BY kind, ` + groupOfCell + `, platform`
	var kind rollup.Kind
	var group, platform string
	var absence int
	var o Overlap
	into := []any{(*string)(&kind), &group, &platform, &absence, &o.StillPassing, &o.OnlyBefore, &o.OnlyAfter, &o.CannotTell}
	err := sqldb.Read(ctx, w.Tx, query, args, into, func() error {
		if absence == 0 {
			w.Overlaps[kind] = o
			return nil
		}
		for after, n := range []int64{o.OnlyBefore, o.OnlyAfter} {
			if n > 0 {
				w.Absences = append(w.Absences, Absence{after == 1, group, platform, kind == rollup.Builds, n})
			}
		}
		return nil
	})
	slices.SortFunc(w.Absences, func(a, b Absence) int {
		return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Group, b.Group), strings.Compare(a.Platform, b.Platform))
	})
	return err
}

// groupOfCell is the expression of the group of results: the configuration of builds.
const groupOfCell = "CASE WHEN kind = 'build' THEN config_name ELSE suite END"

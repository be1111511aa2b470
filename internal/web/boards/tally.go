// SPDX-License-Identifier: Apache-2.0

package boards

import (
	"cmp"

	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// Tally adds up results by verdict. Only results that are not simply OK or skipped have a
// verdict of their own in the database; the others follow from the numbers by status.
type Tally struct {
	judged                       verdict.Counts
	judgedPassed, judgedFailed   int64 // of judged, by status
	passed, failed, inconclusive int64 // of all results, judged or not
}

// Add adds n results with a verdict, of which some passed and some failed.
func (t *Tally) Add(k verdict.Kind, n, passed, failed int64) {
	if t.judged == nil {
		t.judged = make(verdict.Counts)
	}
	t.judged[k] += n
	t.judgedPassed += passed
	t.judgedFailed += failed
}

// AddStatus adds n results with a status, judged or not.
func (t *Tally) AddStatus(s report.Status, n int64) {
	switch {
	case verdict.OutcomeOf(s, false) == verdict.Passed:
		t.passed += n
	case s == report.StatusFail:
		t.failed += n
	default:
		t.inconclusive += n
	}
}

// Counts returns the numbers by verdict. Failures that are not judged yet, or that are too
// many to be kept, are still failing: nothing says that they are new.
func (t *Tally) Counts() verdict.Counts {
	all := make(verdict.Counts)
	all.Add(t.judged)
	lost := t.judged.Total() - t.judgedPassed - t.judgedFailed
	for k, n := range map[verdict.Kind]int64{
		verdict.Still: t.failed - t.judgedFailed, verdict.OK: t.passed - t.judgedPassed, verdict.Skip: t.inconclusive - lost,
	} {
		if n > 0 {
			all[k] += n
		}
	}
	return all
}

// CompareCounts orders the worse counts first. Fixed results, trouble of labs and what
// passes do not matter.
func CompareCounts(a, b verdict.Counts) int {
	for _, k := range verdict.Failing {
		if c := cmp.Compare(b[k], a[k]); c != 0 {
			return c
		}
	}
	return 0
}

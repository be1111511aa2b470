// SPDX-License-Identifier: Apache-2.0

package summary

import (
	"slices"

	"github.com/kcidb-go/kcidb/report"
)

// Statuses are all statuses, worst first; the last, "", stands for none.
var Statuses = []report.Status{
	report.StatusFail, report.StatusError, report.StatusMiss, report.StatusPass, report.StatusDone, report.StatusSkip, "",
}

// badness is the place of a status in Statuses; what is none comes last.
func badness(s report.Status) int {
	if i := slices.Index(Statuses, s); i >= 0 {
		return i
	}
	return len(Statuses)
}

// Worse tells whether a is worse than b, and not the same.
func Worse(a, b report.Status) bool { return badness(a) < badness(b) }

// Worst returns the worse of two statuses: what two together come to. "" leaves
// the other as it is.
func Worst(a, b report.Status) report.Status {
	if Worse(b, a) {
		return b
	}
	return a
}

// WorstValid returns what two checkouts together come to: invalid if one is,
// else valid if one is, else unknown, nil.
func WorstValid(a, b *bool) *bool {
	if a == nil || b != nil && !*b {
		return b
	}
	return a
}

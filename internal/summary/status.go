// SPDX-License-Identifier: Apache-2.0

package summary

import (
	"slices"

	"github.com/kcidb-go/kcidb/report"
)

// Statuses are all statuses, worst first. The last, "", is that of objects without a
// status.
var Statuses = []report.Status{
	report.StatusFail, report.StatusError, report.StatusMiss, report.StatusPass, report.StatusDone, report.StatusSkip, "",
}

// badness is the place of a status in Statuses. An unknown status comes last.
func badness(s report.Status) int {
	if i := slices.Index(Statuses, s); i >= 0 {
		return i
	}
	return len(Statuses)
}

// Worse reports whether a is worse than b.
func Worse(a, b report.Status) bool { return badness(a) < badness(b) }

// Worst returns the worse of two statuses. "" never is the worse one.
func Worst(a, b report.Status) report.Status {
	if Worse(b, a) {
		return b
	}
	return a
}

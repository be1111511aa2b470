// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// Sums sums up the builds and tests of a revision or a checkout.
func (d *Data) Sums() (string, error) {
	all, err := checkouts(d.Object)
	if err != nil {
		return "", err
	}
	validity := summary.Counts{}
	for _, c := range all {
		validity[c.Validity()]++
	}
	builds, tests, err := results(d.Object)
	if err != nil {
		return "", err
	}
	tested, err := tests.Counts()
	if err != nil {
		return "", err
	}
	var parts []string
	if n := validity[report.StatusFail]; n > 0 && len(all) == 1 {
		parts = append(parts, "checking out or patching failed")
	} else if n > 0 {
		parts = append(parts, sum(validity, "checkout"))
	}
	for _, of := range []struct {
		counts summary.Counts
		noun   string
	}{{tested, "test"}, {builds.Counts(), "build"}} {
		if of.counts.Total() > 0 {
			parts = append(parts, sum(of.counts, of.noun))
		}
	}
	if len(parts) == 0 {
		parts = []string{"no builds or tests yet"}
	}
	if builds.Counts().Status() == "" && tested.Status() == "" && validity[report.StatusPass] > 0 {
		parts = slices.Insert(parts, 0, "checked out") // says what passed, because no build or test did
	}
	if strings.Contains(strings.Join(parts, ""), ", ") {
		return strings.Join(parts, "; "), nil
	}
	return strings.Join(parts, ", "), nil
}

// verbs are the verbs for one result and for several results with a status.
var verbs = map[report.Status][2]string{
	report.StatusFail:  {"fails", "fail"},
	report.StatusError: {"aborted", "aborted"},
	report.StatusMiss:  {"is missing", "are missing"},
	report.StatusPass:  {"passes", "pass"},
	report.StatusDone:  {"is done", "are done"},
	report.StatusSkip:  {"was skipped", "were skipped"},
	"":                 {"has no result", "have no result"},
}

// sum sums up counts: the bad results, or else the best status.
func sum(c summary.Counts, noun string) string {
	var parts []string
	for _, status := range summary.Statuses {
		n := c[status]
		if n == 0 || len(parts) > 0 && graph.Bad(summary.Counts{status: n}) == 0 {
			continue
		}
		verb := verbs[status][min(n-1, 1)]
		switch total := c.Total(); {
		case len(parts) > 0:
			parts = append(parts, verdict.Number(n)+" "+verb)
		case total == 1:
			parts = append(parts, plural(n, noun)+" "+verb)
		case n == 2 && total == 2:
			parts = append(parts, "both "+noun+"s "+verb)
		case n == total:
			parts = append(parts, "all "+plural(n, noun)+" "+verb)
		default:
			parts = append(parts, verdict.Number(n)+" of "+plural(total, noun)+" "+verb)
		}
	}
	return strings.Join(parts, ", ")
}

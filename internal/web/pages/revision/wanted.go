// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

// perPage is how many results a page lists.
const perPage = 50

// kinds are the kinds of results, in the order of the pages.
var kinds = []rollup.Kind{rollup.Builds, rollup.Boots, rollup.Tests}

// statuses are the statuses of results.
var statuses = []report.Status{report.StatusFail, report.StatusError, report.StatusMiss, report.StatusPass, report.StatusDone, report.StatusSkip}

// wantedBy returns the results that a filter selects from a revision; nil if it has no
// parameter that selects results.
func wantedBy(f shell.Filter, revision int64) (*verdicts.ResultsOf, error) {
	if !f.Has(filterParams...) {
		return nil, nil
	}
	of := &verdicts.ResultsOf{
		Revision: revision, Path: f.All("path"), After: f.Get("after"),
		Selection: f.Selection(), Issue: f.All("issue"), Status: f.All("status"),
	}
	var err error
	if of.Verdicts, err = among(f, "verdict", verdict.Kinds, "a verdict: new, still, fixed, flaky, known, lab, skip or ok"); err != nil {
		return nil, err
	}
	if of.Kinds, err = among(f, "kind", kinds, "a kind of results: build, boot or test"); err != nil {
		return nil, err
	}
	if text := f.Get("cause"); text != "" {
		if of.Cause, err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil, shell.BadValue("cause", text, "the number of a cause, as the links of a revision have it")
		}
	}
	if _, err = among(f, "status", statuses, "a status: FAIL, ERROR, MISS, PASS, DONE or SKIP"); err != nil {
		return nil, err
	}
	return of, nil
}

// wantsUnremarkable reports whether the filter selects results that pass or were skipped,
// too: only other results have a cause, an issue, or one of the other verdicts.
func wantsUnremarkable(of *verdicts.ResultsOf) bool {
	return of.Cause == 0 && len(of.Issue) == 0 &&
		(len(of.Verdicts) == 0 || slices.Contains(of.Verdicts, verdict.OK) || slices.Contains(of.Verdicts, verdict.Skip))
}

// readSelected counts the results that the filter selects, whatever verdict it names. It
// counts nothing for a filter that the sums cannot count: they know groups of tests, and no
// deeper paths, statuses, issues and causes.
func (p *page) readSelected(ctx context.Context, db *verdicts.DB) error {
	deep := func(path string) bool { return strings.ContainsAny(path, ".*") }
	if p.filter.Has("cause", "issue", "status") || slices.ContainsFunc(p.filter.All("path"), deep) {
		return nil
	}
	p.selected = make(verdict.Counts)
	wanted := func(kind rollup.Kind) bool { return len(p.wanted.Kinds) == 0 || slices.Contains(p.wanted.Kinds, kind) }
	if !p.filter.Has(comparable...) {
		for kind, counts := range p.Revision.Counts {
			if wanted(kind) {
				p.selected.Add(counts)
			}
		}
		return nil
	}
	groups, err := db.GroupsOf(ctx, []int64{p.Key}, p.wanted.Selection, "")
	for g, counts := range groups[p.Key] {
		// A build has no path.
		if wanted(g.Kind) && (!p.filter.Has("path") || g.Kind != rollup.Builds && p.filter.MatchesPath("path", g.Name)) {
			p.selected.Add(counts)
		}
	}
	return err
}

// among returns those of all values that meet a parameter; nil if the filter does not have
// the parameter.
func among[K ~string](f shell.Filter, param string, all []K, expected string) (some []K, err error) {
	for _, value := range append(f.Values(param), f.Excluded(param)...) {
		if !slices.Contains(all, K(value)) {
			return nil, shell.BadValue(param, value, expected)
		}
	}
	if !f.Has(param) {
		return nil, nil
	}
	for _, value := range all {
		if f.Matches(param, string(value)) {
			some = append(some, value)
		}
	}
	return some, nil
}

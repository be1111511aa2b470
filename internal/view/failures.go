// SPDX-License-Identifier: Apache-2.0

package view

import (
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// bad are the statuses somebody has to do something about.
var bad = []report.Status{report.StatusFail, report.StatusError, report.StatusMiss}

// Bad tells how many of some results failed, ended in an error, or did not come.
func Bad(c object.Counts) int64 {
	var n int64
	for _, status := range bad {
		n += c[status]
	}
	return n
}

// Failures are the tests that failed, ended in an error, or did not come, those
// alike in one group. Only builds that have some are read.
func (t *Tests) Failures() (*object.Groups, error) {
	if t.failures == nil {
		groups, err := t.groupFailures(nil)
		if err != nil {
			return nil, err
		}
		t.failures = groups
	}
	return t.failures, nil
}

// Unexplained are those of the Failures in which none of the issues was seen.
func (t *Tests) Unexplained(f *Findings) (*object.Groups, error) {
	if len(f.tests) == 0 {
		return t.Failures()
	}
	return t.groupFailures(f.tests)
}

// groupFailures groups the failures, without the tests that have these IDs.
func (t *Tests) groupFailures(without map[string]bool) (*object.Groups, error) {
	if err := t.read(); err != nil {
		return nil, err
	}
	var builds []string
	of := map[string]*Build{}
	for _, b := range t.builds {
		if Bad(t.tally[b.Build.ID]) > 0 {
			builds = append(builds, b.Build.ID)
			of[b.Build.ID] = b
		}
	}
	groups := &object.Groups{}
	if len(builds) == 0 {
		return groups, nil
	}
	for o, err := range t.w.store.Outcomes(t.w.ctx, builds) {
		if err != nil {
			return nil, t.w.fail(err)
		}
		if slices.Contains(bad, o.Status) && !without[o.ID] {
			b := of[o.BuildID]
			groups.Add(o.Path, o.Status, o.Platform, b.Config(), b.Architecture(), o.ID)
		}
	}
	return groups, nil
}

// Get reads some of the tests, those that are still there, all at once.
func (t *Tests) Get(ids ...string) ([]*Test, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if err := t.w.Read(store.Query{Tests: ids}); err != nil {
		return nil, err
	}
	var found []*Test
	for _, id := range ids {
		if one := t.w.Test(id); one.Known() {
			found = append(found, one)
		}
	}
	return found, nil
}

// SPDX-License-Identifier: Apache-2.0

package view

import (
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
	if t.failures != nil {
		return t.failures, nil
	}
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
	if len(builds) > 0 {
		for o, err := range t.w.store.Outcomes(t.w.ctx, builds) {
			if err != nil {
				return nil, err
			}
			if Bad(object.Counts{o.Status: 1}) > 0 {
				b := of[o.BuildID]
				groups.Add(o.Path, o.Status, o.Platform, b.Config(), b.Architecture(), o.ID)
			}
		}
	}
	t.failures = groups
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

// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/report"
)

// bad are the statuses somebody has to do something about.
var bad = []report.Status{report.StatusFail, report.StatusError, report.StatusMiss}

// Bad tells how many of some results failed, ended in an error, or did not come.
func Bad(c summary.Counts) int64 {
	var n int64
	for _, status := range bad {
		n += c[status]
	}
	return n
}

// Failures are the tests that failed, ended in an error, or did not come, those
// alike in one group. Only these are read.
func (t *Tests) Failures() (*summary.Groups, error) {
	err := t.readFailures()
	return t.failures, err
}

// Unexplained are those of the Failures in which no issue was seen.
func (t *Tests) Unexplained() (*summary.Groups, error) {
	err := t.readFailures()
	return t.unexplained, err
}

// readFailures groups the failures, of the builds that have some.
func (t *Tests) readFailures() error {
	if t.failures != nil {
		return nil
	}
	if err := t.read(); err != nil {
		return err
	}
	var builds []string
	of := map[string]*Build{}
	for _, b := range t.builds {
		if Bad(t.tally[b.Build.ID]) > 0 {
			builds = append(builds, b.Build.ID)
			of[b.Build.ID] = b
		}
	}
	all, unexplained := &summary.Groups{}, &summary.Groups{}
	if len(builds) > 0 {
		err := rollup.Of(t.g.store).Failed(t.g.ctx, builds, func(f *rollup.FailedTest) {
			b := of[f.BuildID]
			all.Add(f.Path, f.Status, f.Platform, b.Config(), b.Architecture(), f.ID)
			if !f.Known {
				unexplained.Add(f.Path, f.Status, f.Platform, b.Config(), b.Architecture(), f.ID)
			}
		})
		if err != nil {
			return t.g.fail(err)
		}
	}
	t.failures, t.unexplained = all, unexplained
	return nil
}

// Get reads some of the tests, those that are still there, all at once.
func (t *Tests) Get(ids ...string) ([]*Test, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if err := t.g.Read(store.Query{Tests: ids}); err != nil {
		return nil, err
	}
	var found []*Test
	for _, id := range ids {
		if one := t.g.Test(id); one.Known() {
			found = append(found, one)
		}
	}
	return found, nil
}

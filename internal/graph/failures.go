// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/report"
)

// bad are the statuses of results that need attention.
var bad = []report.Status{report.StatusFail, report.StatusError, report.StatusMiss}

// Bad returns the number of results with the status FAIL, ERROR or MISS.
func Bad(c summary.Counts) int64 {
	var n int64
	for _, status := range bad {
		n += c[status]
	}
	return n
}

// Failures returns groups of the tests with the status FAIL, ERROR or MISS. Only these
// tests are read.
func (t *Tests) Failures() (*summary.Groups, error) {
	err := t.readFailures()
	return t.failures, err
}

// Unexplained returns the groups of the Failures without a known issue.
func (t *Tests) Unexplained() (*summary.Groups, error) {
	err := t.readFailures()
	return t.unexplained, err
}

// readFailures reads and groups the failures. It reads only builds that have failures.
func (t *Tests) readFailures() error {
	if t.failures != nil {
		return nil
	}
	if err := t.read(); err != nil {
		return err
	}
	var builds []string
	byID := map[string]*Build{}
	for _, b := range t.builds {
		if Bad(t.tally[b.Build.ID]) > 0 {
			builds = append(builds, b.Build.ID)
			byID[b.Build.ID] = b
		}
	}
	all, unexplained := &summary.Groups{}, &summary.Groups{}
	if len(builds) > 0 {
		err := t.g.database.Failed(t.g.ctx, builds, func(f *answers.FailedTest) {
			b := byID[f.BuildID]
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

// Get returns the tests that are still in the database. It reads them in one query.
func (t *Tests) Get(ids ...string) ([]*Test, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if err := t.g.read(store.Query{Tests: ids}); err != nil {
		return nil, err
	}
	var found []*Test
	for _, id := range ids {
		if test := t.g.Test(id); test.Known() {
			found = append(found, test)
		}
	}
	return found, nil
}

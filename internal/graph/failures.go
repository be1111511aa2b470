// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/object"
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

// readFailures reads and groups the failures. It reads only builds that have failures. For
// a build that Find returned it reads those of all such builds.
func (t *Tests) readFailures() error {
	if t.failures != nil {
		return nil
	}
	if err := t.read(); err != nil {
		return err
	}
	var builds []string
	into := map[string]*Tests{}
	sets := t.withTogether()
	for _, s := range sets {
		s.failures, s.unexplained = &summary.Groups{}, &summary.Groups{}
		for _, b := range s.builds {
			if Bad(t.g.tallies[b.Build.ID]) > 0 {
				builds = append(builds, b.Build.ID)
				into[b.Build.ID] = s
			}
		}
	}
	if len(builds) == 0 {
		return nil
	}
	err := t.g.database.Failed(t.g.ctx, builds, func(f *answers.FailedTest) {
		b, s := t.g.Build(f.BuildID), into[f.BuildID]
		r := summary.Result{
			Path: f.Path, Status: f.Status, Platform: f.Platform, Config: b.Config(), Architecture: b.Architecture(), ID: f.ID, Verdict: f.Verdict,
		}
		s.failures.Add(r)
		if !f.Known {
			s.unexplained.Add(r)
		}
	})
	if err != nil {
		for _, s := range sets {
			s.failures, s.unexplained = nil, nil
		}
	}
	return t.g.fail(err)
}

// withTogether returns the set of tests. If it is the set of a build that Find returned, it
// returns those of all such builds whose counts are read and whose failures are unread.
func (t *Tests) withTogether() []*Tests {
	if len(t.builds) != 1 || t.builds[0].tests != t {
		return []*Tests{t}
	}
	var all []*Tests
	for _, id := range t.g.withTogether(t.ids()) {
		_, counted := t.g.tallies[id]
		if s := t.g.Build(id).Tests(); counted && s.failures == nil {
			all = append(all, s)
		}
	}
	return all
}

// Get returns the tests that are still in the database. It reads them in one query,
// without their ancestors, which the graph has.
func (t *Tests) Get(ids ...string) ([]*Test, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if _, err := t.g.match(object.Of(object.TypeTest, idsOf(ids)...)); err != nil {
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

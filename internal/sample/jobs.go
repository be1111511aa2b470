// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// job is a run of a suite on a machine with the kernel of a build.
type job struct {
	jobPlan
	world *world
	build *build
	key   uint64
	at    time.Time
	failure
}

// failure is the reason why a job has no results. It is zero if the job has
// results.
type failure struct {
	status        report.Status
	code, message string
}

// newJob returns a job that starts at the time.
func newJob(w *world, b *build, p jobPlan, at time.Time) *job {
	return &job{jobPlan: p, world: w, build: b, at: at, key: hashKeys(b.key, p.platform.key, p.suite.key)}
}

// allJobs returns the results of all jobs of a build, which arrive together at the
// time. These are the largest reports.
func (w *world) allJobs(b *build, jobs []jobPlan, at time.Time) *report.Report {
	r := new(report.Report)
	for _, p := range jobs {
		r.Append(newJob(w, b, p, at.Add(-time.Hour)).results(0, len(p.suite.cases), at))
	}
	return r
}

// startJob starts a job, and plans the arrival of its results.
func (w *world) startJob(b *build, p jobPlan, at time.Time) *report.Report {
	j := newJob(w, b, p, at)
	d := newDice(j.key)
	first := at.Add(time.Duration(d.between(3, 90)) * time.Minute)
	outage, out := w.outage(p.platform, at)
	switch bootTrouble := b.rev.breaksTest(w.suites[0], 0, p.platform); {
	case out:
		j.failure = failure{report.StatusMiss, "submit_error", w.texts["lab_errors"][outage%3]}
		if outage>>40&1 == 1 {
			j.failure = failure{report.StatusError, "Infrastructure", w.texts["lab_errors"][outage%3]}
		}
		if p.platform.origin == "maestro" {
			w.planOutageIncident(outage, j, first)
		}
	case bootTrouble != nil && !p.suite.isBoot:
		j.failure = failure{report.StatusMiss, "Job", "login-action timed out after 120 seconds"}
	case p.platform.origin == "maestro" && d.intn(250) == 0: // it starts, and no result ever arrives
		return &report.Report{Tests: []report.Test{j.node(false)}}
	case d.intn(150) == 0:
		j.failure = failure{report.StatusError, "Test", pick(d, w.texts["test_errors"])}
	}
	if j.failure.status != "" {
		w.agenda.add(first, func() *report.Report { return &report.Report{Tests: []report.Test{j.node(true)}} })
		return nil
	}
	j.planResults(d, first)
	if p.platform.origin == "maestro" && d.percent(12) {
		return &report.Report{Tests: []report.Test{j.node(false)}} // only that it has started
	}
	return nil
}

// planResults puts the arrival of the results on the agenda, in one or several
// parts, and some parts twice.
func (j *job) planResults(d *dice, at time.Time) {
	most := 500
	if j.platform.origin == "linaro" {
		most = 1500
	}
	total := len(j.suite.cases)
	for low := 0; low < total; {
		high := min(low+most, total)
		if d.percent(30) {
			high = min(low+d.skewed(most), total)
		}
		from := low // a copy, because the loop changes low before the results arrive
		j.world.agenda.add(at, func() *report.Report { return j.results(from, high, at) })
		if d.intn(100) == 0 {
			again := at.Add(time.Duration(d.between(1, 30)) * time.Minute)
			j.world.agenda.add(again, func() *report.Report { return j.results(from, high, time.Time{}) })
		}
		low = high
		at = at.Add(time.Duration(d.between(5, 400)) * time.Second)
	}
}

// results returns the outcomes of the cases from low up to high, and plans
// incidents for failures after at, the time when the results arrive.
func (j *job) results(low, high int, at time.Time) *report.Report {
	s := j.shared()
	tests := make([]report.Test, high-low, high-low+1)
	planned := 0
	for i := low; i < high; i++ {
		trouble := s.fill(&tests[i-low], i)
		if trouble != nil && !at.IsZero() && planned < 5 {
			j.world.planIncident(trouble, j.platform.origin, "", tests[i-low].ID, at)
			planned++
		}
	}
	if high == len(j.suite.cases) && j.platform.origin == "maestro" && !j.suite.plain {
		tests = append(tests, j.node(true))
	}
	return &report.Report{Tests: tests}
}

// node returns the job as a test of its own, with its outcome if it is done. One
// origin reports each job like this; the other origins report the first case in
// its place.
func (j *job) node(done bool) report.Test {
	var t report.Test
	s := j.shared()
	s.fill(&t, 0)
	t.Status, t.Number, t.Duration, t.LogExcerpt = nil, nil, nil, nil
	if j.platform.origin == "maestro" {
		i := -1
		if j.suite.plain {
			i = 0
		}
		t.ID = j.testID(i)
		t.Path = &j.suite.path
		t.Comment = new(j.suite.path + " on " + j.platform.name + " in " + j.platform.lab)
		t.Misc = j.misc(t.ID)
	}
	switch {
	case !done:
		t.LogURL, t.OutputFiles = nil, nil
	case j.failure.status != "":
		t.Status = &j.failure.status
		if j.failure.code == "submit_error" {
			t.LogURL, t.OutputFiles, t.Environment = nil, nil, new(*t.Environment)
			t.Environment.Misc = fmt.Appendf(nil, `{"platform":%q}`, j.platform.name)
		} else {
			t.LogExcerpt = j.bootLog()
		}
	default:
		t.Status = new(report.StatusPass)
		t.Duration = new(float64(j.key%3_600_000) / 1000)
		t.LogExcerpt = s.excerpt
	}
	return t
}

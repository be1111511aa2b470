// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// newStoryJob returns the job that runs a suite on a platform.
func (t *teller) newStoryJob(r storyRevision, b *build, p *platform, s *suite) *job {
	j := newJob(t.world, b, jobPlan{p, s}, time.Time{})
	j.at = r.at.Add(minutes(35, 145, j.key))
	return j
}

// addJob adds a job, and a second run if it has a flaky test.
func (t *teller) addJob(r storyRevision, j *job) {
	arrives := j.at.Add(minutes(3, 12, j.key, 1))
	switch {
	case t.out(j):
		j.failure = failure{report.StatusMiss, "submit_error", "503 Service Unavailable"}
		if j.key&1 == 1 {
			j.failure = failure{report.StatusError, "Infrastructure", "503 Service Unavailable"}
		}
		lost := t.lostJob(j)
		t.post(j.at.Add(time.Minute), &report.Report{Tests: []report.Test{lost}})
		if j.key&2 == 0 {
			t.addIncident(&outage, arrives, report.Incident{TestID: &lost.ID})
		}
		return
	case !j.suite.isBoot && r.testFault("boot", j.platform) != nil:
		j.failure = failure{report.StatusMiss, "Job", "login-action timed out after 120 seconds"}
		t.post(arrives, &report.Report{Tests: []report.Test{t.lostJob(j)}})
		return
	}
	s := j.shared()
	var results report.Report
	for i := range j.suite.cases {
		status, fault := r.outcome(j, i)
		test := t.caseTest(r, s, i, status, fault)
		results.Tests = append(results.Tests, test)
		if fault == nil {
			continue
		}
		t.addIncident(fault, arrives, report.Incident{TestID: &test.ID})
		if r.retried(fault) {
			t.addRetry(r, j, i, arrives)
		}
	}
	if j.platform.origin == "maestro" && !j.suite.plain {
		results.Tests = append(results.Tests, t.jobTest(s, results.Tests))
	}
	t.post(arrives, &results)
}

// outageBegin and outageEnd are the times before now when lava-harbour was out.
const (
	outageBegin = 6 * time.Hour
	outageEnd   = 3*time.Hour + 15*time.Minute
)

// out reports whether the job's lab is out when it starts.
func (t *teller) out(j *job) bool {
	age := t.now.Sub(j.at)
	return j.platform.lab == "lava-harbour" && age < outageBegin && age > outageEnd
}

// addRetry adds the second run of a flaky test, which passes.
func (t *teller) addRetry(r storyRevision, j *job, i int, failed time.Time) {
	again := *j
	again.key, again.at = hashKeys(j.key, uint64(i)), failed.Add(time.Minute)
	test := t.caseTest(r, again.shared(), i, report.StatusPass, nil)
	t.post(failed.Add(4*time.Minute), &report.Report{Tests: []report.Test{test}})
}

// addHourly adds redhat's jobs: one an hour, until the next revision of mainline
// comes, and on other branches until each job has run.
func (t *teller) addHourly(r storyRevision, c *checkout) {
	type run struct {
		*build
		*platform
		*suite
	}
	var runs []run
	for _, m := range t.machines {
		if m.origin != c.origin {
			continue
		}
		b := &build{checkout: c, rev: r.revision, config: newConfig(m.origin, m.arch, m.config, m.compiler)}
		b.id = b.newID()
		for _, s := range m.suites {
			runs = append(runs, run{b, m.platform, s})
		}
	}
	for n := 0; r.line.id == "mainline" || n < len(runs); n++ {
		next := runs[n%len(runs)]
		j := t.newStoryJob(r, next.build, next.platform, next.suite)
		j.key = hashKeys(c.key, uint64(n))
		j.at = r.at.Add(35*time.Minute + time.Duration(n)*time.Hour + minutes(0, 10, j.key))
		arrives := j.at.Add(10 * time.Minute)
		if j.at.After(r.next) || t.now.Sub(arrives) < silence {
			return
		}
		s := j.shared()
		var results report.Report
		for i := range j.suite.cases {
			status, fault := r.outcome(j, i)
			results.Tests = append(results.Tests, t.caseTest(r, s, i, status, fault))
		}
		t.post(arrives, &results)
	}
}

// caseTest returns the test of a job's ith case.
func (t *teller) caseTest(r storyRevision, s *shared, i int, status report.Status, fault *storyFault) report.Test {
	c := &s.suite.cases[i]
	test := s.test(i, c.path)
	test.Status = &status
	test.Duration = new(float64(hashKeys(s.key, uint64(i), 7)%60_000) / 1000)
	test.LogExcerpt = s.line(c, status, i)
	switch {
	case fault != nil:
		test.LogExcerpt = new(t.faultLog(s.job, c, fault))
	case s.suite.isBoot:
		test.LogExcerpt = new(t.fillIn(s.job, t.texts["boot"][0]))
	}
	if m := s.suite.number; m != nil {
		test.Number = storyNumber(r, s.job, m, i, fault != nil)
	}
	return test
}

// jobTest returns a maestro job as a test of its own. Its log ends with the outcomes of
// its tests.
func (t *teller) jobTest(s *shared, tests []report.Test) report.Test {
	test := s.test(-1, &s.suite.path)
	test.Status = new(report.StatusPass)
	test.Duration = new(minutes(3, 12, s.key, 1).Seconds())
	log := []byte("<LAVA_SIGNAL_STARTRUN 0_" + s.suite.path + ">\n")
	for i := range tests {
		log = append(appendSignal(log, s.suite.cases[i].name, *tests[i].Status), '\n')
	}
	test.LogExcerpt = new(string(log) + "<LAVA_SIGNAL_ENDRUN 0_" + s.suite.path + ">\n<LAVA_TEST_RUNNER EXIT>\n")
	return test
}

// lostJob returns the test that stands for a job without results.
func (t *teller) lostJob(j *job) report.Test {
	i := -1
	if j.suite.plain {
		i = 0
	}
	test := j.shared().test(i, &j.suite.path)
	test.Status = &j.failure.status
	if j.failure.code == "Job" {
		test.LogExcerpt = new(t.fillIn(j, t.logs["pcie"]))
	} else { // the job never ran
		test.LogURL, test.OutputFiles = nil, nil
	}
	return test
}

// test returns a test of the job, without its outcome. i is -1 for the job itself.
func (s *shared) test(i int, path *string) report.Test {
	t := report.Test{
		ID:          s.testID(i),
		Origin:      s.platform.origin,
		BuildID:     s.build.id,
		Environment: s.environment,
		Path:        path,
		LogURL:      s.logURL,
		StartTime:   s.start,
		OutputFiles: s.outputFiles,
	}
	if t.Origin != "maestro" {
		return t
	}
	t.Comment = new(*path + s.tail)
	t.Misc = s.misc(t.ID)
	files := s.build.files()
	t.InputFiles = []report.Resource{
		{Name: "kernel", URL: files + "/" + kernelFile(s.platform.arch)},
		{Name: "modules", URL: files + "/modules.tar.xz"},
		{Name: "ramdisk", URL: "https://files.example.org/images/trixie/" + s.platform.arch + "/rootfs.cpio.gz"},
	}
	return t
}

// faultLog returns the log of a case that fails.
func (t *teller) faultLog(j *job, c *testCase, f *storyFault) string {
	name := c.name[strings.LastIndexByte(c.name, '.')+1:]
	if group, ok := strings.CutPrefix(j.suite.path, "xfstests."); ok {
		name = group + "/" + name
	}
	return strings.ReplaceAll(t.fillIn(j, t.logs[f.name]), "CASE", name)
}

// fillIn fills in the words of a log that depend on the job.
func (t *teller) fillIn(j *job, log string) string {
	return strings.NewReplacer("PLATFORM", j.platform.name, "VERSION", j.build.rev.name, "JOB", hexWord(6, j.key)).Replace(log)
}

// storyNumber returns the number that a case measures: within one percent of a usual
// value for the platform, except for two faults.
func storyNumber(r storyRevision, j *job, m *measure, i int, faulty bool) *report.Number {
	c := &j.suite.cases[i]
	usual := m.low + int64(hashKeys(c.key, j.platform.key, 8)%uint64(m.high-m.low))
	switch {
	case faulty: // rt.cyclictest
		usual = m.high * 29 / 10
	case *c.path == "perf.will-it-scale.page_fault1" && r.line.id == "mainline" && r.back <= storySlow:
		usual = usual * 7 / 8
	}
	value := usual * (990 + int64(hashKeys(j.key, uint64(i), 9)%21)) / 1000
	return &report.Number{Value: float64(value) / float64(m.scale), Unit: m.unit, Prefix: m.prefix}
}

// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// shared is the data that the tests of a job share. Tests are made by the
// hundred thousand, so everything that can be shared is shared.
type shared struct {
	*job
	environment *report.Environment
	start       *time.Time
	logURL      *string
	outputFiles []report.Resource
	excerpt     *string // of each test without an excerpt of its own
	tail        string  // " on PLATFORM in LAB"
	timed       bool    // the log's lines have times
}

// shared returns the data that the job's tests share.
func (j *job) shared() *shared {
	p := j.platform
	s := &shared{job: j, start: &j.at, environment: &report.Environment{Compatible: p.compatible}}
	number := 1_000_000 + int(j.key%8_000_000)
	files := "https://files.example.org/" + j.suite.path + "/" + hexWord(24, j.key)
	switch p.origin {
	case "maestro", "ti":
		s.tail = " on " + p.name + " in " + p.lab
		s.environment.Comment = new("Runtime: " + p.lab)
		s.environment.Misc = fmt.Appendf(nil, `{"platform":%q,"job_url":"https://%s.example.org/scheduler/job/%d","job_id":"%d"}`,
			p.name, p.lab, number, number)
		s.logURL = new(files + "/log.txt.gz")
		s.outputFiles = []report.Resource{{Name: "callback_data", URL: files + "/lava_callback.json.gz"}}
		if percentOf(j.key, 6) < 88 {
			s.excerpt = j.jobLog()
		}
	case "linaro":
		s.environment.Misc = fmt.Appendf(nil, `{"platform":%q}`, p.name)
		s.logURL = new(files + "/logs.txt")
		s.timed = percentOf(p.key, 6) < 50
	case "redhat":
		s.environment.Comment = new(fmt.Sprintf("%s-%02d.lab.example.org", p.arch, j.key%40))
		s.logURL = new(files + "/taskout.log")
		s.outputFiles = []report.Resource{
			{Name: "dmesg.log", URL: files + "/dmesg.log"},
			{Name: "resultoutputfile.log", URL: files + "/resultoutputfile.log"},
		}
	case "microsoft":
		s.environment.Comment = new("")
		s.environment.Misc = []byte(`{"platform":"azure","vm_size":"Standard_D16s_v5","hyperv_generation":"2","hardware_platform":"x86_64"}`)
		s.logURL = new(files + "/lisa.log?st=2026-01-01T00%3A00%3A00Z&sig=example%3D")
		s.excerpt = new("")
	}
	return s
}

// fill fills in the test of the ith case, and returns the trouble that caused its
// outcome, or nil.
func (s *shared) fill(t *report.Test, i int) *trouble {
	c, p := &s.suite.cases[i], s.platform
	status, trouble := s.verdict(i)
	*t = report.Test{
		ID:          s.testID(i),
		Origin:      p.origin,
		BuildID:     s.build.id,
		Environment: s.environment,
		Path:        c.path,
		LogURL:      s.logURL,
		LogExcerpt:  s.excerpt,
		Status:      &status,
		StartTime:   s.start,
		OutputFiles: s.outputFiles,
	}
	switch p.origin {
	case "maestro":
		t.Comment = new(c.name + s.tail)
		t.Misc = s.misc(t.ID)
	case "linaro":
		t.Path = c.flat
		t.LogExcerpt = s.line(c, status, i)
	case "redhat":
		t.Path = c.flat
		t.Comment = &c.name
		t.Misc = fmt.Appendf(nil, `{"iid":%d,"retrigger":false,"maintainers":[{"name":"Test Team","email":"tests@example.org"}]}`, hashKeys(s.key, uint64(i))%90_000_000)
	case "microsoft":
		t.Misc = fmt.Appendf(nil, `{"test_details":{"test_name":%q}}`, c.name)
	}
	if p.origin != "linaro" {
		t.Duration = new(float64(hashKeys(s.key, uint64(i), 7)%120_000) / 1000)
	}
	if trouble != nil {
		t.LogExcerpt = s.failureLog(trouble, c)
	}
	if m := s.suite.number; m != nil && (status == report.StatusPass || status == report.StatusDone || trouble != nil) {
		t.Number = s.measured(m, i, trouble != nil)
	}
	return trouble
}

// measured returns the value that the ith case measures: near a value of its own
// on this platform, and twice that while the code is in trouble.
func (s *shared) measured(m *measure, i int, trouble bool) *report.Number {
	usual := m.low + int64(hashKeys(s.suite.cases[i].key, s.platform.key, 8)%uint64(m.high-m.low))
	value := usual / 100 * (92 + int64(hashKeys(s.key, uint64(i), 9)%17))
	if usual < 1000 {
		value = max(m.low, usual+int64(hashKeys(s.key, uint64(i), 9)%5)-2)
	}
	if trouble {
		value *= 2
	}
	return &report.Number{Value: float64(value) / float64(m.scale), Unit: m.unit, Prefix: m.prefix}
}

// misc returns the additional properties that maestro reports for a test.
func (j *job) misc(id string) []byte {
	dst := make([]byte, 0, 256)
	dst = append(append(dst, `{"compiler":"`...), j.build.config.compiler...)
	dst = append(append(dst, `","arch":"`...), j.build.config.arch...)
	dst = append(append(dst, `","runtime":"`...), j.platform.lab...)
	dst = append(append(dst, `","maestro_viewer":"https://viewer.example.org/node/`...), id[len("maestro:"):]...)
	if j.failure.status != "" {
		dst = append(append(dst, `","error_code":"`...), j.failure.code...)
		dst = append(append(dst, `","error_msg":"`...), j.failure.message...)
	}
	return append(dst, `"}`...)
}

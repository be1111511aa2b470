// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"strings"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/report"
)

// maxExcerpt is the maximum length of a log excerpt in the schema.
const maxExcerpt = 16384

// jobLog returns the end of a job's log. It is the excerpt of all tests of the
// job.
func (j *job) jobLog() *string {
	boot := j.world.texts["boot"][0]
	start := max(0, len(boot)-int(j.key%3)*400-200)
	start += 1 + strings.IndexByte(boot[start:], '\n')
	dst := make([]byte, 0, 2048)
	dst = append(dst, strings.ReplaceAll(boot[start:], "JOB", hexWord(6, j.key))...)
	dst = append(dst, '\n')
	for i := max(0, len(j.suite.cases)-9); i < len(j.suite.cases); i++ {
		status, _ := j.verdict(i)
		dst = append(appendSignal(dst, j.suite.cases[i].name, status), '\n')
	}
	dst = append(append(append(dst, "+ set +x\n<LAVA_SIGNAL_ENDRUN 0_"...), j.suite.path...), ' ')
	dst = append(appendNumber(dst, int(j.key%8_000_000)), "_1.1.3.1>\n<LAVA_TEST_RUNNER EXIT>\n/ # \n"...)
	return new(string(dst))
}

// bootLog returns the log of a machine that does not boot: its messages repeated
// up to the maximum length.
func (j *job) bootLog() *string {
	boot := strings.ReplaceAll(j.world.texts["boot"][0], "PLATFORM", j.platform.name)
	boot, _, _ = strings.Cut(boot, "[    3.386225]")
	log := strings.Repeat(boot+"\r\nresetting ...\r\n", maxExcerpt/len(boot))
	log = log[:min(len(log), maxExcerpt)]
	for !utf8.ValidString(log) {
		log = log[:len(log)-1]
	}
	return &log
}

// failureLog returns the log of a test that fails because of a trouble.
func (j *job) failureLog(t *trouble, c *testCase) *string {
	if j.suite.isBoot {
		return j.bootLog()
	}
	log := strings.NewReplacer("CASE", c.name, "VERSION", j.build.rev.name).Replace(t.splat)
	return new(string(appendSignal(append([]byte(log), '\n'), c.name, report.StatusFail)))
}

// line returns the log line with a case's outcome.
func (s *shared) line(c *testCase, status report.Status, i int) *string {
	dst := make([]byte, 0, 160)
	if s.timed {
		millis := int(s.key%60_000) + 137*i
		dst = append(append(dst, "<8>["...), "     "[:5-digits(millis/1000)]...)
		dst = append(appendNumber(dst, millis/1000), '.')
		dst = append(appendNumber(dst, 100_000+millis%1000*601), "] "...)
	}
	return new(string(appendSignal(dst, c.name, status)))
}

// digits returns the number of digits of n, at most 5.
func digits(n int) int {
	count := 1
	for ; n >= 10; n /= 10 {
		count++
	}
	return min(count, 5)
}

// appendSignal appends a case's outcome in the format of the labs' software.
func appendSignal(dst []byte, name string, status report.Status) []byte {
	dst = append(append(dst, "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID="...), name...)
	result := " RESULT=pass>"
	switch status {
	case report.StatusFail, report.StatusError:
		result = " RESULT=fail>"
	case report.StatusSkip:
		result = " RESULT=skip>"
	}
	return append(dst, result...)
}

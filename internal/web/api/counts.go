// SPDX-License-Identifier: Apache-2.0

package api

import "github.com/kcidb-go/kcidb/report"

// StatusCount counts builds, boots or tests by status.
type StatusCount struct {
	Pass  int64 `json:"PASS" doc:"Passed"`
	Fail  int64 `json:"FAIL" doc:"Failed"`
	Error int64 `json:"ERROR" doc:"Could not run, because the test system failed"`
	Skip  int64 `json:"SKIP" doc:"Skipped"`
	Miss  int64 `json:"MISS" doc:"Planned, but without a result"`
	Done  int64 `json:"DONE" doc:"Finished without a verdict"`
	None  int64 `json:"NULL" doc:"Status unknown"`
}

// add adds n of a status.
func (c *StatusCount) add(s report.Status, n int64) {
	switch s {
	case report.StatusPass:
		c.Pass += n
	case report.StatusFail:
		c.Fail += n
	case report.StatusError:
		c.Error += n
	case report.StatusSkip:
		c.Skip += n
	case report.StatusMiss:
		c.Miss += n
	case report.StatusDone:
		c.Done += n
	default:
		c.None += n
	}
}

// sum adds other counts.
func (c *StatusCount) sum(other StatusCount) {
	c.Pass += other.Pass
	c.Fail += other.Fail
	c.Error += other.Error
	c.Skip += other.Skip
	c.Miss += other.Miss
	c.Done += other.Done
	c.None += other.None
}

// verdicts returns the counts with all statuses other than PASS and FAIL in one.
func (c StatusCount) verdicts() VerdictCount {
	return VerdictCount{Pass: c.Pass, Fail: c.Fail, Inconclusive: c.Error + c.Skip + c.Miss + c.Done + c.None}
}

// LowerCaseStatusCount is a StatusCount with members in lower case.
type LowerCaseStatusCount struct {
	Pass  int64 `json:"pass" doc:"Passed"`
	Fail  int64 `json:"fail" doc:"Failed"`
	Error int64 `json:"error" doc:"Could not run, because the test system failed"`
	Skip  int64 `json:"skip" doc:"Skipped"`
	Miss  int64 `json:"miss" doc:"Planned, but without a result"`
	Done  int64 `json:"done" doc:"Finished without a verdict"`
	None  int64 `json:"null" doc:"Status unknown"`
}

// SuffixedStatusCount is a StatusCount whose members end in "_count".
type SuffixedStatusCount struct {
	Pass  int64 `json:"pass_count" doc:"Passed"`
	Fail  int64 `json:"fail_count" doc:"Failed"`
	Error int64 `json:"error_count" doc:"Could not run, because the test system failed"`
	Skip  int64 `json:"skip_count" doc:"Skipped"`
	Miss  int64 `json:"miss_count" doc:"Planned, but without a result"`
	Done  int64 `json:"done_count" doc:"Finished without a verdict"`
	None  int64 `json:"null_count" doc:"Status unknown"`
}

// VerdictCount is a StatusCount for a line of a table: statuses other than PASS and FAIL
// are one number.
type VerdictCount struct {
	Pass         int64 `json:"PASS" doc:"Passed"`
	Fail         int64 `json:"FAIL" doc:"Failed"`
	Inconclusive int64 `json:"INCONCLUSIVE" doc:"All other statuses"`
}

// sum adds other counts.
func (c *VerdictCount) sum(other VerdictCount) {
	c.Pass += other.Pass
	c.Fail += other.Fail
	c.Inconclusive += other.Inconclusive
}

// statusCount returns counts for an answer.
func statusCount(of map[report.Status]int64) (c StatusCount) {
	for status, n := range of {
		c.add(status, n)
	}
	return c
}

func suffixedStatusCount(of map[report.Status]int64) SuffixedStatusCount {
	return SuffixedStatusCount(statusCount(of))
}

// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// Shapes that many answers have in common.

// unknown stands for what is missing, in summaries and filters.
const unknown = "Unknown"

// unknownReason stands for why a test failed that does not tell.
const unknownReason = "unknown error"

// StatusCount are numbers of builds, boots or tests by their status.
type StatusCount struct {
	Pass  int64 `json:"PASS" doc:"Passed"`
	Fail  int64 `json:"FAIL" doc:"Failed"`
	Error int64 `json:"ERROR" doc:"Could not be carried out, by the fault of the harness"`
	Skip  int64 `json:"SKIP" doc:"Left out"`
	Miss  int64 `json:"MISS" doc:"Planned, and without a result"`
	Done  int64 `json:"DONE" doc:"Finished, without a verdict"`
	None  int64 `json:"NULL" doc:"No status is known"`
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

// short returns the counts with all but PASS and FAIL in one.
func (c StatusCount) short() Short {
	return Short{Pass: c.Pass, Fail: c.Fail, Inconclusive: c.Error + c.Skip + c.Miss + c.Done + c.None}
}

// LowCount is a StatusCount in lower case.
type LowCount struct {
	Pass  int64 `json:"pass" doc:"Passed"`
	Fail  int64 `json:"fail" doc:"Failed"`
	Error int64 `json:"error" doc:"Could not be carried out, by the fault of the harness"`
	Skip  int64 `json:"skip" doc:"Left out"`
	Miss  int64 `json:"miss" doc:"Planned, and without a result"`
	Done  int64 `json:"done" doc:"Finished, without a verdict"`
	None  int64 `json:"null" doc:"No status is known"`
}

// CountC is a StatusCount whose members end in "_count".
type CountC struct {
	Pass  int64 `json:"pass_count" doc:"Passed"`
	Fail  int64 `json:"fail_count" doc:"Failed"`
	Error int64 `json:"error_count" doc:"Could not be carried out, by the fault of the harness"`
	Skip  int64 `json:"skip_count" doc:"Left out"`
	Miss  int64 `json:"miss_count" doc:"Planned, and without a result"`
	Done  int64 `json:"done_count" doc:"Finished, without a verdict"`
	None  int64 `json:"null_count" doc:"No status is known"`
}

// Short is a StatusCount for a line of a table.
type Short struct {
	Pass         int64 `json:"PASS" doc:"Passed"`
	Fail         int64 `json:"FAIL" doc:"Failed"`
	Inconclusive int64 `json:"INCONCLUSIVE" doc:"All others"`
}

// sum adds other counts.
func (c *Short) sum(other Short) {
	c.Pass += other.Pass
	c.Fail += other.Fail
	c.Inconclusive += other.Inconclusive
}

// Issue is a known issue, and what it was seen in.
type Issue struct {
	ID        string      `json:"id" doc:"ID of the issue"`
	Version   int         `json:"version" doc:"Its version"`
	Comment   *string     `json:"comment" doc:"What it is, in a line"`
	ReportURL *string     `json:"report_url" doc:"Where it is discussed"`
	Incidents StatusCount `json:"incidents_info" doc:"What it was seen in here, by status"`
}

// BuildItem is a build in a list.
type BuildItem struct {
	ID           string          `json:"id" doc:"ID of the build"`
	Origin       string          `json:"origin" doc:"Who built it"`
	Architecture *string         `json:"architecture" doc:"What it runs on"`
	ConfigName   *string         `json:"config_name" doc:"Name of its configuration"`
	Misc         json.RawMessage `json:"misc" doc:"What else the origin tells"`
	ConfigURL    *string         `json:"config_url" doc:"Its configuration"`
	Compiler     *string         `json:"compiler" doc:"What compiled it"`
	Status       string          `json:"status" doc:"How it ended; NULL where nobody knows"`
	Duration     *float64        `json:"duration" doc:"How long it took, in seconds"`
	LogURL       *string         `json:"log_url" doc:"Its log"`
	StartTime    *time.Time      `json:"start_time" doc:"When it began"`
	URL          *string         `json:"git_repository_url" doc:"Repository of what was built"`
	Branch       *string         `json:"git_repository_branch" doc:"Branch of what was built"`
}

// TestItem is a boot, or another test, in a list.
type TestItem struct {
	ID              string          `json:"id" doc:"ID of the test"`
	Origin          string          `json:"origin" doc:"Who ran it"`
	Status          string          `json:"status" doc:"How it ended; NULL where nobody knows"`
	Duration        *float64        `json:"duration" doc:"How long it took, in seconds"`
	Path            *string         `json:"path" doc:"Which test it was"`
	StartTime       *time.Time      `json:"start_time" doc:"When it began"`
	Compatible      *[]string       `json:"environment_compatible" doc:"What the hardware is compatible with"`
	Config          *string         `json:"config" doc:"Name of the build's configuration"`
	LogURL          *string         `json:"log_url" doc:"Its log"`
	Architecture    *string         `json:"architecture" doc:"Architecture of the build"`
	Compiler        *string         `json:"compiler" doc:"What compiled the build"`
	EnvironmentMisc json.RawMessage `json:"environment_misc" doc:"What else is told of the hardware: the platform, and all of it where that was asked for"`
	Misc            json.RawMessage `json:"misc" doc:"What else the origin tells"`
	Lab             *string         `json:"lab" doc:"Lab that it ran in, else its origin"`
}

// statusText returns a status as answers have it.
func statusText(s report.Status) string {
	if s == "" {
		return "NULL"
	}
	return string(s)
}

// statusOf returns the status of an object, "" for none.
func statusOf(s *report.Status) report.Status {
	if s == nil {
		return ""
	}
	return *s
}

// text returns the text of an object, "" for none.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// optional returns a text as objects have it: nil for "".
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// orUnknown returns a text as summaries and filters have it.
func orUnknown(s string) string {
	if s == "" {
		return unknown
	}
	return s
}

// instant returns a time as answers have it.
func instant(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// list returns a list as answers have it where it may be missing: null, and not empty.
func list(texts []string) *[]string {
	if texts == nil {
		return nil
	}
	return &texts
}

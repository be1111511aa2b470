// SPDX-License-Identifier: Apache-2.0

package object

import (
	"strconv"

	"github.com/kcidb-go/kcidb/report"
)

// Fields is a choice of the fields with which objects are written.
type Fields int

const (
	// AllFields are the fields of the latest schema of reports.
	AllFields Fields = iota
	// ModelFields are the fields of the Python system's object model, which has fewer
	// fields, and no log_excerpt for example.
	ModelFields
)

// AppendJSON appends the set as compact JSON: {"TYPE": [object, ...], ...}, in the order
// of Types, without the types that have no objects.
//
// Each object has all fields of the latest schema, null if they are absent; only
// _timestamp is left out if it is absent. The members of an inner object are fields of the
// outer one, joined by "_" (environment_misc). Versions are called version_num and
// issue_version_num. Times are in UTC with a numeric offset. The result is valid JSON if
// every misc is.
func (s *Set) AppendJSON(b []byte) []byte {
	b = append(b, '{')
	first := true
	for _, l := range lists {
		n := l.count(s)
		if n == 0 {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(strconv.AppendQuote(b, string(l.typ)), ':', '[')
		for i := range n {
			if i > 0 {
				b = append(b, ',')
			}
			b = l.append(b, s, i, AllFields)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// MarshalJSON returns the set as AppendJSON does.
func (s *Set) MarshalJSON() ([]byte, error) { return s.AppendJSON(nil), nil }

func appendRevision(b []byte, r *Revision, _ Fields) []byte {
	o := open(b)
	o.text("git_commit_hash", r.GitCommitHash)
	o.text("patchset_hash", r.PatchsetHash)
	optText(&o, "git_commit_name", r.GitCommitName)
	o.resources("patchset_files", r.PatchsetFiles)
	return o.close()
}

func appendCheckout(b []byte, c *report.Checkout, fields Fields) []byte {
	o := open(b)
	o.text("id", c.ID)
	o.text("origin", c.Origin)
	optText(&o, "tree_name", c.TreeName)
	optText(&o, "git_repository_url", c.GitRepositoryURL)
	optText(&o, "git_commit_hash", c.GitCommitHash)
	if fields == AllFields {
		optText(&o, "git_commit_name", c.GitCommitName)
	}
	o.texts("git_commit_tags", c.GitCommitTags)
	optText(&o, "git_commit_message", c.GitCommitMessage)
	optText(&o, "git_repository_branch", c.GitRepositoryBranch)
	o.optBool("git_repository_branch_tip", c.GitRepositoryBranchTip)
	if fields == AllFields {
		o.resources("patchset_files", c.PatchsetFiles)
	}
	optText(&o, "patchset_hash", c.PatchsetHash)
	optText(&o, "message_id", c.MessageID)
	optText(&o, "comment", c.Comment)
	o.optTime("start_time", c.StartTime)
	if fields == AllFields {
		o.optTime("origin_builds_finish_time", c.OriginBuildsFinishTime)
		o.optTime("origin_tests_finish_time", c.OriginTestsFinishTime)
	}
	optText(&o, "log_url", c.LogURL)
	if fields == AllFields {
		optText(&o, "log_excerpt", c.LogExcerpt)
	}
	o.optBool("valid", c.Valid)
	o.raw("misc", c.Misc)
	o.timestamp(c.Timestamp)
	return o.close()
}

func appendBuild(b []byte, u *report.Build, fields Fields) []byte {
	o := open(b)
	o.text("id", u.ID)
	o.text("origin", u.Origin)
	o.text("checkout_id", u.CheckoutID)
	optText(&o, "comment", u.Comment)
	o.optTime("start_time", u.StartTime)
	o.optFloat("duration", u.Duration)
	optText(&o, "architecture", u.Architecture)
	optText(&o, "command", u.Command)
	optText(&o, "compiler", u.Compiler)
	o.resources("input_files", u.InputFiles)
	o.resources("output_files", u.OutputFiles)
	optText(&o, "config_name", u.ConfigName)
	optText(&o, "config_url", u.ConfigURL)
	optText(&o, "log_url", u.LogURL)
	if fields == AllFields {
		optText(&o, "log_excerpt", u.LogExcerpt)
	}
	optText(&o, "status", u.Status)
	o.raw("misc", u.Misc)
	o.timestamp(u.Timestamp)
	return o.close()
}

func appendTest(b []byte, t *report.Test, fields Fields) []byte {
	var environment report.Environment
	if t.Environment != nil {
		environment = *t.Environment
	}
	o := open(b)
	o.text("id", t.ID)
	o.text("origin", t.Origin)
	o.text("build_id", t.BuildID)
	optText(&o, "environment_comment", environment.Comment)
	o.texts("environment_compatible", environment.Compatible)
	o.raw("environment_misc", environment.Misc)
	optText(&o, "path", t.Path)
	optText(&o, "comment", t.Comment)
	optText(&o, "log_url", t.LogURL)
	if fields == AllFields {
		optText(&o, "log_excerpt", t.LogExcerpt)
	}
	optText(&o, "status", t.Status)
	if n := t.Number; n != nil {
		o.optFloat("number_value", &n.Value)
		optText(&o, "number_unit", n.Unit)
		optText(&o, "number_prefix", n.Prefix)
	} else {
		o.nulls("number_value", "number_unit", "number_prefix")
	}
	o.optTime("start_time", t.StartTime)
	o.optFloat("duration", t.Duration)
	if fields == AllFields {
		o.resources("input_files", t.InputFiles)
	}
	o.resources("output_files", t.OutputFiles)
	o.raw("misc", t.Misc)
	o.timestamp(t.Timestamp)
	return o.close()
}

func appendIssue(b []byte, i *Issue, _ Fields) []byte {
	o := open(b)
	o.text("id", i.ID)
	o.text("origin", i.Origin)
	return o.close()
}

func appendIssueVersion(b []byte, i *report.Issue, fields Fields) []byte {
	var culprit report.Culprit
	if i.Culprit != nil {
		culprit = *i.Culprit
	}
	o := open(b)
	o.text("id", i.ID)
	o.int("version_num", i.Version)
	o.text("origin", i.Origin)
	optText(&o, "report_url", i.ReportURL)
	optText(&o, "report_subject", i.ReportSubject)
	o.optBool("culprit_code", culprit.Code)
	o.optBool("culprit_tool", culprit.Tool)
	o.optBool("culprit_harness", culprit.Harness)
	if fields == AllFields {
		o.texts("categories", i.Categories)
	}
	optText(&o, "comment", i.Comment)
	o.raw("misc", i.Misc)
	o.timestamp(i.Timestamp)
	return o.close()
}

func appendIncident(b []byte, i *report.Incident, _ Fields) []byte {
	o := open(b)
	o.text("id", i.ID)
	o.text("origin", i.Origin)
	o.text("issue_id", i.IssueID)
	o.int("issue_version_num", i.IssueVersion)
	optText(&o, "build_id", i.BuildID)
	optText(&o, "test_id", i.TestID)
	o.optBool("present", i.Present)
	optText(&o, "comment", i.Comment)
	o.raw("misc", i.Misc)
	o.timestamp(i.Timestamp)
	return o.close()
}

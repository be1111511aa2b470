// SPDX-License-Identifier: Apache-2.0

package report

import "strconv"

// AppendJSON appends the report as compact JSON: the version, then the lists
// that are not nil, parents first. Properties have a fixed order, times are in
// UTC with a numeric offset and microseconds.
//
// Decode reads it back equal, down to the microseconds, provided the report is
// valid. The result is JSON in any case where Misc is: what is not UTF-8 in
// a string becomes replacement characters, and numbers that JSON does not have
// are left out, or null where they are required.
func (r *Report) AppendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendVersion(appendName(dst, "version"), latest)
	dst = appendList(dst, "checkouts", r.Checkouts, (*Checkout).AppendJSON)
	dst = appendList(dst, "builds", r.Builds, (*Build).AppendJSON)
	dst = appendList(dst, "tests", r.Tests, (*Test).AppendJSON)
	dst = appendList(dst, "issues", r.Issues, (*Issue).AppendJSON)
	dst = appendList(dst, "incidents", r.Incidents, (*Incident).AppendJSON)
	return closeObject(dst, start)
}

// MarshalJSON returns the report as AppendJSON does.
func (r *Report) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil), nil }

// UnmarshalJSON reads a report of any version, as Decode does.
func (r *Report) UnmarshalJSON(text []byte) error {
	decoded, err := Decode(text)
	if err != nil {
		return err
	}
	*r = *decoded
	return nil
}

// AppendJSON appends the checkout as compact JSON.
func (c *Checkout) AppendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendText(dst, "id", c.ID)
	dst = appendText(dst, "origin", c.Origin)
	dst = appendOptText(dst, "tree_name", c.TreeName)
	dst = appendOptText(dst, "git_repository_url", c.GitRepositoryURL)
	dst = appendOptText(dst, "git_commit_hash", c.GitCommitHash)
	dst = appendOptText(dst, "git_commit_name", c.GitCommitName)
	dst = appendTexts(dst, "git_commit_tags", c.GitCommitTags)
	dst = appendOptText(dst, "git_commit_message", c.GitCommitMessage)
	dst = appendOptText(dst, "git_repository_branch", c.GitRepositoryBranch)
	dst = appendOptBool(dst, "git_repository_branch_tip", c.GitRepositoryBranchTip)
	dst = appendList(dst, "patchset_files", c.PatchsetFiles, (*Resource).appendJSON)
	dst = appendOptText(dst, "patchset_hash", c.PatchsetHash)
	dst = appendOptText(dst, "message_id", c.MessageID)
	dst = appendOptText(dst, "comment", c.Comment)
	dst = appendOptTime(dst, "start_time", c.StartTime)
	dst = appendOptTime(dst, "origin_builds_finish_time", c.OriginBuildsFinishTime)
	dst = appendOptTime(dst, "origin_tests_finish_time", c.OriginTestsFinishTime)
	dst = appendOptText(dst, "log_url", c.LogURL)
	dst = appendOptText(dst, "log_excerpt", c.LogExcerpt)
	dst = appendOptBool(dst, "valid", c.Valid)
	dst = appendMisc(dst, c.Misc)
	dst = appendOptTime(dst, "_timestamp", c.Timestamp)
	return closeObject(dst, start)
}

// AppendJSON appends the build as compact JSON.
func (b *Build) AppendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendText(dst, "id", b.ID)
	dst = appendText(dst, "origin", b.Origin)
	dst = appendText(dst, "checkout_id", b.CheckoutID)
	dst = appendOptText(dst, "comment", b.Comment)
	dst = appendOptTime(dst, "start_time", b.StartTime)
	dst = appendOptFloat(dst, "duration", b.Duration)
	dst = appendOptText(dst, "architecture", b.Architecture)
	dst = appendOptText(dst, "command", b.Command)
	dst = appendOptText(dst, "compiler", b.Compiler)
	dst = appendList(dst, "input_files", b.InputFiles, (*Resource).appendJSON)
	dst = appendList(dst, "output_files", b.OutputFiles, (*Resource).appendJSON)
	dst = appendOptText(dst, "config_name", b.ConfigName)
	dst = appendOptText(dst, "config_url", b.ConfigURL)
	dst = appendOptText(dst, "log_url", b.LogURL)
	dst = appendOptText(dst, "log_excerpt", b.LogExcerpt)
	dst = appendOptText(dst, "status", b.Status)
	dst = appendMisc(dst, b.Misc)
	dst = appendOptTime(dst, "_timestamp", b.Timestamp)
	return closeObject(dst, start)
}

// AppendJSON appends the test as compact JSON.
func (t *Test) AppendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendText(dst, "id", t.ID)
	dst = appendText(dst, "origin", t.Origin)
	dst = appendText(dst, "build_id", t.BuildID)
	if t.Environment != nil {
		dst = t.Environment.appendJSON(appendName(dst, "environment"))
	}
	dst = appendOptText(dst, "path", t.Path)
	dst = appendOptText(dst, "comment", t.Comment)
	dst = appendOptText(dst, "log_url", t.LogURL)
	dst = appendOptText(dst, "log_excerpt", t.LogExcerpt)
	dst = appendOptText(dst, "status", t.Status)
	if t.Number != nil {
		dst = t.Number.appendJSON(appendName(dst, "number"))
	}
	dst = appendOptTime(dst, "start_time", t.StartTime)
	dst = appendOptFloat(dst, "duration", t.Duration)
	dst = appendList(dst, "input_files", t.InputFiles, (*Resource).appendJSON)
	dst = appendList(dst, "output_files", t.OutputFiles, (*Resource).appendJSON)
	dst = appendMisc(dst, t.Misc)
	dst = appendOptTime(dst, "_timestamp", t.Timestamp)
	return closeObject(dst, start)
}

// AppendJSON appends the issue as compact JSON.
func (i *Issue) AppendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendText(dst, "id", i.ID)
	dst = strconv.AppendInt(appendName(dst, "version"), int64(i.Version), 10)
	dst = appendText(dst, "origin", i.Origin)
	dst = appendOptText(dst, "report_url", i.ReportURL)
	dst = appendOptText(dst, "report_subject", i.ReportSubject)
	if i.Culprit != nil {
		dst = i.Culprit.appendJSON(appendName(dst, "culprit"))
	}
	dst = appendTexts(dst, "categories", i.Categories)
	dst = appendOptText(dst, "comment", i.Comment)
	dst = appendMisc(dst, i.Misc)
	dst = appendOptTime(dst, "_timestamp", i.Timestamp)
	return closeObject(dst, start)
}

// AppendJSON appends the incident as compact JSON.
func (i *Incident) AppendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendText(dst, "id", i.ID)
	dst = appendText(dst, "origin", i.Origin)
	dst = appendText(dst, "issue_id", i.IssueID)
	dst = strconv.AppendInt(appendName(dst, "issue_version"), int64(i.IssueVersion), 10)
	dst = appendOptText(dst, "build_id", i.BuildID)
	dst = appendOptText(dst, "test_id", i.TestID)
	dst = appendOptBool(dst, "present", i.Present)
	dst = appendOptText(dst, "comment", i.Comment)
	dst = appendMisc(dst, i.Misc)
	dst = appendOptTime(dst, "_timestamp", i.Timestamp)
	return closeObject(dst, start)
}

func (e *Environment) appendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendOptText(dst, "comment", e.Comment)
	dst = appendTexts(dst, "compatible", e.Compatible)
	dst = appendMisc(dst, e.Misc)
	return closeObject(dst, start)
}

func (n *Number) appendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendFloat(appendName(dst, "value"), n.Value)
	dst = appendOptText(dst, "unit", n.Unit)
	dst = appendOptText(dst, "prefix", n.Prefix)
	return closeObject(dst, start)
}

func (c *Culprit) appendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendOptBool(dst, "code", c.Code)
	dst = appendOptBool(dst, "tool", c.Tool)
	dst = appendOptBool(dst, "harness", c.Harness)
	return closeObject(dst, start)
}

func (r *Resource) appendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendText(dst, "name", r.Name)
	dst = appendText(dst, "url", r.URL)
	return closeObject(dst, start)
}

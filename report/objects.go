// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"time"
)

// A new property of an object is a field and the last line of VisitFields. See "A new
// property" in docs/developer.md for the other places.

// Checkout is a kernel source tree as a CI system checked it out, patches
// included.
type Checkout struct {
	ID                     string          // "ORIGIN:...", unique among checkouts
	Origin                 string          // the CI system that sent it
	TreeName               *string         // well-known name of the tree, "mainline"
	GitRepositoryURL       *string         // https URL
	GitCommitHash          *string         // 40 hex digits
	GitCommitName          *string         // as "git describe" prints it
	GitCommitTags          []string        // annotated tags pointing at the commit
	GitCommitMessage       *string         // the commit's whole message
	GitRepositoryBranch    *string         // the branch checked out
	GitRepositoryBranchTip *bool           // whether the commit was the branch's tip
	PatchsetFiles          []Resource      // patches applied, in order
	PatchsetHash           *string         // 64 hex digits, or "" for no patches
	MessageID              *string         // Message-ID of the e-mail with the patches
	Comment                *string         // a remark for people
	StartTime              *time.Time      // when the CI system began to check it out
	OriginBuildsFinishTime *time.Time      // when the origin had all builds done
	OriginTestsFinishTime  *time.Time      // when the origin had all tests done
	LogURL                 *string         // log of checking out and patching
	LogExcerpt             *string         // the relevant part of the log, at most 16384 characters
	Valid                  *bool           // whether checking out and patching succeeded
	Misc                   json.RawMessage // anything else, a JSON object
	Timestamp              *time.Time      // metadata: when it last changed in a database
}

// VisitFields visits the fields of the checkout.
func (c *Checkout) VisitFields(v FieldVisitor) {
	v.Timestamp("_timestamp", &c.Timestamp)
	v.Text("id", &c.ID)
	v.Text("origin", &c.Origin)
	v.OptText("tree_name", &c.TreeName)
	v.OptText("git_repository_url", &c.GitRepositoryURL)
	v.OptText("git_commit_hash", &c.GitCommitHash)
	v.OptText("git_commit_name", &c.GitCommitName)
	v.Texts("git_commit_tags", &c.GitCommitTags)
	v.OptText("git_commit_message", &c.GitCommitMessage)
	v.OptText("git_repository_branch", &c.GitRepositoryBranch)
	v.OptBool("git_repository_branch_tip", &c.GitRepositoryBranchTip)
	v.Resources("patchset_files", &c.PatchsetFiles)
	v.OptText("patchset_hash", &c.PatchsetHash)
	v.OptText("message_id", &c.MessageID)
	v.OptText("comment", &c.Comment)
	v.OptTime("start_time", &c.StartTime)
	v.OptTime("origin_builds_finish_time", &c.OriginBuildsFinishTime)
	v.OptTime("origin_tests_finish_time", &c.OriginTestsFinishTime)
	v.OptText("log_url", &c.LogURL)
	v.OptText("log_excerpt", &c.LogExcerpt)
	v.OptBool("valid", &c.Valid)
	v.Misc("misc", &c.Misc)
}

// Build is a kernel built from a checkout.
type Build struct {
	ID           string          // "ORIGIN:...", unique among builds
	Origin       string          // the CI system that sent it
	CheckoutID   string          // the checkout it was built from
	Comment      *string         // a remark for people
	StartTime    *time.Time      // when the build began
	Duration     *float64        // seconds
	Architecture *string         // as in the kernel's tree and its tools, "arm64"
	Command      *string         // the shell command that built it
	Compiler     *string         // name and version
	InputFiles   []Resource      // files that it used
	OutputFiles  []Resource      // files that it wrote
	ConfigName   *string         // name of the configuration, "defconfig"
	ConfigURL    *string         // the configuration file
	LogURL       *string         // the build log
	LogExcerpt   *string         // the relevant part of the log, at most 16384 characters
	Status       *Status         // outcome
	Misc         json.RawMessage // anything else, a JSON object
	Timestamp    *time.Time      // metadata: when it last changed in a database
}

// VisitFields visits the fields of the build.
func (b *Build) VisitFields(v FieldVisitor) {
	v.Timestamp("_timestamp", &b.Timestamp)
	v.Text("id", &b.ID)
	v.Text("origin", &b.Origin)
	v.Text("checkout_id", &b.CheckoutID)
	v.OptText("comment", &b.Comment)
	v.OptTime("start_time", &b.StartTime)
	v.OptFloat("duration", &b.Duration)
	v.OptText("architecture", &b.Architecture)
	v.OptText("command", &b.Command)
	v.OptText("compiler", &b.Compiler)
	v.Resources("input_files", &b.InputFiles)
	v.Resources("output_files", &b.OutputFiles)
	v.OptText("config_name", &b.ConfigName)
	v.OptText("config_url", &b.ConfigURL)
	v.OptText("log_url", &b.LogURL)
	v.OptText("log_excerpt", &b.LogExcerpt)
	v.Status("status", &b.Status)
	v.Misc("misc", &b.Misc)
}

// Test is one run of one test against a build.
type Test struct {
	ID          string          // "ORIGIN:...", unique among tests
	Origin      string          // the CI system that sent it
	BuildID     string          // the build it ran against
	Environment *Environment    // the machine it ran on
	Path        *string         // dotted name: suite.group.test
	Comment     *string         // a remark for people
	LogURL      *string         // the test's log
	LogExcerpt  *string         // the relevant part of the log, at most 16384 characters
	Status      *Status         // outcome
	Number      *Number         // a measured value
	StartTime   *time.Time      // when the run began
	Duration    *float64        // seconds
	InputFiles  []Resource      // files that it used
	OutputFiles []Resource      // files that it wrote
	Misc        json.RawMessage // anything else, a JSON object
	Timestamp   *time.Time      // metadata: when it last changed in a database
}

// VisitFields visits the fields of the test.
func (t *Test) VisitFields(v FieldVisitor) {
	v.Timestamp("_timestamp", &t.Timestamp)
	v.Text("id", &t.ID)
	v.Text("origin", &t.Origin)
	v.Text("build_id", &t.BuildID)
	v.Environment("environment", &t.Environment)
	v.OptText("path", &t.Path)
	v.OptText("comment", &t.Comment)
	v.OptText("log_url", &t.LogURL)
	v.OptText("log_excerpt", &t.LogExcerpt)
	v.Status("status", &t.Status)
	v.Number("number", &t.Number)
	v.OptTime("start_time", &t.StartTime)
	v.OptFloat("duration", &t.Duration)
	v.Resources("input_files", &t.InputFiles)
	v.Resources("output_files", &t.OutputFiles)
	v.Misc("misc", &t.Misc)
}

// Environment is the machine that a test ran on.
type Environment struct {
	Comment    *string         // a remark for people
	Compatible []string        // device-tree compatibles of the machine, most specific first
	Misc       json.RawMessage // anything else, a JSON object; by convention it has the "platform"
}

var noEnvironment Environment

// VisitFields visits the fields of the environment, of an empty one if e is nil.
func (e *Environment) VisitFields(v FieldVisitor) {
	if e == nil {
		e = &noEnvironment
	}
	v.OptText("comment", &e.Comment)
	v.Texts("compatible", &e.Compatible)
	v.Misc("misc", &e.Misc)
}

// Number is a value a test measured.
type Number struct {
	Value  float64 // in Unit, without the prefix's scaling
	Unit   *string // "B/s"; free text
	Prefix *Prefix // which prefixes to show it with
}

var noNumber Number

// VisitFields visits the fields of the number, of an empty one if n is nil.
func (n *Number) VisitFields(v FieldVisitor) {
	if n == nil {
		n = &noNumber
		v.Float("value", nil)
	} else {
		v.Float("value", &n.Value)
	}
	v.OptText("unit", &n.Unit)
	v.Prefix("prefix", &n.Prefix)
}

// Prefix is the family of unit prefixes that a number is shown with.
type Prefix string

// The prefix families: powers of 1000 and powers of 1024.
const (
	PrefixMetric Prefix = "metric"
	PrefixBinary Prefix = "binary"
)

// Issue is a version of a known problem.
type Issue struct {
	ID            string          // "ORIGIN:...", unique together with Version
	Version       int             // a later version replaces an earlier one
	Origin        string          // the CI system that sent it
	ReportURL     *string         // of a discussion of the problem
	ReportSubject *string         // subject of that discussion
	Culprit       *Culprit        // the cause of the problem
	Categories    []string        // dotted names of the kinds of problem
	Comment       *string         // a remark for people
	Misc          json.RawMessage // anything else, a JSON object
	Timestamp     *time.Time      // metadata: when it last changed in a database
}

// VisitFields visits the fields of the issue.
func (i *Issue) VisitFields(v FieldVisitor) {
	v.Timestamp("_timestamp", &i.Timestamp)
	v.Text("id", &i.ID)
	v.Version("version", &i.Version)
	v.Text("origin", &i.Origin)
	v.OptText("report_url", &i.ReportURL)
	v.OptText("report_subject", &i.ReportSubject)
	v.Culprit("culprit", &i.Culprit)
	v.Texts("categories", &i.Categories)
	v.OptText("comment", &i.Comment)
	v.Misc("misc", &i.Misc)
}

// Culprit is the cause of an issue.
type Culprit struct {
	Code    *bool // the kernel
	Tool    *bool // the tools that build or test it
	Harness *bool // the system that runs them
}

var noCulprit Culprit

// VisitFields visits the fields of the culprit, of an empty one if c is nil.
func (c *Culprit) VisitFields(v FieldVisitor) {
	if c == nil {
		c = &noCulprit
	}
	v.OptBool("code", &c.Code)
	v.OptBool("tool", &c.Tool)
	v.OptBool("harness", &c.Harness)
}

// Incident reports whether a build or a test shows a version of an issue.
type Incident struct {
	ID           string          // "ORIGIN:...", unique among incidents
	Origin       string          // the CI system that sent it
	IssueID      string          // the issue
	IssueVersion int             // its version
	BuildID      *string         // the build that shows it
	TestID       *string         // the test that shows it
	Present      *bool           // true: it shows; false: it was searched and does not show
	Comment      *string         // a remark for people
	Misc         json.RawMessage // anything else, a JSON object
	Timestamp    *time.Time      // metadata: when it last changed in a database
}

// VisitFields visits the fields of the incident.
func (i *Incident) VisitFields(v FieldVisitor) {
	v.Timestamp("_timestamp", &i.Timestamp)
	v.Text("id", &i.ID)
	v.Text("origin", &i.Origin)
	v.Text("issue_id", &i.IssueID)
	v.Version("issue_version", &i.IssueVersion)
	v.OptText("build_id", &i.BuildID)
	v.OptText("test_id", &i.TestID)
	v.OptBool("present", &i.Present)
	v.OptText("comment", &i.Comment)
	v.Misc("misc", &i.Misc)
}

// Resource is a file on the web.
type Resource struct {
	Name string `json:"name"` // file name, without slashes
	URL  string `json:"url"`
}

// Status is the outcome of a build or a test.
type Status string

// The outcomes, worst first.
const (
	StatusFail  Status = "FAIL"  // it ran and found a fault of the kernel
	StatusError Status = "ERROR" // it could not be completed
	StatusMiss  Status = "MISS"  // it was planned, but no result came
	StatusPass  Status = "PASS"  // it ran and found no fault
	StatusDone  Status = "DONE"  // it ran, without a judgement of the result
	StatusSkip  Status = "SKIP"  // it was left out, because it did not apply
)

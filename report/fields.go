// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"time"
)

// Object is an object of a report, or a part of one: a [Checkout], [Build], [Test],
// [Issue] or [Incident], and the [Environment], [Number] and [Culprit] in them.
type Object interface {
	// VisitFields calls v once for each field: always all of them, in the same
	// order. The order never changes, because databases count on it.
	VisitFields(v FieldVisitor)
}

// FieldVisitor gets the fields of an object, one call each: the name of the
// property and a pointer to the field, through which a visitor may also set it.
// Encoders and decoders of other formats, such as tables, are visitors, so that
// each property is listed once.
//
// A pointer, list or JSON text in a field is nil if the property is absent.
type FieldVisitor interface {
	// Timestamp gets the metadata of an object, which comes before its properties.
	Timestamp(name string, field **time.Time)

	Text(name string, field *string) // required
	OptText(name string, field **string)
	// Version gets the version of an issue, a required number of 32 bits. It
	// belongs to the ID before it: both together identify the issue.
	Version(name string, field *int)
	Status(name string, field **Status)
	OptBool(name string, field **bool)
	OptFloat(name string, field **float64)
	OptTime(name string, field **time.Time)
	Texts(name string, field *[]string)
	Resources(name string, field *[]Resource)
	Misc(name string, field *json.RawMessage)

	// The parts are objects themselves. A visitor that sees no difference between
	// the fields of a part and those of the object calls VisitFields of the part,
	// also if it is nil: then all fields are absent. Such fields must not be set.
	Environment(name string, part **Environment)
	Number(name string, part **Number)
	Culprit(name string, part **Culprit)

	// Float gets the value of a Number, nil if the whole Number is.
	Float(name string, field *float64)
	Prefix(name string, field **Prefix)
}

// A new property is a line at the end of its object. docs/developer.md names the other
// places.

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

var (
	noEnvironment Environment
	noNumber      Number
	noCulprit     Culprit
)

// VisitFields visits the fields of the environment, of an empty one if e is nil.
func (e *Environment) VisitFields(v FieldVisitor) {
	if e == nil {
		e = &noEnvironment
	}
	v.OptText("comment", &e.Comment)
	v.Texts("compatible", &e.Compatible)
	v.Misc("misc", &e.Misc)
}

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

// VisitFields visits the fields of the culprit, of an empty one if c is nil.
func (c *Culprit) VisitFields(v FieldVisitor) {
	if c == nil {
		c = &noCulprit
	}
	v.OptBool("code", &c.Code)
	v.OptBool("tool", &c.Tool)
	v.OptBool("harness", &c.Harness)
}

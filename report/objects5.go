// SPDX-License-Identifier: Apache-2.0

package report

// The shapes of the objects of 5.x.

var checkoutShape = newShape(
	property[Checkout]{"id", required, func(d *decoder, to *Checkout) { to.ID = d.string(ruleID) }},
	property[Checkout]{"origin", required, func(d *decoder, to *Checkout) { to.Origin = d.string(ruleOrigin) }},
	property[Checkout]{"tree_name", optional, func(d *decoder, to *Checkout) { to.TreeName = d.optText() }},
	property[Checkout]{"git_repository_url", optional, func(d *decoder, to *Checkout) { to.GitRepositoryURL = d.optString(ruleURI, ruleHTTPS) }},
	property[Checkout]{"git_commit_hash", optional, func(d *decoder, to *Checkout) { to.GitCommitHash = d.optString(ruleCommitHash) }},
	property[Checkout]{"git_commit_name", optional, func(d *decoder, to *Checkout) { to.GitCommitName = d.optText() }},
	property[Checkout]{"git_commit_tags", optional, func(d *decoder, to *Checkout) { to.GitCommitTags = d.strings(ruleText) }},
	property[Checkout]{"git_commit_message", optional, func(d *decoder, to *Checkout) { to.GitCommitMessage = d.optText() }},
	property[Checkout]{"git_repository_branch", optional, func(d *decoder, to *Checkout) { to.GitRepositoryBranch = d.optText() }},
	property[Checkout]{"git_repository_branch_tip", optional, func(d *decoder, to *Checkout) { to.GitRepositoryBranchTip = d.optBool() }},
	property[Checkout]{"patchset_files", optional, func(d *decoder, to *Checkout) { to.PatchsetFiles = d.resources() }},
	property[Checkout]{"patchset_hash", optional, func(d *decoder, to *Checkout) { to.PatchsetHash = d.optString(rulePatchsetHash) }},
	property[Checkout]{"message_id", optional, func(d *decoder, to *Checkout) { to.MessageID = d.optString(ruleEmail) }},
	property[Checkout]{"comment", optional, func(d *decoder, to *Checkout) { to.Comment = d.optText() }},
	property[Checkout]{"start_time", optional, func(d *decoder, to *Checkout) { to.StartTime = d.optTime() }},
	property[Checkout]{"origin_builds_finish_time", since(1), func(d *decoder, to *Checkout) { to.OriginBuildsFinishTime = d.optTime() }},
	property[Checkout]{"origin_tests_finish_time", since(1), func(d *decoder, to *Checkout) { to.OriginTestsFinishTime = d.optTime() }},
	property[Checkout]{"log_url", optional, func(d *decoder, to *Checkout) { to.LogURL = d.optURI() }},
	property[Checkout]{"log_excerpt", optional, func(d *decoder, to *Checkout) { to.LogExcerpt = d.logExcerpt() }},
	property[Checkout]{"valid", optional, func(d *decoder, to *Checkout) { to.Valid = d.optBool() }},
	property[Checkout]{"misc", optional, func(d *decoder, to *Checkout) { to.Misc = d.misc() }},
	property[Checkout]{"_timestamp", optional, func(d *decoder, to *Checkout) { to.Timestamp = d.optTime() }},
)

var buildShape = newShape(
	property[Build]{"id", required, func(d *decoder, to *Build) { to.ID = d.string(ruleID) }},
	property[Build]{"origin", required, func(d *decoder, to *Build) { to.Origin = d.string(ruleOrigin) }},
	property[Build]{"checkout_id", required, func(d *decoder, to *Build) { to.CheckoutID = d.string(ruleID) }},
	property[Build]{"comment", optional, func(d *decoder, to *Build) { to.Comment = d.optText() }},
	property[Build]{"start_time", optional, func(d *decoder, to *Build) { to.StartTime = d.optTime() }},
	property[Build]{"duration", optional, func(d *decoder, to *Build) { to.Duration = d.optFloat() }},
	property[Build]{"architecture", optional, func(d *decoder, to *Build) { to.Architecture = d.optString(ruleArchitecture) }},
	property[Build]{"command", optional, func(d *decoder, to *Build) { to.Command = d.optText() }},
	property[Build]{"compiler", optional, func(d *decoder, to *Build) { to.Compiler = d.optText() }},
	property[Build]{"input_files", optional, func(d *decoder, to *Build) { to.InputFiles = d.resources() }},
	property[Build]{"output_files", optional, func(d *decoder, to *Build) { to.OutputFiles = d.resources() }},
	property[Build]{"config_name", optional, func(d *decoder, to *Build) { to.ConfigName = d.optText() }},
	property[Build]{"config_url", optional, func(d *decoder, to *Build) { to.ConfigURL = d.optURI() }},
	property[Build]{"log_url", optional, func(d *decoder, to *Build) { to.LogURL = d.optURI() }},
	property[Build]{"log_excerpt", optional, func(d *decoder, to *Build) { to.LogExcerpt = d.logExcerpt() }},
	property[Build]{"status", optional, func(d *decoder, to *Build) { to.Status = d.optStatus() }},
	property[Build]{"misc", optional, func(d *decoder, to *Build) { to.Misc = d.misc() }},
	property[Build]{"_timestamp", optional, func(d *decoder, to *Build) { to.Timestamp = d.optTime() }},
)

var testShape = newShape(
	property[Test]{"id", required, func(d *decoder, to *Test) { to.ID = d.string(ruleID) }},
	property[Test]{"origin", required, func(d *decoder, to *Test) { to.Origin = d.string(ruleOrigin) }},
	property[Test]{"build_id", required, func(d *decoder, to *Test) { to.BuildID = d.string(ruleID) }},
	property[Test]{"environment", optional, func(d *decoder, to *Test) {
		to.Environment = new(Environment)
		readObject(d, environmentShape, to.Environment)
	}},
	property[Test]{"path", optional, func(d *decoder, to *Test) { to.Path = d.optString(rulePath) }},
	property[Test]{"comment", optional, func(d *decoder, to *Test) { to.Comment = d.optText() }},
	property[Test]{"log_url", optional, func(d *decoder, to *Test) { to.LogURL = d.optURI() }},
	property[Test]{"log_excerpt", optional, func(d *decoder, to *Test) { to.LogExcerpt = d.logExcerpt() }},
	property[Test]{"status", optional, func(d *decoder, to *Test) { to.Status = d.optStatus() }},
	property[Test]{"number", optional, func(d *decoder, to *Test) { to.Number = new(Number); readObject(d, numberShape, to.Number) }},
	property[Test]{"start_time", optional, func(d *decoder, to *Test) { to.StartTime = d.optTime() }},
	property[Test]{"duration", optional, func(d *decoder, to *Test) { to.Duration = d.optFloat() }},
	property[Test]{"input_files", since(3), func(d *decoder, to *Test) { to.InputFiles = d.resources() }},
	property[Test]{"output_files", optional, func(d *decoder, to *Test) { to.OutputFiles = d.resources() }},
	property[Test]{"misc", optional, func(d *decoder, to *Test) { to.Misc = d.misc() }},
	property[Test]{"_timestamp", optional, func(d *decoder, to *Test) { to.Timestamp = d.optTime() }},
)

var issueShape = newShape(
	property[Issue]{"id", required, func(d *decoder, to *Issue) { to.ID = d.string(ruleID) }},
	property[Issue]{"version", required, func(d *decoder, to *Issue) { to.Version = d.issueVersion() }},
	property[Issue]{"origin", required, func(d *decoder, to *Issue) { to.Origin = d.string(ruleOrigin) }},
	property[Issue]{"report_url", optional, func(d *decoder, to *Issue) { to.ReportURL = d.optURI() }},
	property[Issue]{"report_subject", optional, func(d *decoder, to *Issue) { to.ReportSubject = d.optText() }},
	property[Issue]{"culprit", optional, func(d *decoder, to *Issue) { to.Culprit = new(Culprit); readObject(d, culpritShape, to.Culprit) }},
	property[Issue]{"categories", since(2), func(d *decoder, to *Issue) { to.Categories = d.strings(rulePath) }},
	property[Issue]{"comment", optional, func(d *decoder, to *Issue) { to.Comment = d.optText() }},
	property[Issue]{"misc", optional, func(d *decoder, to *Issue) { to.Misc = d.misc() }},
	property[Issue]{"_timestamp", optional, func(d *decoder, to *Issue) { to.Timestamp = d.optTime() }},
)

var incidentShape = newShape(
	property[Incident]{"id", required, func(d *decoder, to *Incident) { to.ID = d.string(ruleID) }},
	property[Incident]{"origin", required, func(d *decoder, to *Incident) { to.Origin = d.string(ruleOrigin) }},
	property[Incident]{"issue_id", required, func(d *decoder, to *Incident) { to.IssueID = d.string(ruleID) }},
	property[Incident]{"issue_version", required, func(d *decoder, to *Incident) { to.IssueVersion = d.issueVersion() }},
	property[Incident]{"build_id", optional, func(d *decoder, to *Incident) { to.BuildID = d.optString(ruleID) }},
	property[Incident]{"test_id", optional, func(d *decoder, to *Incident) { to.TestID = d.optString(ruleID) }},
	property[Incident]{"present", optional, func(d *decoder, to *Incident) { to.Present = d.optBool() }},
	property[Incident]{"comment", optional, func(d *decoder, to *Incident) { to.Comment = d.optText() }},
	property[Incident]{"misc", optional, func(d *decoder, to *Incident) { to.Misc = d.misc() }},
	property[Incident]{"_timestamp", optional, func(d *decoder, to *Incident) { to.Timestamp = d.optTime() }},
)

// The shapes of what is inside of the objects.

var environmentShape = newShape(
	property[Environment]{"comment", optional, func(d *decoder, to *Environment) { to.Comment = d.optText() }},
	property[Environment]{"compatible", optional, func(d *decoder, to *Environment) { to.Compatible = d.strings(ruleCompatible) }},
	property[Environment]{"misc", optional, func(d *decoder, to *Environment) { to.Misc = d.misc() }},
)

var numberShape = newShape(
	property[Number]{"value", required, func(d *decoder, to *Number) { to.Value = d.float() }},
	property[Number]{"unit", optional, func(d *decoder, to *Number) { to.Unit = d.optText() }},
	property[Number]{"prefix", optional, func(d *decoder, to *Number) { to.Prefix = d.prefix() }},
)

var culpritShape = newShape(
	property[Culprit]{"code", optional, func(d *decoder, to *Culprit) { to.Code = d.optBool() }},
	property[Culprit]{"tool", optional, func(d *decoder, to *Culprit) { to.Tool = d.optBool() }},
	property[Culprit]{"harness", optional, func(d *decoder, to *Culprit) { to.Harness = d.optBool() }},
)

var resourceShape = newShape(
	property[Resource]{"name", required, func(d *decoder, to *Resource) { to.Name = d.string(ruleResourceName) }},
	property[Resource]{"url", required, func(d *decoder, to *Resource) { to.URL = d.string(ruleURI) }},
)

// SPDX-License-Identifier: Apache-2.0

package report

// This file lists the properties of each version that the latest version has, too, and
// how they are decoded into the fields of the latest version. The file
// properties_old.go lists properties that only older versions have.

var reportProperties = []property[Report]{
	{"version", required, func(d *decoder, _ *Report) { d.readVersion() }},
	{"revisions", optional.until(3, 0), checkouts.read},
	{checkouts.name, optional.since(4, 0), checkouts.read},
	{builds.name, optional, builds.read},
	{tests.name, optional, tests.read},
	{issues.name, optional.since(4, 1), issues.read},
	{incidents.name, optional.since(4, 1), incidents.read},
}

var versionProperties = []property[Version]{
	{"major", required, func(d *decoder, _ *Version) { d.readMajor() }},
	{"minor", optional, func(d *decoder, _ *Version) { d.readMinor() }},
}

var checkoutProperties = append([]property[Checkout]{
	{"id", required.since(4, 0), func(d *decoder, to *Checkout) { to.ID = d.id() }},
	{"origin", required.since(3, 0), func(d *decoder, to *Checkout) { to.Origin = d.origin() }},
	{"tree_name", optional.since(3, 0), func(d *decoder, to *Checkout) { to.TreeName = d.optName() }},
	{"git_repository_url", optional, func(d *decoder, to *Checkout) { to.GitRepositoryURL = d.repository() }},
	{"git_commit_hash", optional.since(3, 0), func(d *decoder, to *Checkout) { to.GitCommitHash = d.optString(ruleCommitHash) }},
	{"git_commit_name", optional.since(3, 0), func(d *decoder, to *Checkout) { to.GitCommitName = d.optText() }},
	{"git_commit_tags", optional.since(4, 5), func(d *decoder, to *Checkout) { to.GitCommitTags = d.strings(d.rules.text, ruleIndexed) }},
	{"git_commit_message", optional.since(4, 5), func(d *decoder, to *Checkout) { to.GitCommitMessage = d.optText() }},
	{"git_repository_branch", optional, func(d *decoder, to *Checkout) { to.GitRepositoryBranch = d.optName() }},
	{"git_repository_branch_tip", optional.since(4, 5), func(d *decoder, to *Checkout) { to.GitRepositoryBranchTip = d.optBool() }},
	{"patchset_files", optional.since(4, 0), func(d *decoder, to *Checkout) { to.PatchsetFiles = d.resources() }},
	{"patchset_hash", optional.since(4, 0), func(d *decoder, to *Checkout) { to.PatchsetHash = d.optString(rulePatchsetHash) }},
	{"message_id", optional, func(d *decoder, to *Checkout) { to.MessageID = d.optString(ruleEmail) }},
	{"comment", optional.since(4, 0), func(d *decoder, to *Checkout) { to.Comment = d.optText() }},
	{"start_time", optional.since(4, 0), func(d *decoder, to *Checkout) { to.StartTime = d.optTime() }},
	{"origin_builds_finish_time", optional.since(5, 1), func(d *decoder, to *Checkout) { to.OriginBuildsFinishTime = d.optTime() }},
	{"origin_tests_finish_time", optional.since(5, 1), func(d *decoder, to *Checkout) { to.OriginTestsFinishTime = d.optTime() }},
	{"log_url", optional, func(d *decoder, to *Checkout) { to.LogURL = d.optURI() }},
	{"log_excerpt", optional.since(4, 0), func(d *decoder, to *Checkout) { to.LogExcerpt = d.logExcerpt() }},
	{"valid", optional, func(d *decoder, to *Checkout) { to.Valid = d.optBool() }},
	{"misc", optional, func(d *decoder, to *Checkout) { to.Misc = d.misc() }},
	{"_timestamp", optional.since(4, 3), func(d *decoder, to *Checkout) { to.Timestamp = d.optTime() }},
}, oldCheckoutProperties...)

var buildProperties = append([]property[Build]{
	{"id", required.since(2, 0), func(d *decoder, to *Build) { to.ID = d.id() }},
	{"origin", required.since(3, 0), func(d *decoder, to *Build) { to.Origin = d.origin() }},
	{"checkout_id", required.since(4, 0), func(d *decoder, to *Build) { to.CheckoutID = d.parent() }},
	{"comment", optional.since(4, 0), func(d *decoder, to *Build) { to.Comment = d.optText() }},
	{"start_time", optional, func(d *decoder, to *Build) { to.StartTime = d.optTime() }},
	{"duration", optional, func(d *decoder, to *Build) { to.Duration = d.optFloat() }},
	{"architecture", optional, func(d *decoder, to *Build) { to.Architecture = d.optString(ruleArchitecture) }},
	{"command", optional, func(d *decoder, to *Build) { to.Command = d.optText() }},
	{"compiler", optional, func(d *decoder, to *Build) { to.Compiler = d.optText() }},
	{"input_files", optional, func(d *decoder, to *Build) { to.InputFiles = d.resources() }},
	{"output_files", optional, func(d *decoder, to *Build) { to.OutputFiles = d.resources() }},
	{"config_name", optional, func(d *decoder, to *Build) { to.ConfigName = d.optText() }},
	{"config_url", optional, func(d *decoder, to *Build) { to.ConfigURL = d.optURI() }},
	{"log_url", optional, func(d *decoder, to *Build) { to.LogURL = d.optURI() }},
	{"log_excerpt", optional.since(4, 0), func(d *decoder, to *Build) { to.LogExcerpt = d.logExcerpt() }},
	{"status", optional.since(5, 0), func(d *decoder, to *Build) { to.Status = d.optStatus() }},
	{"misc", optional, func(d *decoder, to *Build) { to.Misc = d.misc() }},
	{"_timestamp", optional.since(4, 3), func(d *decoder, to *Build) { to.Timestamp = d.optTime() }},
}, oldBuildProperties...)

var testProperties = append([]property[Test]{
	{"id", required.since(2, 0), func(d *decoder, to *Test) { to.ID = d.id() }},
	{"origin", required.since(3, 0), func(d *decoder, to *Test) { to.Origin = d.origin() }},
	{"build_id", required.since(2, 0), func(d *decoder, to *Test) { to.BuildID = d.parent() }},
	{"environment", optional, func(d *decoder, to *Test) { to.Environment = readPart(d, d.shapes.environment) }},
	{"path", optional, func(d *decoder, to *Test) { to.Path = d.testPath() }},
	{"comment", optional.since(4, 0), func(d *decoder, to *Test) { to.Comment = d.optText() }},
	{"log_url", optional.since(4, 0), func(d *decoder, to *Test) { to.LogURL = d.optURI() }},
	{"log_excerpt", optional.since(4, 0), func(d *decoder, to *Test) { to.LogExcerpt = d.logExcerpt() }},
	{"status", optional, func(d *decoder, to *Test) { to.Status = d.optStatus() }},
	{"number", optional.since(4, 4), func(d *decoder, to *Test) { to.Number = readPart(d, d.shapes.number) }},
	{"start_time", optional, func(d *decoder, to *Test) { to.StartTime = d.optTime() }},
	{"duration", optional, func(d *decoder, to *Test) { to.Duration = d.optFloat() }},
	{"input_files", optional.since(5, 3), func(d *decoder, to *Test) { to.InputFiles = d.resources() }},
	{"output_files", optional, func(d *decoder, to *Test) { to.OutputFiles = d.resources() }},
	{"misc", optional, func(d *decoder, to *Test) { to.Misc = d.misc() }},
	{"_timestamp", optional.since(4, 3), func(d *decoder, to *Test) { to.Timestamp = d.optTime() }},
}, oldTestProperties...)

var issueProperties = []property[Issue]{
	{"id", required, func(d *decoder, to *Issue) { to.ID = d.id() }},
	{"version", required, func(d *decoder, to *Issue) { to.Version = d.issueVersion() }},
	{"origin", required, func(d *decoder, to *Issue) { to.Origin = d.origin() }},
	{"report_url", optional, func(d *decoder, to *Issue) { to.ReportURL = d.optURI() }},
	{"report_subject", optional, func(d *decoder, to *Issue) { to.ReportSubject = d.optText() }},
	{"culprit", optional, func(d *decoder, to *Issue) { to.Culprit = readPart(d, d.shapes.culprit) }},
	{"categories", optional.since(5, 2), func(d *decoder, to *Issue) { to.Categories = d.strings(rulePath) }},
	{"build_valid", optional.until(4, 5), func(d *decoder, _ *Issue) { d.boolean() }},
	{"test_status", optional.until(4, 5), func(d *decoder, _ *Issue) { d.status() }},
	{"comment", optional, func(d *decoder, to *Issue) { to.Comment = d.optText() }},
	{"misc", optional, func(d *decoder, to *Issue) { to.Misc = d.misc() }},
	{"_timestamp", optional.since(4, 3), func(d *decoder, to *Issue) { to.Timestamp = d.optTime() }},
}

var incidentProperties = []property[Incident]{
	{"id", required, func(d *decoder, to *Incident) { to.ID = d.id() }},
	{"origin", required, func(d *decoder, to *Incident) { to.Origin = d.origin() }},
	{"issue_id", required, func(d *decoder, to *Incident) { to.IssueID = d.parent() }},
	{"issue_version", required, func(d *decoder, to *Incident) { to.IssueVersion = d.issueVersion() }},
	{"build_id", optional, func(d *decoder, to *Incident) { to.BuildID = d.optParent() }},
	{"test_id", optional, func(d *decoder, to *Incident) { to.TestID = d.optParent() }},
	{"present", optional, func(d *decoder, to *Incident) { to.Present = d.optBool() }},
	{"comment", optional, func(d *decoder, to *Incident) { to.Comment = d.optText() }},
	{"misc", optional, func(d *decoder, to *Incident) { to.Misc = d.misc() }},
	{"_timestamp", optional.since(4, 3), func(d *decoder, to *Incident) { to.Timestamp = d.optTime() }},
}

// The properties of the parts of objects.

var environmentProperties = []property[Environment]{
	{"description", optional.until(3, 0), func(d *decoder, to *Environment) { to.Comment = d.optText() }},
	{"comment", optional.since(4, 0), func(d *decoder, to *Environment) { to.Comment = d.optText() }},
	{"compatible", optional.since(4, 4), func(d *decoder, to *Environment) { to.Compatible = d.strings(d.rules.compatible) }},
	{"misc", optional, func(d *decoder, to *Environment) { to.Misc = d.misc() }},
}

var numberProperties = []property[Number]{
	{"value", required, func(d *decoder, to *Number) { to.Value = d.float() }},
	{"unit", optional, func(d *decoder, to *Number) { to.Unit = d.optText() }},
	{"prefix", optional, func(d *decoder, to *Number) { to.Prefix = d.prefix() }},
}

var culpritProperties = []property[Culprit]{
	{"code", optional, func(d *decoder, to *Culprit) { to.Code = d.optBool() }},
	{"tool", optional, func(d *decoder, to *Culprit) { to.Tool = d.optBool() }},
	{"harness", optional, func(d *decoder, to *Culprit) { to.Harness = d.optBool() }},
}

var resourceProperties = []property[Resource]{
	{"name", required, func(d *decoder, to *Resource) { to.Name = d.fileName() }},
	{"url", required, func(d *decoder, to *Resource) { to.URL = d.string(ruleURI) }},
}

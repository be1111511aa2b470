// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/kcidb-go/kcidb/internal/graph"
)

var testKind = newKind(testType, "a run of a test against a build",
	text("id", "its ID", func(t *graph.Test) string { return t.ID }),
	text("origin", "the CI system", func(t *graph.Test) string { return t.Origin }),
	text("path", "dotted name of the test", (*graph.Test).Path),
	statusOf("status", "how it ended", (*graph.Test).Status),
	text("comment", "a remark", (*graph.Test).Remark),
	text("log_url", "the log", (*graph.Test).Log),
	text("log_excerpt", "the part of it that matters", (*graph.Test).Excerpt),
	moment("start_time", "when it began", (*graph.Test).Start),
	length("duration", "how long it took", (*graph.Test).Took),
	text("platform", "the machine it ran on, as its origin calls it", (*graph.Test).Platform),
	text("lab", "where the machine is", (*graph.Test).Lab),
	texts("compatible", "device-tree compatibles of the machine", func(t *graph.Test) ([]string, error) { return t.Compatible(), nil }),
	extra("misc", "anything else", (*graph.Test).Extra),
	extra("environment_misc", "anything else about where it ran", (*graph.Test).EnvironmentExtra),
	fieldOf("number_value", cel.DoubleType, "what it measured", func(t *graph.Test) (any, error) {
		if t.Number == nil {
			return types.Double(0), nil
		}
		return types.Double(t.Number.Value), nil
	}).set(func(t any) bool { return t.(*graph.Test).Number != nil }),
	text("number_unit", "the unit of that", func(t *graph.Test) string {
		if t.Number == nil {
			return ""
		}
		return value(t.Number.Unit)
	}),
	fieldOf("build", buildType, "what was tested", func(t *graph.Test) (any, error) { return t.Build(), nil }),
	fieldOf("checkout", checkoutType, "what that was built from", func(t *graph.Test) (any, error) { return t.Build().Checkout(), nil }),
	fieldOf("revision", revisionType, "the code of that", func(t *graph.Test) (any, error) { return t.Build().Checkout().Revision(), nil }),
	many("issues", versionType, "the issues seen in it", func(t *graph.Test) ([]*graph.IssueVersion, error) { return versions(t.Issues()) }),
	statusOf("before", `how it ended the last time before, in a like build of an earlier checkout; "" where nobody knows`, func(t *graph.Test) (string, error) {
		before, err := t.Before()
		return string(before), err
	}),
)

// set sets how the presence of a field is told.
func (f field) set(has func(any) bool) field {
	f.has = has
	return f
}

// versions returns what was seen.
func versions(seen []*graph.Sighting, err error) ([]*graph.IssueVersion, error) {
	found := make([]*graph.IssueVersion, len(seen))
	for i, s := range seen {
		found[i] = s.IssueVersion
	}
	return found, err
}

var issueKind = newKind(issueType, "a known problem, in all its versions",
	text("id", "its ID", func(i *graph.Issue) string { return i.ID }),
	many("versions", versionType, "its versions, oldest first", (*graph.Issue).Versions),
	fieldOf("newest", versionType, "the newest of them", func(i *graph.Issue) (any, error) { return i.Newest() }),
	statusOf("status", "that of the newest version", (*graph.Issue).Status),
)

var versionKind = newKind(versionType, "a version of a known problem",
	text("id", "ID of the issue", func(v *graph.IssueVersion) string { return v.ID }),
	number("version_num", "its number", func(v *graph.IssueVersion) int64 { return int64(v.Version) }),
	text("origin", "the CI system", func(v *graph.IssueVersion) string { return v.Origin }),
	text("report_url", "where people talk of it", (*graph.IssueVersion).URL),
	text("report_subject", "what they call it", (*graph.IssueVersion).Subject),
	texts("culprits", `what is at fault: some of "code", "tool" and "harness"`, func(v *graph.IssueVersion) ([]string, error) { return v.Culprits(), nil }),
	texts("categories", "dotted names of the kinds of problem", func(v *graph.IssueVersion) ([]string, error) { return v.Categories, nil }),
	text("comment", "a remark", (*graph.IssueVersion).Remark),
	extra("misc", "anything else", (*graph.IssueVersion).Extra),
	statusOf("status", `"FAIL" where it was seen, "PASS" where it was only looked for, or ""`, (*graph.IssueVersion).Status),
	fieldOf("seen", seenType, "what it was seen in", func(v *graph.IssueVersion) (any, error) { return v.Seen() }),
)

var seenKind = newKind(seenType, "what an issue was seen in",
	number("present", "incidents that tell it was there", func(s *graph.Seen) int64 { return s.Present }),
	number("absent", "incidents that tell it was not", func(s *graph.Seen) int64 { return s.Absent }),
	number("builds", "builds it was in", func(s *graph.Seen) int64 { return s.Builds }),
	number("tests", "tests it was in", func(s *graph.Seen) int64 { return s.Tests }),
)

var incidentKind = newKind(incidentType, "whether an issue was seen in a build or a test",
	text("id", "its ID", func(n *graph.Incident) string { return n.ID }),
	text("origin", "the CI system", func(n *graph.Incident) string { return n.Origin }),
	fieldOf("issue", versionType, "the issue", func(n *graph.Incident) (any, error) { return n.Issue(), nil }),
	text("issue_id", "ID of the issue", func(n *graph.Incident) string { return n.IssueID }),
	number("issue_version_num", "number of its version", func(n *graph.Incident) int64 { return int64(n.IssueVersion) }),
	fieldOf("present", cel.BoolType, "the issue was there, unless the incident says that it is absent", func(n *graph.Incident) (any, error) { return types.Bool(n.Seen()), nil }).
		set(func(n any) bool { return n.(*graph.Incident).Present != nil }),
	text("comment", "a remark", (*graph.Incident).Remark),
	extra("misc", "anything else", (*graph.Incident).Extra),
	fieldOf("build", buildType, "the build, or that of the test", func(n *graph.Incident) (any, error) { return n.Build(), nil }),
	fieldOf("test", testType, "the test, where it is one", func(n *graph.Incident) (any, error) { return n.Test(), nil }),
	fieldOf("checkout", checkoutType, "what that was built from", func(n *graph.Incident) (any, error) { return n.Build().Checkout(), nil }),
	fieldOf("revision", revisionType, "the code of that", func(n *graph.Incident) (any, error) { return n.Build().Checkout().Revision(), nil }),
	statusOf("status", `"FAIL" where the issue was there, "PASS" where not, or ""`, (*graph.Incident).Status),
)

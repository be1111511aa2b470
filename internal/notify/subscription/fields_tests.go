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
	text("log_excerpt", "the part of the log in the report", (*graph.Test).Excerpt),
	timeField("start_time", "when it began", (*graph.Test).Start),
	length("duration", "how long it took", (*graph.Test).Took),
	text("platform", "the machine it ran on, as its origin calls it", (*graph.Test).Platform),
	text("lab", "the lab of the machine", (*graph.Test).Lab),
	texts("compatible", "device-tree compatibles of the machine", func(t *graph.Test) ([]string, error) { return t.Compatible(), nil }),
	extra("misc", "anything else", (*graph.Test).Extra),
	extra("environment_misc", "anything else about where it ran", (*graph.Test).EnvironmentExtra),
	fieldOf("number_value", cel.DoubleType, "the measured number", func(t *graph.Test) (any, error) {
		if t.Number == nil {
			return types.Double(0), nil
		}
		return types.Double(t.Number.Value), nil
	}).set(func(t any) bool { return t.(*graph.Test).Number != nil }),
	text("number_unit", "unit of the number", func(t *graph.Test) string {
		if t.Number == nil {
			return ""
		}
		return value(t.Number.Unit)
	}),
	fieldOf("build", buildType, "the build that was tested", func(t *graph.Test) (any, error) { return t.Build(), nil }),
	fieldOf("checkout", checkoutType, "the checkout of the build", func(t *graph.Test) (any, error) { return t.Build().Checkout(), nil }),
	fieldOf("revision", revisionType, "the revision of the checkout", func(t *graph.Test) (any, error) { return t.Build().Checkout().Revision(), nil }),
	listField("issues", versionType, "the issues seen in it", func(t *graph.Test) ([]*graph.IssueVersion, error) { return versions(t.Issues()) }),
	statusOf("before", `how it ended the last time before, in a similar build of an earlier checkout; "" if unknown`, func(t *graph.Test) (string, error) {
		before, err := t.Before()
		return string(before), err
	}),
)

// set sets the function that reports whether an object has the field.
func (f field) set(has func(any) bool) field {
	f.has = has
	return f
}

// versions returns the versions of issues that were seen.
func versions(seen []*graph.Sighting, err error) ([]*graph.IssueVersion, error) {
	found := make([]*graph.IssueVersion, len(seen))
	for i, s := range seen {
		found[i] = s.IssueVersion
	}
	return found, err
}

var issueKind = newKind(issueType, "a known problem, in all its versions",
	text("id", "its ID", func(i *graph.Issue) string { return i.ID }),
	listField("versions", versionType, "its versions, oldest first", (*graph.Issue).Versions),
	fieldOf("newest", versionType, "the newest of them", func(i *graph.Issue) (any, error) { return i.Newest() }),
	statusOf("status", "that of the newest version", (*graph.Issue).Status),
)

var versionKind = newKind(versionType, "a version of a known problem",
	text("id", "ID of the issue", func(v *graph.IssueVersion) string { return v.ID }),
	number("version_num", "its number", func(v *graph.IssueVersion) int64 { return int64(v.Version) }),
	text("origin", "the CI system", func(v *graph.IssueVersion) string { return v.Origin }),
	text("report_url", "URL of its discussion", (*graph.IssueVersion).URL),
	text("report_subject", "subject of its report", (*graph.IssueVersion).Subject),
	texts("culprits", `at fault: "code", "tool", "harness"`, func(v *graph.IssueVersion) ([]string, error) { return v.Culprits(), nil }),
	texts("categories", "dotted names of the kinds of problem", func(v *graph.IssueVersion) ([]string, error) { return v.Categories, nil }),
	text("comment", "a remark", (*graph.IssueVersion).Remark),
	extra("misc", "anything else", (*graph.IssueVersion).Extra),
	statusOf("status", `"FAIL" if it was seen, "PASS" if it was looked for and not seen, or ""`, (*graph.IssueVersion).Status),
	fieldOf("seen", seenType, "numbers of its incidents", func(v *graph.IssueVersion) (any, error) { return v.Seen() }),
)

var seenKind = newKind(seenType, "numbers of the incidents of an issue",
	number("present", "incidents with the issue", func(s *graph.Seen) int64 { return s.Present }),
	number("absent", "incidents without the issue", func(s *graph.Seen) int64 { return s.Absent }),
	number("builds", "builds with the issue", func(s *graph.Seen) int64 { return s.Builds }),
	number("tests", "tests with the issue", func(s *graph.Seen) int64 { return s.Tests }),
)

var incidentKind = newKind(incidentType, "whether an issue was seen in a build or a test",
	text("id", "its ID", func(n *graph.Incident) string { return n.ID }),
	text("origin", "the CI system", func(n *graph.Incident) string { return n.Origin }),
	fieldOf("issue", versionType, "the issue", func(n *graph.Incident) (any, error) { return n.Issue(), nil }),
	text("issue_id", "ID of the issue", func(n *graph.Incident) string { return n.IssueID }),
	number("issue_version_num", "number of its version", func(n *graph.Incident) int64 { return int64(n.IssueVersion) }),
	fieldOf("present", cel.BoolType, "the issue was seen, unless the incident says that it is absent", func(n *graph.Incident) (any, error) { return types.Bool(n.Seen()), nil }).
		set(func(n any) bool { return n.(*graph.Incident).Present != nil }),
	text("comment", "a remark", (*graph.Incident).Remark),
	extra("misc", "anything else", (*graph.Incident).Extra),
	fieldOf("build", buildType, "the build, or that of the test", func(n *graph.Incident) (any, error) { return n.Build(), nil }),
	fieldOf("test", testType, "the test, if the incident is of a test", func(n *graph.Incident) (any, error) { return n.Test(), nil }),
	fieldOf("checkout", checkoutType, "the checkout of the build", func(n *graph.Incident) (any, error) { return n.Build().Checkout(), nil }),
	fieldOf("revision", revisionType, "the revision of the checkout", func(n *graph.Incident) (any, error) { return n.Build().Checkout().Revision(), nil }),
	statusOf("status", `"FAIL" if the issue was seen, "PASS" if not, or ""`, (*graph.Incident).Status),
)

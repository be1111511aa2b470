// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/kcidb-go/kcidb/internal/graph"
)

var testKind = newKind(testType, "a run of a test against a build",
	textField("id", "its ID", func(t *graph.Test) string { return t.ID }),
	textField("origin", "the CI system", func(t *graph.Test) string { return t.Origin }),
	textField("path", "dotted name of the test", (*graph.Test).Path),
	readTextField("status", "how it ended", (*graph.Test).Status),
	textField("comment", "a remark", (*graph.Test).Remark),
	textField("log_url", "the log", (*graph.Test).Log),
	textField("log_excerpt", "the part of the log in the report", (*graph.Test).Excerpt),
	timeField("start_time", "when it began", (*graph.Test).Start),
	durationField("duration", "how long it took", (*graph.Test).Took),
	textField("platform", "the machine it ran on, as its origin calls it", (*graph.Test).Platform),
	textField("lab", "the lab of the machine", (*graph.Test).Lab),
	textListField("compatible", "device-tree compatibles of the machine", func(t *graph.Test) ([]string, error) { return t.Compatible(), nil }),
	mapField("misc", "anything else", (*graph.Test).Extra),
	mapField("environment_misc", "anything else about where it ran", (*graph.Test).EnvironmentExtra),
	fieldOf("number_value", cel.DoubleType, "the measured number", func(t *graph.Test) (any, error) {
		if t.Number == nil {
			return types.Double(0), nil
		}
		return types.Double(t.Number.Value), nil
	}).set(func(t any) bool { return t.(*graph.Test).Number != nil }),
	textField("number_unit", "unit of the number", func(t *graph.Test) string {
		if t.Number == nil {
			return ""
		}
		return value(t.Number.Unit)
	}),
	fieldOf("build", buildType, "the build that was tested", func(t *graph.Test) (any, error) { return t.Build(), nil }),
	fieldOf("checkout", checkoutType, "the checkout of the build", func(t *graph.Test) (any, error) { return t.Build().Checkout(), nil }),
	fieldOf("revision", revisionType, "the revision of the checkout", func(t *graph.Test) (any, error) { return t.Build().Checkout().Revision(), nil }),
	listField("issues", versionType, "the issues seen in it", func(t *graph.Test) ([]*graph.IssueVersion, error) { return versions(t.Issues()) }),
	readTextField("before", `how it ended the last time before, in a similar build of an earlier checkout; "" if unknown`, func(t *graph.Test) (string, error) {
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
func versions(seen []*graph.SeenVersion, err error) ([]*graph.IssueVersion, error) {
	found := make([]*graph.IssueVersion, len(seen))
	for i, s := range seen {
		found[i] = s.IssueVersion
	}
	return found, err
}

var issueKind = newKind(issueType, "a known problem, in all its versions",
	textField("id", "its ID", func(i *graph.Issue) string { return i.ID }),
	listField("versions", versionType, "its versions, oldest first", (*graph.Issue).Versions),
	fieldOf("newest", versionType, "the newest of them", func(i *graph.Issue) (any, error) { return i.Newest() }),
	readTextField("status", "that of the newest version", (*graph.Issue).Status),
)

var versionKind = newKind(versionType, "a version of a known problem",
	textField("id", "ID of the issue", func(v *graph.IssueVersion) string { return v.ID }),
	numberField("version_num", "its number", func(v *graph.IssueVersion) int64 { return int64(v.Version) }),
	textField("origin", "the CI system", func(v *graph.IssueVersion) string { return v.Origin }),
	textField("report_url", "URL of its discussion", (*graph.IssueVersion).URL),
	textField("report_subject", "subject of its report", (*graph.IssueVersion).Subject),
	textListField("culprits", `at fault: "code", "tool", "harness"`, func(v *graph.IssueVersion) ([]string, error) { return v.Culprits(), nil }),
	textListField("categories", "dotted names of the kinds of problem", func(v *graph.IssueVersion) ([]string, error) { return v.Categories, nil }),
	textField("comment", "a remark", (*graph.IssueVersion).Remark),
	mapField("misc", "anything else", (*graph.IssueVersion).Extra),
	readTextField("status", `"FAIL" if it was seen, "PASS" if it was looked for and not seen, or ""`, (*graph.IssueVersion).Status),
	fieldOf("seen", seenType, "numbers of its incidents", func(v *graph.IssueVersion) (any, error) { return v.Seen() }),
)

var seenKind = newKind(seenType, "numbers of the incidents of an issue",
	numberField("present", "incidents with the issue", func(s *graph.Seen) int64 { return s.Present }),
	numberField("absent", "incidents without the issue", func(s *graph.Seen) int64 { return s.Absent }),
	numberField("builds", "builds with the issue", func(s *graph.Seen) int64 { return s.Builds }),
	numberField("tests", "tests with the issue", func(s *graph.Seen) int64 { return s.Tests }),
)

var incidentKind = newKind(incidentType, "whether an issue was seen in a build or a test",
	textField("id", "its ID", func(n *graph.Incident) string { return n.ID }),
	textField("origin", "the CI system", func(n *graph.Incident) string { return n.Origin }),
	fieldOf("issue", versionType, "the issue", func(n *graph.Incident) (any, error) { return n.Issue(), nil }),
	textField("issue_id", "ID of the issue", func(n *graph.Incident) string { return n.IssueID }),
	numberField("issue_version_num", "number of its version", func(n *graph.Incident) int64 { return int64(n.IssueVersion) }),
	fieldOf("present", cel.BoolType, "the issue was seen, unless the incident says that it is absent", func(n *graph.Incident) (any, error) { return types.Bool(n.Seen()), nil }).
		set(func(n any) bool { return n.(*graph.Incident).Present != nil }),
	textField("comment", "a remark", (*graph.Incident).Remark),
	mapField("misc", "anything else", (*graph.Incident).Extra),
	fieldOf("build", buildType, "the build, or that of the test", func(n *graph.Incident) (any, error) { return n.Build(), nil }),
	fieldOf("test", testType, "the test, if the incident is of a test", func(n *graph.Incident) (any, error) { return n.Test(), nil }),
	fieldOf("checkout", checkoutType, "the checkout of the build", func(n *graph.Incident) (any, error) { return n.Build().Checkout(), nil }),
	fieldOf("revision", revisionType, "the revision of the checkout", func(n *graph.Incident) (any, error) { return n.Build().Checkout().Revision(), nil }),
	readTextField("status", `"FAIL" if the issue was seen, "PASS" if not, or ""`, (*graph.Incident).Status),
)

// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Types of the values in expressions. Their fields have the names of the report schema
// if the schema has such fields.
var (
	revisionType   = cel.ObjectType("kcidb.Revision")
	checkoutType   = cel.ObjectType("kcidb.Checkout")
	buildType      = cel.ObjectType("kcidb.Build")
	testType       = cel.ObjectType("kcidb.Test")
	issueType      = cel.ObjectType("kcidb.Issue")
	versionType    = cel.ObjectType("kcidb.IssueVersion")
	incidentType   = cel.ObjectType("kcidb.Incident")
	repositoryType = cel.ObjectType("kcidb.Repository")
	buildsType     = cel.ObjectType("kcidb.Builds")
	testsType      = cel.ObjectType("kcidb.Tests")
	countsType     = cel.ObjectType("kcidb.Counts")
	seenType       = cel.ObjectType("kcidb.Seen")
)

// kinds are the kinds of objects, by type.
var kinds = map[object.Type]*kind{
	object.TypeRevision: revisionKind, object.TypeCheckout: checkoutKind, object.TypeBuild: buildKind,
	object.TypeTest: testKind, object.TypeIssue: issueKind, object.TypeIssueVersion: versionKind,
	object.TypeIncident: incidentKind,
}

// allKinds are all kinds, in the order of the documentation.
var allKinds = []*kind{
	revisionKind, checkoutKind, buildKind, testKind, issueKind, versionKind, incidentKind,
	repositoryKind, buildsKind, testsKind, countsKind, seenKind,
}

var revisionKind = newKind(revisionType, "the code that was tested: all checkouts of the same commit and patches",
	textField("git_commit_hash", "the commit", func(r *graph.Revision) string { return r.Commit }),
	textField("patchset_hash", `hash of the patches, "" for none`, func(r *graph.Revision) string { return r.Patches }),
	readTextField("name", "name of the commit, as git describe prints it, or the beginning of its hash", (*graph.Revision).Name),
	listField("repositories", repositoryType, "places that it was checked out from", (*graph.Revision).Repositories),
	textListField("origins", "the CI systems that reported checkouts or builds of it", (*graph.Revision).Origins),
	listField("checkouts", checkoutType, "its checkouts", (*graph.Revision).Checkouts),
	fieldOf("builds", buildsType, "the builds of all checkouts", func(r *graph.Revision) (any, error) { return r.Builds() }),
	fieldOf("tests", testsType, "the tests of all builds", func(r *graph.Revision) (any, error) { return r.Tests() }),
	readTextField("status", "the worst of its checkouts, builds and tests", (*graph.Revision).Status),
)

var checkoutKind = newKind(checkoutType, "code as a CI system checked it out",
	textField("id", "its ID", func(c *graph.Checkout) string { return c.ID }),
	textField("origin", "the CI system", func(c *graph.Checkout) string { return c.Origin }),
	textField("tree_name", "name of the tree", (*graph.Checkout).Tree),
	textField("git_repository_url", "the repository", (*graph.Checkout).Repository),
	textField("git_repository_branch", "the branch", (*graph.Checkout).Branch),
	textField("git_commit_hash", "the commit", (*graph.Checkout).Commit),
	textField("git_commit_name", "name of the commit, as git describe prints it", (*graph.Checkout).CommitName),
	textField("validity", `"PASS" if checking out succeeded, "FAIL" if not, or ""`, func(c *graph.Checkout) string { return string(c.Validity()) }),
	textField("comment", "a remark", (*graph.Checkout).Remark),
	timeField("start_time", "when it began", (*graph.Checkout).Start),
	textField("log_url", "the log", (*graph.Checkout).Log),
	textField("log_excerpt", "the part of the log in the report", (*graph.Checkout).Excerpt),
	mapField("misc", "anything else", (*graph.Checkout).Extra),
	fieldOf("revision", revisionType, "the revision that was checked out", func(c *graph.Checkout) (any, error) { return c.Revision(), nil }),
	fieldOf("builds", buildsType, "its builds", func(c *graph.Checkout) (any, error) { return c.Builds() }),
	fieldOf("tests", testsType, "the tests of all its builds", func(c *graph.Checkout) (any, error) { return c.Tests() }),
	readTextField("status", "the worst of it, its builds and tests", (*graph.Checkout).Status),
)

var buildKind = newKind(buildType, "a kernel built from a checkout",
	textField("id", "its ID", func(b *graph.Build) string { return b.ID }),
	textField("origin", "the CI system", func(b *graph.Build) string { return b.Origin }),
	textField("architecture", "architecture that it is built for", (*graph.Build).Architecture),
	textField("config_name", "name of the configuration", (*graph.Build).Config),
	textField("compiler", "name and version of the compiler", (*graph.Build).Compiler),
	textField("command", "the command that built it", func(b *graph.Build) string { return value(b.Command) }),
	textField("comment", "a remark", (*graph.Build).Remark),
	timeField("start_time", "when it began", (*graph.Build).Start),
	durationField("duration", "how long it took", (*graph.Build).Took),
	textField("log_url", "the log", (*graph.Build).Log),
	textField("log_excerpt", "the part of the log in the report", (*graph.Build).Excerpt),
	readTextField("status", "how it ended", (*graph.Build).Status),
	mapField("misc", "anything else", (*graph.Build).Extra),
	fieldOf("checkout", checkoutType, "the checkout that was built", func(b *graph.Build) (any, error) { return b.Checkout(), nil }),
	fieldOf("revision", revisionType, "the code it was built from", func(b *graph.Build) (any, error) { return b.Checkout().Revision(), nil }),
	fieldOf("tests", testsType, "its tests", func(b *graph.Build) (any, error) { return b.Tests(), nil }),
	listField("issues", versionType, "the issues seen in the build itself", func(b *graph.Build) ([]*graph.IssueVersion, error) { return versions(b.Issues()) }),
)

var repositoryKind = newKind(repositoryType, "a place that code was checked out from",
	textField("url", "the repository", func(r *graph.Repository) string { return r.URL }),
	textField("branch", "the branch", func(r *graph.Repository) string { return r.Branch }),
	textField("tree", "name of the tree", func(r *graph.Repository) string { return r.Tree }),
)

var buildsKind = newKind(buildsType, "some builds",
	fieldOf("done", cel.BoolType, "all are reported, as far as is known", func(b *graph.Builds) (any, error) {
		done, err := b.Done()
		return types.Bool(done), err
	}),
	listField("list", buildType, "one by one", func(b *graph.Builds) ([]*graph.Build, error) { return b.List, nil }),
).counting(func(b any) (summary.Counts, error) { return b.(*graph.Builds).Counts(), nil })

var testsKind = newKind(testsType, "some tests",
	fieldOf("done", cel.BoolType, "all are reported, as far as is known", func(t *graph.Tests) (any, error) {
		done, err := t.Done()
		return types.Bool(done), err
	}),
).counting(func(t any) (summary.Counts, error) { return t.(*graph.Tests).Counts() })

var countsKind = newKind(countsType, "numbers by status").
	counting(func(c any) (summary.Counts, error) { return c.(*counts).Counts, nil })

// counting adds the counts by status to a kind.
func (k *kind) counting(get func(any) (summary.Counts, error)) *kind {
	fields := append(k.fields, field{name: "status", typ: cel.StringType, doc: "the worst status", get: func(v any) (any, error) {
		found, err := get(v)
		return types.String(found.Status()), err
	}}, field{name: "total", typ: cel.IntType, doc: "number of all", get: func(v any) (any, error) {
		found, err := get(v)
		return types.Int(found.Total()), err
	}})
	for _, c := range []struct {
		name   string
		status report.Status
	}{
		{"failed", report.StatusFail}, {"errors", report.StatusError}, {"missed", report.StatusMiss},
		{"passed", report.StatusPass}, {"unjudged", report.StatusDone}, {"skipped", report.StatusSkip}, {"unknown", ""},
	} {
		doc := "number with the status " + string(c.status)
		if c.status == "" {
			doc = "number without a status"
		}
		fields = append(fields, field{name: c.name, typ: cel.IntType, doc: doc, get: func(v any) (any, error) {
			found, err := get(v)
			return types.Int(found[c.status]), err
		}})
	}
	return newKind(k.typ, k.doc, fields...)
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

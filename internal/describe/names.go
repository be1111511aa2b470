// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/object"
)

// maxName is the most characters of a name. Two names and a verdict fit into a summary.
const maxName = 100

// Name returns the name that people use for the object.
func (d *Data) Name() (string, error) { return name(d.Object) }

func name(o graph.Object) (string, error) {
	switch o := o.(type) {
	case *graph.Revision, *graph.Checkout:
		return revisionName(o)
	case *graph.Build:
		return buildName(o), nil
	case *graph.Test:
		return testName(o), nil
	case *graph.Issue:
		newest, err := o.Newest()
		return issueName(newest), err
	case *graph.IssueVersion:
		return issueName(o), nil
	case *graph.Incident:
		return issueName(o.Issue()), nil
	}
	return o.Ref().String(), nil
}

// revisionName returns the name of a revision, or of the revision of an object. It
// returns "" if the revision is unknown.
func revisionName(o graph.Object) (string, error) {
	r, all, err := revisionOf(o)
	if err != nil || r == nil {
		return "", err
	}
	return codeName(r, all), nil
}

// FullName returns the name of a build or a test, with the name of its revision if
// known.
func (d *Data) FullName() (string, error) {
	full, err := name(d.Object)
	if err != nil {
		return "", err
	}
	revision, err := revisionName(d.Object)
	if revision != "" {
		full += ", " + revision
	}
	return full, err
}

// codeName is "v6.16-rc6-245-g414aaef1537a (mainline) with 3 patches".
func codeName(r *graph.Revision, all []*graph.Checkout) string {
	var commit string
	var trees, branches []string
	for _, c := range all {
		commit = cmp.Or(commit, line(c.CommitName()))
		if tree := document.Cut(line(c.Tree()), 30); tree != "" && !slices.Contains(trees, tree) {
			trees = append(trees, tree)
		}
		if branch := document.Cut(line(c.Branch()), 30); branch != "" && !slices.Contains(branches, branch) {
			branches = append(branches, branch)
		}
	}
	if len(trees) == 0 {
		trees = branches
	}
	name := document.Cut(cmp.Or(commit, shortHash(line(r.Commit)), "an unknown commit"), 60)
	if slices.Sort(trees); len(trees) > 0 {
		name += " (" + listWords(trees, 2) + ")"
	}
	if n := len(files(all)); n > 0 {
		name += " with " + plural(int64(n), "patch", "patches")
	} else if r.Patches != "" {
		name += " with patches"
	}
	return document.Cut(name, maxName)
}

// buildName is "arm64 defconfig, gcc-12".
func buildName(b *graph.Build) string {
	if !b.Known() {
		return document.Cut(cmp.Or(line(b.Build.ID), "an unknown build"), maxName-30) + " (not in the database)"
	}
	target := strings.TrimSpace(line(b.Architecture()) + " " + line(b.Config()))
	var parts []string
	for _, part := range []string{target, line(b.Compiler())} {
		if part != "" {
			parts = append(parts, document.Cut(part, 60))
		}
	}
	return document.Cut(cmp.Or(strings.Join(parts, ", "), line(b.Build.ID)), maxName)
}

// testName is the test's path, with the platform it ran on.
func testName(t *graph.Test) string {
	if !t.Known() {
		return document.Cut(cmp.Or(line(t.Test.ID), "an unknown test"), maxName-30) + " (not in the database)"
	}
	name := document.Cut(cmp.Or(line(t.Path()), firstLine(t.Remark()), line(t.Test.ID)), maxName)
	if platform := line(t.Platform()); platform != "" {
		name += " on " + document.Cut(platform, 40)
	}
	return document.Cut(name, maxName)
}

// issueName is the subject of the issue, or the first line of its comment.
func issueName(v *graph.IssueVersion) string {
	return document.Cut(cmp.Or(line(v.Subject()), firstLine(v.Remark()), line(v.ID)), maxName)
}

// firstLine returns the first line of a text that is not blank.
func firstLine(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(head(text, maxRead)), "\n")
	return line(first)
}

// ID returns the type and the ID of the object: "test maestro:687b4", "issue
// maestro:5dd75, version 2".
func (d *Data) ID() string {
	ref := d.Object.Ref()
	switch id := cmp.Or(line(ref.ID[0]), "without an ID"); {
	case ref.Type == object.TypeIssueVersion:
		return "issue " + id + ", version " + line(ref.ID[1])
	case ref.ID[1] != "":
		return string(ref.Type) + " " + id + " with patches " + shortHash(line(ref.ID[1]))
	default:
		return string(ref.Type) + " " + id
	}
}

// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/view"
)

// maxName is how many characters a name has at most: two of them, and a verdict,
// fit into a summary.
const maxName = 100

// Name is what people call the object, in some words.
func (d Data) Name() (string, error) { return name(d.Object) }

func name(o view.Object) (string, error) {
	switch o := o.(type) {
	case *view.Revision:
		return revisionName(o)
	case *view.Checkout:
		return revisionName(o.Revision())
	case *view.Build:
		return buildName(o), nil
	case *view.Test:
		return testName(o), nil
	case *view.Issue:
		newest, err := o.Newest()
		return issueName(newest), err
	case *view.IssueVersion:
		return issueName(o), nil
	case *view.Incident:
		return issueName(o.Issue()), nil
	}
	return o.Ref().String(), nil
}

// revisionName is "v6.16-rc6-245-g414aaef1537a (mainline)", with the patches.
func revisionName(r *view.Revision) (string, error) {
	name, err := r.Name()
	if err != nil {
		return "", err
	}
	name = cut(cmp.Or(line(name), "an unknown commit"), 60)
	places, err := r.Repositories()
	if err != nil {
		return "", err
	}
	var trees []string
	for _, p := range places {
		if tree := line(cmp.Or(p.Tree, p.Branch)); tree != "" && !slices.Contains(trees, tree) {
			trees = append(trees, cut(tree, 30))
		}
	}
	if len(trees) > 0 {
		name += " (" + several(trees, 2) + ")"
	}
	if r.Patches != "" {
		files, err := r.PatchsetFiles()
		switch n := len(files); {
		case err != nil:
			return "", err
		case n > 0:
			name += " with " + plural(int64(n), "patch", "patches")
		default:
			name += " with patches " + short(line(r.Patches))
		}
	}
	return cut(name, maxName), nil
}

// buildName is "arm64 defconfig, gcc-12".
func buildName(b *view.Build) string {
	what := strings.TrimSpace(line(b.Architecture()) + " " + line(b.Config()))
	var parts []string
	for _, part := range []string{what, line(b.Compiler())} {
		if part != "" {
			parts = append(parts, cut(part, 60))
		}
	}
	return cut(cmp.Or(strings.Join(parts, ", "), line(b.Build.ID), "an unknown build"), maxName)
}

// testName is the test's path, with the platform it ran on.
func testName(t *view.Test) string {
	name := cut(cmp.Or(line(t.Path()), line(t.Remark()), line(t.Test.ID), "an unknown test"), maxName)
	if platform := line(t.Platform()); platform != "" {
		name += " on " + cut(platform, 40)
	}
	return cut(name, maxName)
}

// issueName is the subject of the issue, or the first line of what is said of it.
func issueName(v *view.IssueVersion) string {
	remark, _, _ := strings.Cut(strings.TrimSpace(head(v.Remark(), maxRead)), "\n")
	return cut(cmp.Or(line(v.Subject()), line(remark), line(v.ID)), maxName)
}

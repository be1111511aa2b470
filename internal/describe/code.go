// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"maps"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/report"
)

const maxPlaces = 3 // repositories that a description lists, and branches of each

// Code is the code that was built or tested, in words that help people to find it.
type Code struct {
	Name    string
	Commit  string           // the full hash
	Subject string           // of the commit's message
	Places  []document.Value // trees and branches it was checked out from, and URLs of repositories
	Patches []string         // names of the patch files
	Mail    string           // Message-ID of the mail with the patches
	Link    string           // page of the revision
}

// Code returns the code of a revision, or of an object of a revision. It returns nil if
// the revision is unknown.
func (d *Data) Code() (*Code, error) {
	r, checkouts, err := revisionOf(d.Object)
	if err != nil || len(checkouts) == 0 {
		return nil, err
	}
	code := &Code{
		Name: codeName(r, checkouts), Commit: line(r.Commit), Places: branchesOf(checkouts), Patches: patches(r, checkouts),
	}
	if r.Commit != "" {
		code.Link = pageurl.Of(d.Base, r.Ref())
	}
	for _, c := range checkouts {
		if m := c.GitCommitMessage; m != nil && code.Subject == "" {
			code.Subject = firstLine(*m)
		}
		if m := c.MessageID; m != nil && code.Mail == "" {
			code.Mail = line(*m)
		}
	}
	return code, nil
}

// revisionOf returns the revision of an object, and the checkouts that describe it: all
// checkouts of a revision, and the one checkout of a build or a test.
func revisionOf(o graph.Object) (*graph.Revision, []*graph.Checkout, error) {
	var c *graph.Checkout
	switch o := o.(type) {
	case *graph.Revision:
		checkouts, err := o.Checkouts()
		return o, checkouts, err
	case *graph.Checkout:
		c = o
	case *graph.Build:
		c = o.Checkout()
	case *graph.Test:
		c = o.Build().Checkout()
	case *graph.Incident:
		c = o.Build().Checkout()
	}
	if c == nil || !c.Known() {
		return nil, nil, nil
	}
	return c.Revision(), []*graph.Checkout{c}, nil
}

// files returns the patches of the first checkout that has patches.
func files(checkouts []*graph.Checkout) []report.Resource {
	for _, c := range checkouts {
		if len(c.Checkout.PatchsetFiles) > 0 {
			return c.Checkout.PatchsetFiles
		}
	}
	return nil
}

// patches lists the names of the patches.
func patches(r *graph.Revision, checkouts []*graph.Checkout) []string {
	files := files(checkouts)
	var names []string
	for _, p := range files[:min(len(files), maxGroups)] {
		names = append(names, document.Cut(line(p.Name), maxName))
	}
	if more := int64(len(files) - len(names)); more > 0 {
		names = append(names, "and "+plural(more, "more patch", "more patches"))
	}
	if len(files) == 0 && r.Patches != "" {
		names = []string{"unknown ones with the hash " + shortHash(line(r.Patches))}
	}
	return names
}

// branchesOf lists the trees and branches that code was checked out from. The URL of a
// repository comes after its branches.
func branchesOf(checkouts []*graph.Checkout) []document.Value {
	branches := branchesByURL(checkouts)
	var lines []document.Value
	add := func(text string) { lines = append(lines, document.Value{Text: text}) }
	for i, url := range slices.Sorted(maps.Keys(branches)) {
		if i == maxPlaces {
			add("and " + plural(int64(len(branches)-i), "more repository", "more repositories"))
			break
		}
		names := branches[url]
		slices.Sort(names)
		for _, name := range names[:min(len(names), maxPlaces)] {
			add(name)
		}
		if more := len(names) - maxPlaces; more > 0 {
			add("and " + plural(int64(more), "more branch", "more branches"))
		}
		lines = append(lines, document.Value{URL: address(url)})
	}
	return lines
}

// branchesByURL returns "TREE, branch BRANCH" of checkouts by the URL of the repository.
// It leaves out a checkout without a tree if another checkout names the tree of the same
// branch.
func branchesByURL(checkouts []*graph.Checkout) map[string][]string {
	all := map[string][]string{}
	for _, c := range checkouts {
		if c.Tree() == "" && slices.ContainsFunc(checkouts, func(other *graph.Checkout) bool {
			return other.Tree() != "" && other.Repository() == c.Repository() && other.Branch() == c.Branch()
		}) {
			continue
		}
		var words []string
		if tree := line(c.Tree()); tree != "" {
			words = append(words, document.Cut(tree, 60))
		}
		if branch := line(c.Branch()); branch != "" {
			words = append(words, "branch "+document.Cut(branch, 60))
		}
		names := all[c.Repository()]
		if name := strings.Join(words, ", "); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
		all[c.Repository()] = names
	}
	return all
}

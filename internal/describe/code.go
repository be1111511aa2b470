// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"maps"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/pageurl"
	"github.com/kcidb-go/kcidb/report"
)

const maxPlaces = 3 // repositories that are listed, and branches of each

// Code is what was tested, for people to find it.
type Code struct {
	Name    string
	Commit  string   // the whole hash
	Subject string   // of the commit's message
	Places  []string // where it was checked out from: trees and branches, URLs
	Patches []string // names of the patch files
	Mail    string   // Message-ID of the mail with the patches
	Link    string   // page of the revision
}

// Code is what was tested: of a revision, or of what belongs to one; nil where
// nobody knows.
func (d *Data) Code() (*Code, error) {
	r, all, err := revisionOf(d.Object)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	c := &Code{Name: codeName(r, all), Commit: line(r.Commit)}
	if r.Commit != "" {
		c.Link = pageurl.Of(d.Base, r.Ref())
	}
	for _, one := range all {
		if m := one.GitCommitMessage; m != nil && c.Subject == "" {
			c.Subject = firstLine(*m)
		}
		if m := one.MessageID; m != nil && c.Mail == "" {
			c.Mail = line(*m)
		}
	}
	c.Patches = patches(r, all)
	c.Places = places(all)
	return c, nil
}

// revisionOf returns the revision of an object, and those of its checkouts that
// are meant: all, or just the one that a build or a test is of.
func revisionOf(o graph.Object) (*graph.Revision, []*graph.Checkout, error) {
	var c *graph.Checkout
	switch o := o.(type) {
	case *graph.Revision:
		all, err := o.Checkouts()
		return o, all, err
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

// files returns the patches, as the first checkout has them that has any.
func files(all []*graph.Checkout) []report.Resource {
	for _, c := range all {
		if len(c.Checkout.PatchsetFiles) > 0 {
			return c.Checkout.PatchsetFiles
		}
	}
	return nil
}

// patches lists the patches by their names.
func patches(r *graph.Revision, all []*graph.Checkout) []string {
	files := files(all)
	var names []string
	for _, p := range files[:min(len(files), maxGroups)] {
		names = append(names, cut(line(p.Name), maxName))
	}
	if more := int64(len(files) - len(names)); more > 0 {
		names = append(names, "and "+plural(more, "more patch", "more patches"))
	}
	if len(files) == 0 && r.Patches != "" {
		names = []string{"unknown ones with the hash " + short(line(r.Patches))}
	}
	return names
}

// places lists where code was checked out from: trees and branches, and then the
// URL of their repository.
func places(all []*graph.Checkout) []string {
	at := map[string][]string{} // trees and branches, by URL
	for _, c := range all {
		var words []string
		if tree := line(c.Tree()); tree != "" {
			words = append(words, cut(tree, 60))
		}
		if branch := line(c.Branch()); branch != "" {
			words = append(words, "branch "+cut(branch, 60))
		}
		if c.Tree() == "" && slices.ContainsFunc(all, func(other *graph.Checkout) bool {
			return other.Tree() != "" && other.Repository() == c.Repository() && other.Branch() == c.Branch()
		}) {
			continue // another says more
		}
		place := strings.Join(words, ", ")
		if known := at[c.Repository()]; place == "" || slices.Contains(known, place) {
			at[c.Repository()] = known
			continue
		}
		at[c.Repository()] = append(at[c.Repository()], place)
	}
	var lines []string
	for i, url := range slices.Sorted(maps.Keys(at)) {
		if i == maxPlaces {
			lines = append(lines, "and "+plural(int64(len(at)-i), "more repository", "more repositories"))
			break
		}
		slices.Sort(at[url])
		more := len(at[url]) - maxPlaces
		lines = append(lines, at[url][:min(len(at[url]), maxPlaces)]...)
		if more > 0 {
			lines = append(lines, "and "+plural(int64(more), "more branch", "more branches"))
		}
		lines = append(lines, address(url))
	}
	return lines
}

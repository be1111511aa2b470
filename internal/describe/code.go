// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/view"
)

const maxPlaces = 3 // repositories and branches that are listed

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

// Code is what was tested: of a revision, or of what belongs to one.
func (d Data) Code() (*Code, error) {
	var r *view.Revision
	switch o := d.Object.(type) {
	case *view.Revision:
		r = o
	case *view.Checkout:
		r = o.Revision()
	case *view.Build:
		r = o.Checkout().Revision()
	case *view.Test:
		r = o.Build().Checkout().Revision()
	case *view.Incident:
		r = o.Build().Checkout().Revision()
	default:
		return nil, nil
	}
	name, err := revisionName(r)
	if err != nil {
		return nil, err
	}
	c := &Code{Name: name, Commit: line(r.Commit)}
	if r.Commit != "" {
		c.Link = Link(d.Base, r.Ref())
	}
	all, err := r.Checkouts()
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if m := one.GitCommitMessage; m != nil && c.Subject == "" {
			subject, _, _ := strings.Cut(strings.TrimSpace(head(*m, maxRead)), "\n")
			c.Subject = line(subject)
		}
		if m := one.MessageID; m != nil && c.Mail == "" {
			c.Mail = line(*m)
		}
	}
	patches, err := r.PatchsetFiles()
	if err != nil {
		return nil, err
	}
	for _, p := range patches[:min(len(patches), maxGroups)] {
		c.Patches = append(c.Patches, cut(line(p.Name), maxName))
	}
	if more := int64(len(patches) - len(c.Patches)); more > 0 {
		c.Patches = append(c.Patches, "and "+plural(more, "more patch", "more patches"))
	}
	if len(patches) == 0 && r.Patches != "" {
		c.Patches = []string{"not known, their hash is " + short(line(r.Patches))}
	}
	c.Places, err = places(r)
	return c, err
}

// places lists where a revision was checked out from: what has the same URL
// after each other, the URL behind it.
func places(r *view.Revision) ([]string, error) {
	found, err := r.Repositories()
	if err != nil {
		return nil, err
	}
	var lines []string
	for i, p := range found {
		if i == maxPlaces {
			lines = append(lines, "and "+plural(int64(len(found)-i), "more"))
			break
		}
		var words []string
		if tree := line(p.Tree); tree != "" {
			words = append(words, cut(tree, 60))
		}
		if branch := line(p.Branch); branch != "" {
			words = append(words, "branch "+cut(branch, 60))
		}
		lines = append(lines, strings.Join(words, ", "))
		if i+1 == min(len(found), maxPlaces) || found[i+1].URL != p.URL {
			lines = append(lines, address(p.URL))
		}
	}
	return lines, nil
}

// Origins are the CI systems that reported the object and what it consists of.
func (d Data) Origins() ([]string, error) {
	var names []string
	add := func(name string) {
		if name = cut(line(name), 60); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch o := d.Object.(type) {
	case *view.Revision:
		origins, err := o.Origins()
		if err != nil {
			return nil, err
		}
		for _, name := range origins {
			add(name)
		}
	case *view.Checkout:
		add(o.Origin)
	case *view.Build:
		add(o.Origin)
	case *view.Test:
		add(o.Origin)
	case *view.Issue:
		newest, err := o.Newest()
		add(newest.Origin)
		return names, err
	case *view.IssueVersion:
		add(o.Origin)
	case *view.Incident:
		add(o.Origin)
	}
	return names, nil
}

// Builds and Tests are the counts of those that the object stands for.
func (d Data) Builds() (string, error) {
	builds, _, err := results(d.Object)
	if err != nil {
		return "", err
	}
	return counts(builds.Counts()), nil
}

// Tests are the counts of the tests.
func (d Data) Tests() (string, error) {
	_, tests, err := results(d.Object)
	if err != nil {
		return "", err
	}
	all, err := tests.Counts()
	return counts(all), err
}

// Awaited says what more may come.
func (d Data) Awaited() (string, error) {
	builds, tests, err := results(d.Object)
	if err != nil {
		return "", err
	}
	tested, err := tests.Done()
	if err != nil {
		return "", err
	}
	var what []string
	if _, one := d.Object.(*view.Build); !one && !builds.Done() {
		what = append(what, "builds")
	}
	if !tested {
		what = append(what, "tests")
	}
	return several(what, len(what)), nil
}

// Place is where an incident is, with the revision.
func (d Data) Place() (string, error) {
	n, ok := d.Object.(*view.Incident)
	if !ok {
		return "", nil
	}
	where, _ := d.whereSeen(n)
	revision, err := revisionName(n.Build().Checkout().Revision())
	return where + ", " + revision, err
}

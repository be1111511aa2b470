// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"strings"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/pageurl"
	"github.com/kcidb-go/kcidb/internal/summary"
)

const maxIssues = 10 // that are listed

// Issue is a known issue that was seen.
type Issue struct {
	Title string
	About string // where it was seen, and what is at fault
	URL   string // where people talk of it
	Link  string // its page
}

// Issues are the known issues that were seen in an object and below it.
type Issues struct {
	List []Issue
	More int64
}

// findings are the issues seen in an object and below it, read once.
func (d *Data) findings() (*graph.Findings, error) {
	if d.found != nil {
		return d.found, nil
	}
	var found *graph.Findings
	var err error
	switch o := d.Object.(type) {
	case *graph.Revision, *graph.Checkout:
		var builds *graph.Builds
		if builds, _, err = results(o); err == nil {
			found, err = builds.Findings()
		}
	case *graph.Build:
		found, err = o.Findings()
	case *graph.Test:
		var seen []*graph.Sighting
		seen, err = o.Issues()
		found = &graph.Findings{}
		for _, s := range seen {
			found.List = append(found.List, &graph.Finding{IssueVersion: s.IssueVersion})
		}
	default:
		found = &graph.Findings{}
	}
	if err != nil {
		return nil, err
	}
	d.found = found
	return found, nil
}

// Issues are the known issues seen in the object and below it, those seen most
// first; nil for none.
func (d *Data) Issues() (*Issues, error) {
	found, err := d.findings()
	if err != nil || len(found.List) == 0 {
		return nil, err
	}
	issues := &Issues{}
	for i, f := range found.List {
		if i == maxIssues {
			issues.More = int64(len(found.List) - i)
			break
		}
		var about []string
		if f.Builds+f.Tests > 0 {
			about = append(about, "seen in "+seenIn(f.Builds, f.Tests))
		}
		if at := fault(f.IssueVersion); at != "" {
			about = append(about, at)
		}
		issues.List = append(issues.List, Issue{
			Title: issueName(f.IssueVersion), About: strings.Join(about, "; "), URL: address(f.URL()), Link: pageurl.Of(d.Base, f.Ref()),
		})
	}
	return issues, nil
}

// fault says what is at fault for an issue.
func fault(v *graph.IssueVersion) string {
	culprits := v.Culprits()
	if len(culprits) == 0 {
		return ""
	}
	return "at fault: " + several(culprits, len(culprits))
}

// Part is what a part of the builds and tests comes to.
type Part struct{ Name, Outcome string }

// Architectures says what those architectures come to where something is bad.
// There are none where there is one architecture only: it is the whole.
func (d *Data) Architectures() ([]Part, error) {
	builds, tests, err := results(d.Object)
	if err != nil {
		return nil, err
	}
	architecture := func(b *graph.Build) string { return b.Architecture() }
	tested, err := tests.By(architecture)
	if err != nil {
		return nil, err
	}
	built := builds.By(architecture)
	both := summary.By{}
	for _, groups := range []map[string]summary.Counts{built, tested} {
		for name, counts := range groups {
			for status, n := range counts {
				both.Add(name, status, n)
			}
		}
	}
	if len(both) < 2 {
		return nil, nil
	}
	var parts []Part
	for name, all := range both.Sorted() {
		if graph.Bad(all) == 0 || len(parts) == maxGroups {
			continue
		}
		var said []string
		if graph.Bad(tested[name]) > 0 {
			said = append(said, sum(tested[name], "test"))
		}
		if graph.Bad(built[name]) > 0 {
			said = append(said, sum(built[name], "build"))
		}
		name = cmp.Or(cut(line(name), 30), "unknown")
		parts = append(parts, Part{name, strings.Join(said, "; ")})
	}
	return parts, nil
}

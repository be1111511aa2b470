// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/graph"
)

const maxIssues = 10 // that a description lists

// findings returns the issues seen in the object and below it. It reads them once.
func (d *Data) findings() (*graph.Findings, error) {
	if d.found == nil {
		found, err := findings(d.Object)
		if err != nil {
			return nil, err
		}
		d.found = found
	}
	return d.found, nil
}

func findings(o graph.Object) (*graph.Findings, error) {
	switch o := o.(type) {
	case *graph.Revision, *graph.Checkout:
		builds, _, err := results(o)
		if err != nil {
			return nil, err
		}
		return builds.Findings()
	case *graph.Build:
		return o.Findings()
	case *graph.Test:
		seen, err := o.Issues()
		if err != nil {
			return nil, err
		}
		found := &graph.Findings{}
		for _, s := range seen {
			found.List = append(found.List, &graph.Finding{IssueVersion: s.IssueVersion})
		}
		return found, nil
	}
	return &graph.Findings{}, nil
}

// issues lists the known issues seen in the object and below it. The issues seen most
// often come first.
func (d *Data) issues() (document.List, error) {
	found, err := d.findings()
	if err != nil {
		return nil, err
	}
	var list document.List
	for i, f := range found.List {
		if i == maxIssues {
			return append(list, moreItem(int64(len(found.List)-i), "more issue")), nil
		}
		var about []string
		if f.Builds+f.Tests > 0 {
			about = append(about, "seen in "+seenIn(f.Builds, f.Tests))
		}
		if culprits := f.Culprits(); len(culprits) > 0 {
			about = append(about, "at fault: "+listWords(culprits, len(culprits)))
		}
		list = append(list, document.Item{
			Title: d.link(issueName(f.IssueVersion), f),
			Lines: []document.Value{{Text: strings.Join(about, "; ")}, {URL: address(f.URL())}},
		})
	}
	return list, nil
}

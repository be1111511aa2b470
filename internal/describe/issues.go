// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/graph"
)

const maxEarlier = 5 // versions before the newest that a description looks at

// Version returns the version of the issue that the object is, or the newest version. It
// returns nil for objects of other types.
func (d *Data) Version() (*graph.IssueVersion, error) {
	switch o := d.Object.(type) {
	case *graph.Issue:
		return o.Newest()
	case *graph.IssueVersion:
		return o, nil
	}
	return nil, nil
}

// Compatible returns the device-tree compatibles of the machine that a test ran on.
func (d *Data) Compatible() string {
	t, ok := d.Object.(*graph.Test)
	if !ok {
		return ""
	}
	return strings.Join(bounded(t.Compatible()), " ")
}

// bounded returns the first texts, each as a short line.
func bounded(texts []string) []string {
	var lines []string
	for _, text := range texts[:min(len(texts), maxGroups)] {
		lines = append(lines, document.Cut(line(text), maxName))
	}
	return lines
}

// firstSeen returns when the issue was seen first, and in which test or build. It
// returns none if the issue was not seen.
func (d *Data) firstSeen() ([]document.Value, error) {
	v, err := d.Version()
	if err != nil || v == nil {
		return nil, err
	}
	seen, err := v.Seen()
	if err != nil || seen.First == nil {
		return nil, err
	}
	if err := seen.First.ReadParents(); err != nil {
		return nil, err
	}
	values := []document.Value{{}, d.place(seen.First)}
	if at := seen.First.Timestamp; at != nil {
		values[0].Text = date(*at)
	}
	return values, nil
}

// place names the test or the build of an incident.
func (d *Data) place(n *graph.Incident) document.Value {
	switch {
	case n.TestID != nil:
		return d.link("the test "+testName(n.Test()), n.Test())
	case n.BuildID != nil:
		return d.link("the build of "+buildName(n.Build()), n.Build())
	}
	return document.Value{Text: "something unknown"}
}

// earlierSightings says where earlier versions of the issue were seen. It looks at the
// newest five.
func (d *Data) earlierSightings() ([]string, error) {
	o, ok := d.Object.(*graph.Issue)
	if !ok {
		return nil, nil
	}
	versions, err := o.Versions()
	if err != nil {
		return nil, err
	}
	var lines []string
	for i := len(versions) - 2; i >= max(0, len(versions)-1-maxEarlier); i-- {
		seen, err := versions[i].Seen()
		if err != nil {
			return nil, err
		}
		if seen.Present > 0 {
			lines = append(lines, fmt.Sprintf("version %d in %s", versions[i].Version, seenIn(seen.Builds, seen.Tests)))
		}
	}
	return lines, nil
}

// Error returns the reason that the CI system gave for the failure of a test or a build.
func (d *Data) Error() string {
	o, ok := d.Object.(interface{ Reason() string })
	if !ok {
		return ""
	}
	return firstLine(o.Reason())
}

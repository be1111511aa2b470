// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/pageurl"
)

const maxEarlier = 5 // versions that are looked at

// Version is the version of the issue that the object is, or the newest one; nil
// for objects of other types.
func (d *Data) Version() (*graph.IssueVersion, error) {
	switch o := d.Object.(type) {
	case *graph.Issue:
		return o.Newest()
	case *graph.IssueVersion:
		return o, nil
	}
	return nil, nil
}

// Categories are the kinds of problem that the issue is of.
func (d *Data) Categories() ([]string, error) {
	v, err := d.Version()
	if err != nil || v == nil {
		return nil, err
	}
	return bounded(v.Categories), nil
}

// Compatible are the device-tree compatibles of the machine a test ran on.
func (d *Data) Compatible() string {
	t, ok := d.Object.(*graph.Test)
	if !ok {
		return ""
	}
	return strings.Join(bounded(t.Compatible()), " ")
}

// bounded returns the first of some texts, as lines.
func bounded(texts []string) []string {
	var lines []string
	for _, text := range texts[:min(len(texts), maxGroups)] {
		lines = append(lines, cut(line(text), maxName))
	}
	return lines
}

// Sighting is one time that an issue was seen.
type Sighting struct{ When, Where, Link string }

// FirstSeen is the first time that the issue was seen, as far as it is known;
// nil where it was not.
func (d *Data) FirstSeen() (*Sighting, error) {
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
	where, link := d.whereSeen(seen.First)
	s := &Sighting{Where: where, Link: link}
	if at := seen.First.Timestamp; at != nil {
		s.When = date(*at)
	}
	return s, nil
}

// whereSeen names what an incident is of, and its page.
func (d *Data) whereSeen(n *graph.Incident) (name, link string) {
	switch {
	case n.TestID != nil:
		return "the test " + testName(n.Test()), pageurl.Of(d.Base, n.Test().Ref())
	case n.BuildID != nil:
		return "the build of " + buildName(n.Build()), pageurl.Of(d.Base, n.Build().Ref())
	}
	return "something unknown", ""
}

// HasBuild tells whether it is known which build an incident is in.
func (d *Data) HasBuild() bool {
	n, ok := d.Object.(*graph.Incident)
	return ok && n.Build().Build.ID != ""
}

// Earlier says where earlier versions of the issue were seen, of the newest of
// these.
func (d *Data) Earlier() ([]string, error) {
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

// Error is what the CI system says went wrong with a test or a build.
func (d *Data) Error() string {
	o, ok := d.Object.(interface{ Reason() string })
	if !ok {
		return ""
	}
	return firstLine(o.Reason())
}

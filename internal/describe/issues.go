// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"github.com/kcidb-go/kcidb/internal/view"
)

// Version is the version of the issue that the object is, or the newest one; nil
// for objects of other types.
func (d Data) Version() (*view.IssueVersion, error) {
	switch o := d.Object.(type) {
	case *view.Issue:
		return o.Newest()
	case *view.IssueVersion:
		return o, nil
	}
	return nil, nil
}

// Categories are the kinds of problem that the issue is of.
func (d Data) Categories() ([]string, error) {
	v, err := d.Version()
	if err != nil || v == nil {
		return nil, err
	}
	return bounded(v.Categories), nil
}

// Compatible are the device-tree compatibles of the machine a test ran on.
func (d Data) Compatible() string {
	t, ok := d.Object.(*view.Test)
	if !ok {
		return ""
	}
	return several(bounded(t.Compatible()), 4)
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
func (d Data) FirstSeen() (*Sighting, error) {
	v, err := d.Version()
	if err != nil || v == nil {
		return nil, err
	}
	seen, err := v.Seen()
	if err != nil || seen.First == nil {
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
func (d Data) whereSeen(n *view.Incident) (name, link string) {
	switch {
	case n.TestID != nil:
		return "test " + testName(n.Test()), Link(d.Base, n.Test().Ref())
	case n.BuildID != nil:
		return "build of " + buildName(n.Build()), Link(d.Base, n.Build().Ref())
	}
	return "something that is not known", ""
}

// HasBuild tells whether it is known which build an incident is in.
func (d Data) HasBuild() bool {
	n, ok := d.Object.(*view.Incident)
	return ok && n.Build().Build.ID != ""
}

// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"slices"

	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Incident is a view of an incident.
type Incident struct {
	report.Incident
	g     *Graph
	known bool
	extra members
}

// Incident returns the view of the incident with the ID.
func (g *Graph) Incident(id string) *Incident {
	n := g.incidents[id]
	if n == nil {
		n = &Incident{g: g, Incident: report.Incident{ID: id}}
		g.incidents[id] = n
	}
	return n
}

// Ref names the incident.
func (n *Incident) Ref() object.Ref {
	return object.IncidentRef(n.ID)
}

// Known tells whether the incident is in the database.
func (n *Incident) Known() bool { return n.known }

// Issue is what was seen, or looked for.
func (n *Incident) Issue() *IssueVersion { return n.g.IssueVersion(n.IssueID, n.IssueVersion) }

// Test is what it was seen in, where it is a test.
func (n *Incident) Test() *Test { return n.g.Test(text(n.TestID)) }

// Build is what it was seen in: the build, or that of the test.
func (n *Incident) Build() *Build {
	if n.BuildID == nil && n.TestID != nil {
		return n.Test().Build()
	}
	return n.g.Build(text(n.BuildID))
}

// Seen reports whether the incident counts as one of the issue being there: unless
// it says that the issue is absent.
func (n *Incident) Seen() bool { return n.Present == nil || *n.Present }

// Remark is the comment.
func (n *Incident) Remark() string { return text(n.Comment) }

// Status is FAIL where the issue was seen, PASS where it was looked for and not
// seen, and "" where the incident is not known.
func (n *Incident) Status() (string, error) {
	switch {
	case !n.known:
		return "", nil
	case n.Seen():
		return string(report.StatusFail), nil
	}
	return string(report.StatusPass), nil
}

// Extra is what else is known of it.
func (n *Incident) Extra() map[string]any { return n.extra.parsed(n.Misc) }

// Sighting is an issue seen in a build or a test.
type Sighting struct {
	*IssueVersion
	Incident *Incident
}

// sightings are the issues seen in an object, once they are read.
type sightings struct {
	read bool
	list []*Sighting
}

// of returns the issues seen in an object.
func (s *sightings) of(g *Graph, ref object.Ref) ([]*Sighting, error) {
	if s.read {
		return s.list, nil
	}
	incidents := ref.Pattern().Children(object.TypeIncident)
	all, err := g.match(incidents, incidents.Parents(object.TypeIssueVersion))
	if err != nil {
		return nil, err
	}
	for i := range all.Incidents {
		if n := g.Incident(all.Incidents[i].ID); n.Seen() {
			s.list = append(s.list, &Sighting{IssueVersion: n.Issue(), Incident: n})
		}
	}
	slices.SortFunc(s.list, func(a, b *Sighting) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Incident.ID, b.Incident.ID))
	})
	s.read = true
	return s.list, nil
}

// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Incident is an incident, its issue, and its test or build.
type Incident struct {
	report.Incident
	g     *Graph
	known bool
	extra lazyObject
}

// Incident returns the incident with the ID.
func (g *Graph) Incident(id string) *Incident {
	n := g.incidents[id]
	if n == nil {
		n = &Incident{g: g, Incident: report.Incident{ID: id}}
		g.incidents[id] = n
	}
	return n
}

// Ref returns the reference of the incident.
func (n *Incident) Ref() object.Ref {
	return object.IncidentRef(n.ID)
}

// Known reports whether the incident is in the database.
func (n *Incident) Known() bool { return n.known }

// Issue returns the version of the issue that was seen or looked for.
func (n *Incident) Issue() *IssueVersion { return n.g.IssueVersion(n.IssueID, n.IssueVersion) }

// Test returns the test of the incident. It has no ID if the incident is of a build.
func (n *Incident) Test() *Test { return n.g.Test(text(n.TestID)) }

// Build returns the build of the incident, or the build of its test.
func (n *Incident) Build() *Build {
	if n.BuildID == nil && n.TestID != nil {
		return n.Test().Build()
	}
	return n.g.Build(text(n.BuildID))
}

// Seen reports whether the issue was seen. It was, unless the incident says that the
// issue is absent.
func (n *Incident) Seen() bool { return n.Present == nil || *n.Present }

// Remark returns the comment.
func (n *Incident) Remark() string { return text(n.Comment) }

// Status returns FAIL if the issue was seen, PASS if it was looked for and not seen,
// and "" if the incident is not known.
func (n *Incident) Status() (string, error) {
	switch {
	case !n.known:
		return "", nil
	case n.Seen():
		return string(report.StatusFail), nil
	}
	return string(report.StatusPass), nil
}

// Extra returns the misc object.
func (n *Incident) Extra() map[string]any { return n.extra.get(n.Misc) }

// SeenVersion is a version of an issue that was seen in a build or a test, with the
// incident that says so.
type SeenVersion struct {
	*IssueVersion
	Incident *Incident
}

// seenVersions are the versions of issues seen in an object. They are read when they are
// first used.
type seenVersions struct {
	read bool
	list []*SeenVersion
}

// get returns the issues seen in an object. It reads them for all objects of the type that
// Find returned. The function returns the ID of such an object from an incident.
func (s *seenVersions) get(g *Graph, ref object.Ref, id func(*Incident) string) ([]*SeenVersion, error) {
	if s.read {
		return s.list, nil
	}
	unread := map[string]*seenVersions{ref.ID[0]: s}
	if together := g.together[ref.Type]; together[ref.ID[0]] != nil {
		unread = maps.Clone(together)
		maps.DeleteFunc(unread, func(_ string, s *seenVersions) bool { return s.read })
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(unread)), idsAtOnce) {
		incidents := object.Of(ref.Type, idsOf(ids)...).Children(object.TypeIncident)
		all, err := g.match(incidents, incidents.Parents(object.TypeIssueVersion))
		if err != nil {
			return nil, err
		}
		for i := range all.Incidents {
			if n := g.Incident(all.Incidents[i].ID); n.Seen() && unread[id(n)] != nil {
				unread[id(n)].add(n)
			}
		}
		for _, id := range ids {
			unread[id].sort()
		}
	}
	return s.list, nil
}

func (s *seenVersions) add(n *Incident) {
	s.list = append(s.list, &SeenVersion{IssueVersion: n.Issue(), Incident: n})
}

// sort sorts the list, which is complete.
func (s *seenVersions) sort() {
	s.read = true
	slices.SortFunc(s.list, func(a, b *SeenVersion) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Incident.ID, b.Incident.ID))
	})
}

// idsOf returns texts as IDs of objects.
func idsOf(texts []string) []object.ID {
	ids := make([]object.ID, len(texts))
	for i, text := range texts {
		ids[i] = object.ID{text}
	}
	return ids
}

// ReadParents reads the incident and its ancestors. Seen returns an incident that was not
// read.
func (n *Incident) ReadParents() error {
	return n.g.read(store.Query{Incidents: []string{n.ID}})
}

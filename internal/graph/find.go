// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"slices"
	"strconv"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

// Object returns the object that a reference names. It does not read the object; Find
// does.
func (g *Graph) Object(ref object.Ref) Object {
	switch id := ref.ID[0]; ref.Type {
	case object.TypeRevision:
		return g.Revision(id, ref.ID[1])
	case object.TypeCheckout:
		return g.Checkout(id)
	case object.TypeBuild:
		return g.Build(id)
	case object.TypeTest:
		return g.Test(id)
	case object.TypeIssue:
		return g.Issue(id)
	case object.TypeIssueVersion:
		version, _ := strconv.Atoi(ref.ID[1]) // 0 if malformed, and then no such version is found
		return g.IssueVersion(id, version)
	case object.TypeIncident:
		return g.Incident(id)
	}
	panic("no such type: " + ref.Type)
}

// Find reads objects with their ancestors, the checkouts of revisions and the versions
// of issues. Known is exact for the objects it returns.
func (g *Graph) Find(refs ...object.Ref) ([]Object, error) {
	objects := make([]Object, len(refs))
	var revisions []*Revision
	var issues []*Issue
	for i, ref := range refs {
		objects[i] = g.Object(ref)
		switch o := objects[i].(type) {
		case *Revision:
			revisions = append(revisions, o)
		case *Issue:
			issues = append(issues, o)
		case *Build:
			g.together[ref.Type][o.Build.ID], g.found = &o.seen, nil
		case *Test:
			g.together[ref.Type][o.Test.ID] = &o.seen
		}
	}
	if err := g.readRevisions(revisions...); err != nil {
		return nil, err
	}
	if err := g.readIssues(issues...); err != nil {
		return nil, err
	}
	q := queryOf(slices.DeleteFunc(slices.Clone(refs), func(ref object.Ref) bool { return g.whole[ref] }))
	if q.Empty() {
		return objects, nil
	}
	return objects, g.read(q)
}

// queryOf returns the query for objects. It leaves out revisions and issues, because
// reports contain neither.
func queryOf(refs []object.Ref) (q store.Query) {
	for _, ref := range refs {
		switch id := ref.ID[0]; ref.Type {
		case object.TypeCheckout:
			q.Checkouts = append(q.Checkouts, id)
		case object.TypeBuild:
			q.Builds = append(q.Builds, id)
		case object.TypeTest:
			q.Tests = append(q.Tests, id)
		case object.TypeIssueVersion:
			if version, err := strconv.Atoi(ref.ID[1]); err == nil {
				q.Issues = append(q.Issues, store.Key{ID: id, Version: version})
			}
		case object.TypeIncident:
			q.Incidents = append(q.Incidents, id)
		}
	}
	return q
}

// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"strconv"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

// Object returns the view of the object that a reference names. What is in the
// database of it is read with Read, or by Find.
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
		version, _ := strconv.Atoi(ref.ID[1]) // what is none names no object
		return g.IssueVersion(id, version)
	case object.TypeIncident:
		return g.Incident(id)
	}
	panic("no such type: " + ref.Type)
}

// Find reads objects with their ancestors, and of revisions and issues what these
// consist of, and returns their views. What is known of them is found out then.
func (g *Graph) Find(refs ...object.Ref) ([]Object, error) {
	views := make([]Object, len(refs))
	var revisions []*Revision
	var issues []*Issue
	for i, ref := range refs {
		views[i] = g.Object(ref)
		switch o := views[i].(type) {
		case *Revision:
			revisions = append(revisions, o)
		case *Issue:
			issues = append(issues, o)
		}
	}
	if err := g.readRevisions(revisions...); err != nil {
		return nil, err
	}
	if err := g.readIssues(issues...); err != nil {
		return nil, err
	}
	q := QueryOf(refs)
	if q.Empty() {
		return views, nil
	}
	return views, g.Read(q)
}

// QueryOf returns the query for those of the objects that reports have.
func QueryOf(refs []object.Ref) (q store.Query) {
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

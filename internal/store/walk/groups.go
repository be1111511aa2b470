// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"maps"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Groups have no list of their own: a revision is its checkouts, an issue is its versions.
// A group is there if one of its members is. The wanted groups are put together from their
// members during the walk, and held: they are not much larger than their keys.

// members are the types of the groups' members.
var members = map[object.Type]object.Type{object.TypeRevision: object.TypeCheckout, object.TypeIssue: object.TypeIssueVersion}

func isGroup(t object.Type) bool { return members[t] != "" }

// groupProperties are the properties that a group has from its members, in
// addition to the references.
var groupProperties = map[object.Type][]string{
	object.TypeRevision: {"_timestamp", "git_commit_name"},
	object.TypeIssue:    {"origin"},
}

// groups are the wanted groups.
type groups struct {
	revisions map[object.ID]*revision
	issues    map[object.ID]*issue
}

// revision is a revision, with the places of the checkouts that its properties are from.
type revision struct {
	object.Revision
	name, files place
}

// place is the place of a checkout among the checkouts of a revision.
type place struct {
	time time.Time
	id   string
}

func (p place) before(q place) bool {
	return p.time.Before(q.time) || p.time.Equal(q.time) && p.id < q.id
}

// issue is an issue, with the version that its properties are from.
type issue struct {
	object.Issue
	version int
}

func (g *groups) count() int { return len(g.revisions) + len(g.issues) }

// add adds object i of a report to its group, which is wanted.
func (g *groups) add(group object.Ref, r *report.Report, i int) {
	if group.Type == object.TypeRevision {
		g.addCheckout(group.ID, &r.Checkouts[i])
	} else {
		g.addVersion(group.ID, &r.Issues[i])
	}
}

// addCheckout adds a checkout: the first checkout with a value gives it to the revision.
func (g *groups) addCheckout(id object.ID, c *report.Checkout) {
	r := g.revisions[id]
	if r == nil {
		if g.revisions == nil {
			g.revisions = map[object.ID]*revision{}
		}
		r = &revision{Revision: object.Revision{GitCommitHash: id[0], PatchsetHash: id[1]}}
		g.revisions[id] = r
	}
	at := place{id: c.ID}
	if c.Timestamp != nil {
		at.time = *c.Timestamp
	}
	if c.GitCommitName != nil && (r.GitCommitName == nil || at.before(r.name)) {
		r.GitCommitName, r.name = c.GitCommitName, at
	}
	if c.PatchsetFiles != nil && (r.PatchsetFiles == nil || at.before(r.files)) {
		r.PatchsetFiles, r.files = c.PatchsetFiles, at
	}
}

// addVersion adds a version of an issue: the newest version gives the properties.
func (g *groups) addVersion(id object.ID, v *report.Issue) {
	if g.issues == nil {
		g.issues = map[object.ID]*issue{}
	}
	if old := g.issues[id]; old == nil || v.Version > old.version {
		g.issues[id] = &issue{object.Issue{ID: v.ID, Origin: v.Origin}, v.Version}
	}
}

// putRevisions puts the revisions into sets, in the order of their IDs.
func (g *groups) putRevisions(to *sets) {
	for _, id := range slices.SortedFunc(maps.Keys(g.revisions), compareIDs) {
		to.next.Revisions = append(to.next.Revisions, g.revisions[id].Revision)
		if !to.added() {
			return
		}
	}
}

// putIssues puts the issues into sets, in the order of their IDs.
func (g *groups) putIssues(to *sets) {
	for _, id := range slices.SortedFunc(maps.Keys(g.issues), compareIDs) {
		to.next.Issues = append(to.next.Issues, g.issues[id].Issue)
		if !to.added() {
			return
		}
	}
}

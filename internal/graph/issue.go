// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"slices"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Issue is an issue with all its versions.
type Issue struct {
	ID       string
	g        *Graph
	read     bool
	versions []*IssueVersion
}

// Issue returns the issue with the ID.
func (g *Graph) Issue(id string) *Issue {
	i := g.issues[id]
	if i == nil {
		i = &Issue{ID: id, g: g}
		g.issues[id] = i
	}
	return i
}

// Ref returns the reference of the issue.
func (i *Issue) Ref() object.Ref {
	return object.IssueRef(i.ID)
}

// Known reports whether a version of the issue is in the database.
func (i *Issue) Known() bool {
	versions, err := i.Versions()
	return err == nil && len(versions) > 0
}

// Versions returns the versions of the issue, oldest first.
func (i *Issue) Versions() ([]*IssueVersion, error) {
	err := i.g.readIssues(i)
	return i.versions, err
}

// readIssues reads the versions of the issues, unless they were read before.
func (g *Graph) readIssues(issues ...*Issue) error {
	var unread []*Issue
	var ids []object.ID
	for _, i := range issues {
		if !i.read {
			unread = append(unread, i)
			ids = append(ids, i.Ref().ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	all, err := g.match(object.Of(object.TypeIssue, ids...).Children(object.TypeIssueVersion))
	if err != nil {
		return err
	}
	for n := range all.Issues {
		i := g.Issue(all.Issues[n].ID)
		i.versions = append(i.versions, g.IssueVersion(i.ID, all.Issues[n].Version))
	}
	for _, i := range unread {
		slices.SortFunc(i.versions, func(a, b *IssueVersion) int { return cmp.Compare(a.Version, b.Version) })
		i.read = true
	}
	return nil
}

// Newest returns the newest version. It has only an ID if no version is known.
func (i *Issue) Newest() (*IssueVersion, error) {
	versions, err := i.Versions()
	if err != nil || len(versions) == 0 {
		return &IssueVersion{g: i.g, Issue: report.Issue{ID: i.ID}}, err
	}
	return versions[len(versions)-1], nil
}

// Status returns the status of the newest version.
func (i *Issue) Status() (string, error) {
	newest, err := i.Newest()
	if err != nil {
		return "", err
	}
	return newest.Status()
}

// IssueVersion is one version of an issue, and its incidents.
type IssueVersion struct {
	report.Issue
	g     *Graph
	known bool
	extra lazyObject
	seen  *Seen
}

// IssueVersion returns a version of the issue with the ID.
func (g *Graph) IssueVersion(id string, version int) *IssueVersion {
	key := store.Key{ID: id, Version: version}
	v := g.versions[key]
	if v == nil {
		v = &IssueVersion{g: g, Issue: report.Issue{ID: id, Version: version}}
		g.versions[key] = v
	}
	return v
}

// Ref returns the reference of the version.
func (v *IssueVersion) Ref() object.Ref {
	return object.IssueVersionRef(v.ID, v.Version)
}

// Known reports whether the version is in the database.
func (v *IssueVersion) Known() bool { return v.known }

// WholeIssue returns the issue with all its versions.
func (v *IssueVersion) WholeIssue() *Issue { return v.g.Issue(v.ID) }

// Subject and Remark describe the version, and URL is where people discuss it.
func (v *IssueVersion) Subject() string { return text(v.ReportSubject) }
func (v *IssueVersion) URL() string     { return text(v.ReportURL) }
func (v *IssueVersion) Remark() string  { return text(v.Comment) }

// Culprits returns which are at fault: "code", "tool", "harness".
func (v *IssueVersion) Culprits() []string { return facts.CulpritsOf(&v.Issue).Names() }

// Extra returns the misc object.
func (v *IssueVersion) Extra() map[string]any { return v.extra.get(v.Misc) }

// Status returns FAIL if the version was seen, PASS if it was looked for and never
// seen, and "" without incidents.
func (v *IssueVersion) Status() (string, error) {
	seen, err := v.Seen()
	switch {
	case err != nil:
		return "", err
	case seen.Present > 0:
		return string(report.StatusFail), nil
	case seen.Absent > 0:
		return string(report.StatusPass), nil
	}
	return "", nil
}

// Seen returns the counts of incidents. They come from the roll-ups.
type Seen struct {
	Present, Absent int64 // incidents
	Builds, Tests   int64 // with the issue present
	// First is the incident with the issue present that arrived first; nil without such
	// an incident. It has only an ID before ReadParents.
	First *Incident
}

// Seen counts the incidents of the version.
func (v *IssueVersion) Seen() (*Seen, error) {
	if v.seen != nil {
		return v.seen, nil
	}
	n, err := v.g.database.Incidents(v.g.ctx, store.Key{ID: v.ID, Version: v.Version})
	if err != nil {
		return nil, v.g.fail(err)
	}
	v.seen = &Seen{Present: n.Present, Absent: n.Absent, Builds: n.Builds, Tests: n.Tests}
	if n.First != "" {
		v.seen.First = v.g.Incident(n.First)
	}
	return v.seen, nil
}

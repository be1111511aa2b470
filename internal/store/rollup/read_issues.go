// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"cmp"
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/report"
)

// IssueKey names a version of an issue.
type IssueKey struct {
	ID      string
	Version int64
}

// SeenIssue is a version of an issue that was seen. Its texts are nil where it has
// none, or is not there itself.
type SeenIssue struct {
	IssueKey
	Comment, ReportURL *string
	Incidents          map[report.Status]int64 // by the status of what it was seen in
}

// IssuesOfBuild returns what was seen in a build, and not only in its tests, in the
// order of IDs and versions. An incident that names a build and a test is one of both.
func (db *DB) IssuesOfBuild(ctx context.Context, id string) ([]SeenIssue, error) {
	return db.issuesOf(ctx, "i.build_id = $1", "CASE WHEN i.test_id IS NULL THEN s.status ELSE coalesce(k.status, '') END", id)
}

// IssuesOfTest returns what was seen in a test, as IssuesOfBuild does.
func (db *DB) IssuesOfTest(ctx context.Context, id string) ([]SeenIssue, error) {
	return db.issuesOf(ctx, "i.test_id = $1", "s.status", id)
}

func (db *DB) issuesOf(ctx context.Context, condition, statusOf, id string) (all []SeenIssue, err error) {
	var i SeenIssue
	var status report.Status
	var n int64
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		return Read(ctx, tx, "SELECT s.issue_id, s.issue_version, j.comment, j.report_url, "+statusOf+", count(*)"+
			" FROM incidents i JOIN sightings s ON s.incident_id = i.id LEFT JOIN counted_builds k ON k.build_id = i.build_id"+
			" LEFT JOIN issues j ON j.id = s.issue_id AND j.version = s.issue_version"+
			" WHERE "+condition+" GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 5",
			[]any{id}, []any{&i.ID, &i.Version, &i.Comment, &i.ReportURL, &status, &n}, func() error {
				if len(all) == 0 || all[len(all)-1].IssueKey != i.IssueKey {
					i.Incidents = make(map[report.Status]int64)
					all = append(all, i)
				}
				all[len(all)-1].Incidents[status] += n
				return nil
			})
	})
	return all, db.Failure(ctx, "read issues", err)
}

// NewestVersion returns the newest version of an issue, -1 where there is none.
func (db *DB) NewestVersion(ctx context.Context, id string) (version int64, err error) {
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		return Read(ctx, tx, "SELECT coalesce(max(version), -1) FROM issues WHERE id = $1", []any{id}, []any{&version},
			func() error { return nil })
	})
	return version, db.Failure(ctx, "read an issue", err)
}

// IssuesArrived returns the versions of issues that arrived from one moment on and
// before another, in microseconds since 1970, the newest first, n at most.
func (db *DB) IssuesArrived(ctx context.Context, from, before int64, n int) (all []IssueKey, err error) {
	var i IssueKey
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		return Read(ctx, tx, "SELECT id, version FROM issues WHERE "+db.arrived("_timestamp")+" ORDER BY _timestamp DESC, id, version LIMIT $3",
			[]any{from, before, n}, []any{&i.ID, &i.Version}, func() error { all = append(all, i); return nil })
	})
	return all, db.Failure(ctx, "read issues", err)
}

// Seen is what an issue was seen in, first and last, whatever its version, and in
// which branches.
type Seen struct {
	First, Last Occurrence
	Branches    map[int64][]Branch // by version, of those that were asked for
}

// Occurrence is a version of an issue being seen.
type Occurrence struct {
	Version int64
	At      int64     // start of the build or test, in microseconds since 1970, 0 where nobody knows
	In      *Revision // nil where nobody knows
}

// Branch is a branch of a tree. Texts it does not have are "".
type Branch struct{ TreeName, RepositoryURL, Name string }

// Bounds of the sightings of a version whose branches are told: it is the newest
// that are looked at, fewer of each where there are many versions.
const (
	maxBranchSightings = 1_000
	minBranchSightings = 20
	allBranchSightings = 20_000
)

// Seen returns what issues were seen in, by ID, and in which branches those versions
// were that are asked for, of the newest sightings of each. Issues that nobody saw
// are left out.
func (db *DB) Seen(ctx context.Context, ids []string, versions []IssueKey) (seen map[string]*Seen, err error) {
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		if seen, err = db.seen(ctx, tx, ids); err != nil {
			return err
		}
		most := min(maxBranchSightings, max(minBranchSightings, allBranchSightings/max(len(versions), 1)))
		for _, key := range versions {
			s := seen[key.ID]
			if s == nil || s.Branches[key.Version] != nil {
				continue
			}
			branches, err := branchesOf(ctx, tx, key, most)
			if err != nil {
				return err
			}
			if branches != nil {
				s.Branches[key.Version] = branches
			}
		}
		return nil
	})
	return seen, db.Failure(ctx, "read sightings of issues", err)
}

// branchesOf returns the branches of the newest sightings of a version.
func branchesOf(ctx context.Context, tx Tx, key IssueKey, most int) (all []Branch, err error) {
	var b Branch
	err = Read(ctx, tx, "SELECT DISTINCT "+Text("c.tree_name")+", "+Text("c.git_repository_url")+", "+Text("c.git_repository_branch")+
		" FROM (SELECT build_id FROM sightings WHERE issue_id = $1 AND issue_version = $2 ORDER BY seen DESC LIMIT $3) part"+
		" JOIN counted_builds k ON k.build_id = part.build_id JOIN checkouts c ON c.id = k.checkout_id ORDER BY 1, 2, 3",
		[]any{key.ID, key.Version, most}, []any{&b.TreeName, &b.RepositoryURL, &b.Name},
		func() error { all = append(all, b); return nil })
	return all, err
}

// seen finds the first and the last sighting of issues.
func (d *Dialect) seen(ctx context.Context, tx Tx, ids []string) (map[string]*Seen, error) {
	all := make(map[string]*Seen)
	checkouts := make(set)
	type found struct {
		Occurrence
		checkout string
	}
	ends := [2]map[string]found{make(map[string]found), make(map[string]found)} // first, last
	for end, column := range []string{"first", "last"} {
		var id string
		var f found
		// Where nobody knows when it was seen, any sighting will do.
		incident := fmt.Sprintf("CASE WHEN n.%[1]s_incident <> '' THEN n.%[1]s_incident ELSE (SELECT min(x.incident_id) FROM sightings x"+
			" WHERE x.issue_id = n.issue_id AND x.issue_version = n.issue_version) END", column)
		err := Read(ctx, tx, "SELECT n.issue_id, n.issue_version, n."+column+"_seen, "+Text("b.checkout_id")+
			" FROM issue_counts n LEFT JOIN sightings s ON s.incident_id = "+incident+
			" LEFT JOIN counted_builds b ON b.build_id = s.build_id WHERE "+d.In("n.issue_id", 1),
			[]any{d.List(ids)}, []any{&id, &f.Version, &f.At, &f.checkout}, func() error {
				other, ok := ends[end][id]
				if !ok || sooner(f.Occurrence, other.Occurrence, column == "last") {
					ends[end][id] = f
				}
				return nil
			})
		if err != nil {
			return nil, err
		}
		for _, f := range ends[end] {
			checkouts.add(f.checkout)
		}
	}
	revisions, err := d.revisions(ctx, tx, checkouts.sorted())
	if err != nil {
		return nil, err
	}
	in := make(map[string]*Revision)
	for i := range revisions {
		in[revisions[i].CheckoutID] = &revisions[i]
	}
	for id, first := range ends[0] {
		last := ends[1][id]
		first.In, last.In = in[first.checkout], in[last.checkout]
		all[id] = &Seen{First: first.Occurrence, Last: last.Occurrence, Branches: make(map[int64][]Branch)}
	}
	return all, nil
}

// sooner tells whether an occurrence is the one to tell of two, as the first one or, with
// last, as the last one. One that nobody knows the time of is, where there is no other.
func sooner(a, b Occurrence, last bool) bool {
	if (a.At == 0) != (b.At == 0) {
		return b.At == 0
	}
	order := cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Version, b.Version))
	return order < 0 && !last || order > 0 && last
}

// SeenIn is a build or a test that an issue was seen in, and by which incident.
type SeenIn struct {
	At         int64 // as of Occurrence
	IncidentID string
	BuildID    string
	TestID     string // "" where it was seen in the build
}

// ThingsSeen returns the builds, or the tests, that a version of an issue was seen
// in, and that are there, each once, those that started last first, behind one of
// them, where that is not nil; n at most. An incident that names a build and a test
// is one of both, of which the test tells when it was.
func (db *DB) ThingsSeen(ctx context.Context, key IssueKey, builds bool, behind *SeenIn, n int) (all []SeenIn, err error) {
	columns, from := "s.build_id, s.test_id", "sightings s"
	of, column, same := "s.kind IN ('boot', 'test')", "s.test_id", "o.test_id"
	if builds {
		columns, from = "i.build_id, ''", "sightings s JOIN incidents i ON i.id = s.incident_id"
		of, column, same = "EXISTS (SELECT 1 FROM builds b WHERE b.id = i.build_id)", "i.build_id", "o.build_id"
	}
	args, rest := []any{key.ID, key.Version, n}, ""
	if behind != nil {
		args = append(args, behind.At, behind.IncidentID)
		rest = " AND (s.seen, s.incident_id) < ($4, $5)"
	}
	var s SeenIn
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		return Read(ctx, tx, "SELECT s.seen, s.incident_id, "+columns+" FROM "+from+
			" WHERE s.issue_id = $1 AND s.issue_version = $2 AND "+of+rest+
			" AND NOT EXISTS (SELECT 1 FROM incidents o WHERE "+same+" = "+column+" AND o.id > s.incident_id"+
			" AND o.issue_id = $1 AND o.issue_version = $2 AND o.present IS NOT FALSE)"+
			" ORDER BY s.seen DESC, s.incident_id DESC LIMIT $3",
			args, []any{&s.At, &s.IncidentID, &s.BuildID, &s.TestID}, func() error { all = append(all, s); return nil })
	})
	return all, db.Failure(ctx, "read what an issue was seen in", err)
}

// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"cmp"
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Seen has the first and the last occurrence of an issue in any of its versions, and the
// branches where it was seen.
type Seen struct {
	First, Last Occurrence
	Branches    map[int][]Branch // by version
}

// Occurrence is the occurrence of a version of an issue in a build or test.
type Occurrence struct {
	Version int
	At      int64     // start of the build or test, in microseconds since 1970, 0 if unknown
	In      *Revision // nil if unknown
}

// precedes reports whether a is the first of two occurrences; or, if last is true, the
// last of them. An occurrence at an unknown time is neither, unless both are.
func (a Occurrence) precedes(b Occurrence, last bool) bool {
	if (a.At == 0) != (b.At == 0) {
		return b.At == 0
	}
	order := cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Version, b.Version))
	return order < 0 && !last || order > 0 && last
}

// Branch is a branch of a tree. A missing text is "".
type Branch struct{ TreeName, RepositoryURL, Name string }

// Limits on the sightings of a version whose branches are read, the newest of them. The
// limit of a version is lower if there are many versions.
const (
	maxBranchSightings = 1_000
	minBranchSightings = 20
	allBranchSightings = 20_000
)

// Seen returns the first and the last occurrence of issues, by their IDs, and the branches
// of the newest sightings of each of the versions. It leaves out issues without
// sightings.
func (db *DB) Seen(ctx context.Context, ids []string, versions []store.Key) (seen map[string]*Seen, err error) {
	err = db.view(ctx, "read sightings of issues", func(ctx context.Context, tx sqldb.Tx) error {
		if seen, err = db.findOccurrences(ctx, tx, ids); err != nil {
			return err
		}
		limit := min(maxBranchSightings, max(minBranchSightings, allBranchSightings/max(len(versions), 1)))
		for _, key := range versions {
			s := seen[key.ID]
			if s == nil || s.Branches[key.Version] != nil {
				continue
			}
			branches, err := branchesOf(ctx, tx, key, limit)
			if err != nil {
				return err
			}
			if branches != nil {
				s.Branches[key.Version] = branches
			}
		}
		return nil
	})
	return seen, err
}

// branchesOf returns the branches of the newest sightings of a version.
func branchesOf(ctx context.Context, tx sqldb.Tx, key store.Key, limit int) (all []Branch, err error) {
	query := `
		SELECT DISTINCT ` + sqldb.Text("c.tree_name") + `, ` + sqldb.Text("c.git_repository_url") + `, ` + sqldb.Text("c.git_repository_branch") + `
		FROM (
			SELECT build_id FROM sightings
			WHERE issue_id = $1 AND issue_version = $2
			ORDER BY seen DESC LIMIT $3
		) newest
			JOIN counted_builds k ON k.build_id = newest.build_id
			JOIN checkouts c ON c.id = k.checkout_id
		ORDER BY 1, 2, 3`
	var b Branch
	err = forEachRow(ctx, tx, query, []any{key.ID, key.Version, limit}, []any{&b.TreeName, &b.RepositoryURL, &b.Name},
		func() { all = append(all, b) })
	return all, err
}

// findOccurrences finds the first and the last occurrence of issues.
func (db *DB) findOccurrences(ctx context.Context, tx sqldb.Tx, ids []string) (map[string]*Seen, error) {
	first, err := db.occurrences(ctx, tx, "first", ids)
	if err != nil {
		return nil, err
	}
	last, err := db.occurrences(ctx, tx, "last", ids)
	if err != nil {
		return nil, err
	}
	var checkouts set
	for id := range first {
		checkouts.add(first[id].checkout, last[id].checkout)
	}
	revisions, err := db.revisions(ctx, tx, checkouts.sorted())
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*Revision)
	for i := range revisions {
		byID[revisions[i].CheckoutID] = &revisions[i]
	}
	all := make(map[string]*Seen)
	for id, f := range first {
		l := last[id]
		f.In, l.In = byID[f.checkout], byID[l.checkout]
		all[id] = &Seen{First: f.Occurrence, Last: l.Occurrence, Branches: make(map[int][]Branch)}
	}
	return all, nil
}

// occurrence is an occurrence in a checkout.
type occurrence struct {
	Occurrence
	checkout string // "" if unknown
}

// occurrences returns the "first" or the "last" occurrence of each issue, in any of its
// versions. If all its times are unknown, it is the sighting with the lowest ID.
func (db *DB) occurrences(ctx context.Context, tx sqldb.Tx, end string, ids []string) (map[string]occurrence, error) {
	query := fmt.Sprintf(`
		SELECT n.issue_id, n.issue_version, n.%[1]s_seen, coalesce(b.checkout_id, '')
		FROM issue_counts n
			LEFT JOIN sightings s ON s.incident_id = CASE WHEN n.%[1]s_incident <> '' THEN n.%[1]s_incident ELSE (
				SELECT min(x.incident_id) FROM sightings x
				WHERE x.issue_id = n.issue_id AND x.issue_version = n.issue_version
			) END
			LEFT JOIN counted_builds b ON b.build_id = s.build_id
		WHERE %[2]s`, end, db.In("n.issue_id", 1))
	all := make(map[string]occurrence)
	var id string
	var o occurrence
	err := forEachRow(ctx, tx, query, []any{db.List(ids)}, []any{&id, &o.Version, &o.At, &o.checkout}, func() {
		other, ok := all[id]
		if !ok || o.precedes(other.Occurrence, end == "last") {
			all[id] = o
		}
	})
	return all, err
}

// SeenIn is a build or a test where an issue was seen, and the incident.
type SeenIn struct {
	At         int64 // as in Occurrence
	IncidentID string
	BuildID    string
	TestID     string // "" for a build
}

// SeenInBuilds returns the existing builds where a version of an issue was seen, each
// once. The latest start comes first. It returns at most n, those after a previous
// result unless after is nil. An incident with a build and a test is of both; the time
// is the start of its test.
func (db *DB) SeenInBuilds(ctx context.Context, key store.Key, after *SeenIn, n int) ([]SeenIn, error) {
	return db.seenIn(ctx, key, after, n, `
		SELECT s.seen, s.incident_id, i.build_id, ''
		FROM sightings s JOIN incidents i ON i.id = s.incident_id
		WHERE EXISTS (SELECT 1 FROM builds b WHERE b.id = i.build_id)
			AND NOT EXISTS (
				SELECT 1 FROM incidents o
				WHERE o.build_id = i.build_id AND o.id > s.incident_id
					AND o.issue_id = $1 AND o.issue_version = $2 AND o.present IS NOT FALSE
			)`)
}

// SeenInTests returns the existing tests where a version of an issue was seen, as
// SeenInBuilds returns builds.
func (db *DB) SeenInTests(ctx context.Context, key store.Key, after *SeenIn, n int) ([]SeenIn, error) {
	return db.seenIn(ctx, key, after, n, `
		SELECT s.seen, s.incident_id, s.build_id, s.test_id
		FROM sightings s
		WHERE s.kind IN ('boot', 'test')
			AND NOT EXISTS (
				SELECT 1 FROM incidents o
				WHERE o.test_id = s.test_id AND o.id > s.incident_id
					AND o.issue_id = $1 AND o.issue_version = $2 AND o.present IS NOT FALSE
			)`)
}

// seenIn runs a query of sightings "s" with a condition.
func (db *DB) seenIn(ctx context.Context, key store.Key, after *SeenIn, n int, query string) (all []SeenIn, err error) {
	args := []any{key.ID, key.Version, n}
	query += " AND s.issue_id = $1 AND s.issue_version = $2"
	if after != nil {
		args = append(args, after.At, after.IncidentID)
		query += " AND (s.seen, s.incident_id) < ($4, $5)"
	}
	query += " ORDER BY s.seen DESC, s.incident_id DESC LIMIT $3"
	var s SeenIn
	err = db.read(ctx, "read sightings of an issue", query, args, []any{&s.At, &s.IncidentID, &s.BuildID, &s.TestID},
		func() { all = append(all, s) })
	return all, err
}

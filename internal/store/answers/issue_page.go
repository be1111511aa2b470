// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// IssueVersion is a version of an issue, and how often it was seen. Times are microseconds
// since 1970, 0 if unknown.
type IssueVersion struct {
	Version                     int
	At                          int64 // when it last arrived
	Comment                     string
	Sightings, Absent           int64  // incidents; those that report it as absent
	Arrived                     int64  // when the last sighting arrived
	First, Last                 int64  // start of the first and of the last build or test with it
	FirstIncident, LastIncident string // the incidents with these builds or tests, "" if unknown
}

// IssueVersions returns the versions of an issue, the newest first.
func (db *DB) IssueVersions(ctx context.Context, id string) (all []IssueVersion, err error) {
	query := `
		SELECT j.version, ` + db.Micros("j._timestamp") + `, ` + sqldb.Text("j.comment") + `,
			coalesce((SELECT CAST(sum(a.n) AS bigint) FROM incident_counts a WHERE a.issue_id = j.id AND a.issue_version = j.version AND a.kind = 'absent'), 0),
			coalesce((SELECT max(s.arrived) FROM sightings s WHERE s.issue_id = j.id AND s.issue_version = j.version), 0),
			coalesce(n.n, 0), coalesce(n.first_seen, 0), coalesce(n.last_seen, 0), coalesce(n.first_incident, ''), coalesce(n.last_incident, '')
		FROM issues j LEFT JOIN issue_counts n ON n.issue_id = j.id AND n.issue_version = j.version
		WHERE j.id = $1
		ORDER BY j.version DESC`
	var v IssueVersion
	into := []any{&v.Version, &v.At, &v.Comment, &v.Absent, &v.Arrived, &v.Sightings, &v.First, &v.Last, &v.FirstIncident, &v.LastIncident}
	err = db.read(ctx, "read versions of an issue", query, []any{id}, into, func() { all = append(all, v) })
	return all, err
}

// Sighting is an incident that does not report its issue as absent, with its build or
// test. A missing text is "", and an unknown time is 0.
type Sighting struct {
	IncidentID, Origin             string
	Version                        int
	At                             int64       // start of the build or test, in microseconds since 1970
	Arrived                        int64       // when the incident last arrived, in microseconds since 1970
	Kind                           rollup.Kind // of the build or test, "" if it is missing
	Status                         report.Status
	BuildID, TestID                string // TestID is "" for a build
	Path, Platform                 string // of the test
	Architecture, Config, Compiler string
	In                             Revision // its zero value if unknown
	PatchsetHash                   string   // of the revision
}

// SightingsOf says which sightings to find: those with one of the versions of an issue,
// and of them at most N, behind After unless it is nil.
type SightingsOf struct {
	Issue    string
	Versions []int
	After    *Sighting
	N        int
	// Arrival sorts by the arrival of the incident, and not by the start of the build or test.
	Arrival bool
	// Also are incidents that come in addition.
	Also []string
}

// maxVersions is in how many versions of an issue sightings are searched.
const maxVersions = 20

// newest returns the part of a query that selects columns of the newest sightings, at
// most the parameter $2 of each version, and its parameters. The parameter $1 is the issue.
func (of *SightingsOf) newest(columns, order, condition string) string {
	var parts []string
	for _, version := range of.Versions[:min(maxVersions, len(of.Versions))] {
		parts = append(parts, fmt.Sprintf(`
			SELECT * FROM (
				SELECT %s FROM sightings
				WHERE issue_id = $1 AND issue_version = %d%s
				ORDER BY %s LIMIT $2
			) newest`, columns, version, condition, order))
	}
	return strings.Join(parts, " UNION ALL ")
}

// Sightings returns the newest sightings, and the incidents in addition that exist, by their
// IDs.
func (db *DB) Sightings(ctx context.Context, of SightingsOf) (all []Sighting, also map[string]Sighting, err error) {
	if len(of.Versions) == 0 {
		return nil, nil, nil
	}
	err = db.view(ctx, "read sightings of an issue", func(ctx context.Context, tx sqldb.Tx) error {
		all, also, err = db.sightings(ctx, tx, of)
		return err
	})
	return all, also, err
}

func (db *DB) sightings(ctx context.Context, tx sqldb.Tx, of SightingsOf) (all []Sighting, also map[string]Sighting, err error) {
	column := "seen"
	if of.Arrival {
		column = "arrived"
	}
	args, behind := []any{of.Issue, of.N, db.List(append([]string{}, of.Also...))}, ""
	if of.After != nil {
		at := of.After.At
		if of.Arrival {
			at = of.After.Arrived
		}
		args, behind = append(args, at, of.After.IncidentID), fmt.Sprintf(" AND (%s, incident_id) < ($4, $5)", column)
	}
	query := `
		SELECT p.also, s.incident_id, s.origin, s.issue_version, s.seen, s.arrived, s.kind, s.status, s.build_id, s.test_id,
			` + sqldb.Text("t.path") + `, ` + sqldb.Text("t.environment_misc") + `,
			` + sqldb.Text("k.architecture") + `, ` + sqldb.Text("k.config_name") + `, ` + sqldb.Text("k.compiler") + `,
			coalesce(c.id, ''), coalesce(c.origin, ''), ` + sqldb.Text("c.tree_name") + `, ` + sqldb.Text("c.git_repository_url") + `,
			` + sqldb.Text("c.git_repository_branch") + `, ` + sqldb.Text("c.git_commit_hash") + `, ` + sqldb.Text("c.git_commit_name") + `,
			coalesce(` + db.Patchset("c") + `, ''), ` + db.Micros("c.start_time") + `
		FROM (
			SELECT false AS also, incident_id FROM (
				` + of.newest("incident_id, "+column+" AS at", column+" DESC, incident_id DESC", behind) + `
				ORDER BY at DESC, incident_id DESC LIMIT $2
			) newest
			UNION ALL
			SELECT true, incident_id FROM sightings WHERE ` + db.In("incident_id", 3) + `
		) p
			JOIN sightings s ON s.incident_id = p.incident_id
			LEFT JOIN ` + db.Tests() + ` t ON t.id = s.test_id
			LEFT JOIN counted_builds k ON k.build_id = s.build_id
			LEFT JOIN checkouts c ON c.id = k.checkout_id
		ORDER BY p.also, s.` + column + ` DESC, s.incident_id DESC`
	var s Sighting
	var environment string
	extra := false
	into := []any{
		&extra, &s.IncidentID, &s.Origin, &s.Version, &s.At, &s.Arrived, (*string)(&s.Kind), (*string)(&s.Status), &s.BuildID, &s.TestID,
		&s.Path, &environment, &s.Architecture, &s.Config, &s.Compiler,
		&s.In.CheckoutID, &s.In.Origin, &s.In.TreeName, &s.In.RepositoryURL, &s.In.Branch, &s.In.CommitHash, &s.In.CommitName,
		&s.PatchsetHash, &s.In.Start,
	}
	var rows []Sighting
	var environments []string // of the tests
	newest := 0               // rows that are not in addition
	err = forEachRow(ctx, tx, query, args, into, func() {
		rows, environments = append(rows, s), append(environments, environment)
		if !extra {
			newest++
		}
	})
	if err != nil {
		return nil, nil, err
	}
	platforms, err := db.platformsOf(ctx, tx, environments)
	if err != nil {
		return nil, nil, err
	}
	also = make(map[string]Sighting)
	for i := range rows {
		rows[i].Platform = platforms[environments[i]]
		if i >= newest {
			also[rows[i].IncidentID] = rows[i]
		}
	}
	return rows[:newest], also, nil
}

// SeenAt is how often an issue was seen in builds of a checkout by one compiler for one
// architecture, or in their tests. A missing text is "".
type SeenAt struct {
	Branch
	CommitHash, CommitName, PatchsetHash string
	Start                                int64 // of the checkout, in microseconds since 1970, 0 if unknown
	Architecture, Compiler               string
	N                                    int64
	First, Last                          int64 // starts of the builds or tests
}

// SeenSince returns where versions of an issue were seen in builds and tests that started at
// a moment, in microseconds since 1970, or later. It counts the newest n of each version.
func (db *DB) SeenSince(ctx context.Context, of SightingsOf, since int64) (all []SeenAt, err error) {
	if len(of.Versions) == 0 {
		return nil, nil
	}
	query := `
		SELECT ` + sqldb.Text("c.tree_name") + `, ` + sqldb.Text("c.git_repository_url") + `, ` + sqldb.Text("c.git_repository_branch") + `,
			` + sqldb.Text("c.git_commit_hash") + `, ` + sqldb.Text("c.git_commit_name") + `, coalesce(` + db.Patchset("c") + `, ''),
			` + db.Micros("c.start_time") + `, p.architecture, p.compiler, p.n, p.first, p.last
		FROM (
			SELECT k.checkout_id, k.architecture, k.compiler, count(*) AS n, min(s.seen) AS first, max(s.seen) AS last
			FROM (` + of.newest("build_id, seen", "seen DESC", " AND seen >= $3") + `
			) s JOIN counted_builds k ON k.build_id = s.build_id
			GROUP BY k.checkout_id, k.architecture, k.compiler
		) p JOIN checkouts c ON c.id = p.checkout_id
		ORDER BY p.first, c.id, p.architecture, p.compiler`
	var s SeenAt
	into := []any{
		&s.TreeName, &s.RepositoryURL, &s.Name, &s.CommitHash, &s.CommitName, &s.PatchsetHash, &s.Start,
		&s.Architecture, &s.Compiler, &s.N, &s.First, &s.Last,
	}
	err = db.read(ctx, "count sightings of an issue", query, []any{of.Issue, of.N, since}, into, func() { all = append(all, s) })
	return all, err
}

// TestedAt is a branch whose newest revision has results of an architecture and a compiler.
type TestedAt struct {
	Branch
	Architecture, Compiler string
}

// Tested returns where the newest revisions of branches have results of groups of tests, or
// builds of configurations. The revisions are those that started at a moment, in
// microseconds since 1970, or later: at most n, the newest.
func (db *DB) Tested(ctx context.Context, suites, configs []string, since int64, n int) (all []TestedAt, err error) {
	query := `
		SELECT DISTINCT p.tree_name, p.url, p.branch, k.architecture, k.compiler
		FROM (SELECT tree_name, url, branch, checkout_id FROM tree_heads WHERE start >= $1 ORDER BY start DESC LIMIT $2) p
			JOIN counted_builds k ON k.checkout_id = p.checkout_id AND k.checkout_id <> ''
		WHERE ` + db.In("k.config_name", 4) + ` OR EXISTS (
			SELECT 1 FROM test_counts t WHERE t.build_id = k.build_id AND ` + db.In("t.suite", 3) + `
		)
		ORDER BY 1, 2, 3, 4, 5`
	args := []any{since, n, db.List(append([]string{}, suites...)), db.List(append([]string{}, configs...))}
	var t TestedAt
	err = db.read(ctx, "read trees", query, args, []any{&t.TreeName, &t.RepositoryURL, &t.Name, &t.Architecture, &t.Compiler},
		func() { all = append(all, t) })
	return all, err
}

// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"cmp"
	"context"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// SeenIssue is a version of an issue that was seen. A text is nil if the issue does not
// have it or is not in the database.
type SeenIssue struct {
	store.Key
	Comment, ReportURL *string
	Incidents          map[report.Status]int64 // by the status of the build or test
}

// IssuesOfBuild returns the issues that were seen in a build itself, in the order of IDs
// and versions. An incident with a build and a test is of both.
func (db *DB) IssuesOfBuild(ctx context.Context, id string) ([]SeenIssue, error) {
	return db.issuesOf(ctx, "i.build_id = $1", "CASE WHEN i.test_id IS NULL THEN s.status ELSE coalesce(k.status, '') END", id)
}

// IssuesOfTest returns the issues that were seen in a test, in the order of IDs and
// versions.
func (db *DB) IssuesOfTest(ctx context.Context, id string) ([]SeenIssue, error) {
	return db.issuesOf(ctx, "i.test_id = $1", "s.status", id)
}

func (db *DB) issuesOf(ctx context.Context, condition, status, id string) (all []SeenIssue, err error) {
	query := `
		SELECT s.issue_id, s.issue_version, j.comment, j.report_url, ` + status + `, count(*)
		FROM incidents i
			JOIN sightings s ON s.incident_id = i.id
			LEFT JOIN counted_builds k ON k.build_id = i.build_id
			LEFT JOIN issues j ON j.id = s.issue_id AND j.version = s.issue_version
		WHERE ` + condition + `
		GROUP BY 1, 2, 3, 4, 5
		ORDER BY 1, 2, 5`
	var i SeenIssue
	var of report.Status
	var n int64
	err = db.read(ctx, "read issues", query, []any{id}, []any{&i.ID, &i.Version, &i.Comment, &i.ReportURL, &of, &n}, func() {
		if len(all) == 0 || all[len(all)-1].Key != i.Key {
			i.Incidents = make(map[report.Status]int64)
			all = append(all, i)
		}
		all[len(all)-1].Incidents[of] += n
	})
	return all, err
}

// NewestVersion returns the newest version of an issue, -1 if the issue does not exist.
func (db *DB) NewestVersion(ctx context.Context, id string) (version int, err error) {
	query := "SELECT coalesce(max(version), -1) FROM issues WHERE id = $1"
	err = db.view(ctx, "read an issue", func(ctx context.Context, tx sqldb.Tx) error {
		_, err := sqldb.ReadRow(ctx, tx, query, []any{id}, &version)
		return err
	})
	return version, err
}

// ArrivedIssue is a version of an issue, with the properties that lists filter by.
type ArrivedIssue struct {
	store.Key
	At         int64 // when it last arrived, in microseconds since 1970
	Origin     string
	Culprits   facts.Culprits
	Categories []string
	Seen       bool // whether any version of the issue was seen
}

// Compare returns the order of two versions of issues: the newest first, and by ID and
// version if they arrived at the same time.
func (i *ArrivedIssue) Compare(j *ArrivedIssue) int {
	return cmp.Or(cmp.Compare(j.At, i.At), strings.Compare(i.ID, j.ID), cmp.Compare(i.Version, j.Version))
}

// IssuesArrived returns the versions of issues that arrived from one moment on and before
// another, in microseconds since 1970. It returns at most n, in the order of Compare.
func (db *DB) IssuesArrived(ctx context.Context, from, before int64, n int) (all []ArrivedIssue, err error) {
	query := `
		SELECT j.id, j.version, ` + db.Micros("j._timestamp") + `, j.origin,
			j.culprit_code IS TRUE, j.culprit_tool IS TRUE, j.culprit_harness IS TRUE, ` + db.JSON("j.categories") + `,
			EXISTS (SELECT 1 FROM issue_counts n WHERE n.issue_id = j.id)
		FROM issues j
		WHERE j._timestamp >= ` + db.Moment(1) + ` AND j._timestamp < ` + db.Moment(2) + `
		ORDER BY j._timestamp DESC, j.id, j.version LIMIT $3`
	var i ArrivedIssue
	var categories string
	into := []any{&i.ID, &i.Version, &i.At, &i.Origin, &i.Culprits.Code, &i.Culprits.Tool, &i.Culprits.Harness, &categories, &i.Seen}
	err = db.read(ctx, "read issues", query, []any{from, before, n}, into, func() {
		i.Categories = listOf(categories)
		all = append(all, i)
	})
	return all, err
}

// Incidents are the incidents with a version of an issue. An incident counts as present
// unless it says that the issue is absent.
type Incidents struct {
	Present, Absent int64
	Builds, Tests   int64  // present in each
	First           string // ID of the first present incident to arrive, "" for none
}

// Incidents counts the incidents with a version of an issue.
func (db *DB) Incidents(ctx context.Context, key store.Key) (n Incidents, err error) {
	counts := `
		SELECT kind, CAST(sum(n) AS bigint)
		FROM incident_counts
		WHERE issue_id = $1 AND issue_version = $2
		GROUP BY kind`
	first := `
		SELECT incident_id
		FROM sightings
		WHERE issue_id = $1 AND issue_version = $2
		ORDER BY arrived, incident_id LIMIT 1`
	err = db.view(ctx, "count incidents", func(ctx context.Context, tx sqldb.Tx) error {
		var kind rollup.Kind
		var of int64
		err := forEachRow(ctx, tx, counts, []any{key.ID, key.Version}, []any{&kind, &of}, func() { n.add(kind, of) })
		if err != nil || n.Present == 0 {
			return err
		}
		_, err = sqldb.ReadRow(ctx, tx, first, []any{key.ID, key.Version}, &n.First)
		return err
	})
	return n, err
}

// add adds n incidents of a kind of incident_counts.
func (i *Incidents) add(kind rollup.Kind, n int64) {
	switch kind {
	case rollup.Absent:
		i.Absent += n
		return
	case rollup.Builds:
		i.Builds += n
	case rollup.Tests:
		i.Tests += n
	}
	i.Present += n
}

// Finding is a version of an issue that was seen in builds or in their tests.
type Finding struct {
	store.Key
	Builds, Tests int64 // incidents of each
}

// Findings returns the issues that were seen in builds and in their tests, in the order
// of IDs and versions.
func (db *DB) Findings(ctx context.Context, builds []string) (all []Finding, err error) {
	if len(builds) == 0 {
		return nil, nil
	}
	query := `
		SELECT issue_id, issue_version, count(CASE WHEN test_id = '' THEN 1 END), count(CASE WHEN test_id <> '' THEN 1 END)
		FROM sightings
		WHERE build_id <> '' AND ` + db.In("build_id", 1) + `
		GROUP BY issue_id, issue_version
		ORDER BY issue_id, issue_version`
	var f Finding
	err = db.read(ctx, "read sightings", query, []any{db.List(builds)}, []any{&f.ID, &f.Version, &f.Builds, &f.Tests},
		func() { all = append(all, f) })
	return all, err
}

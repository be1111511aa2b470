// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"

	"github.com/kcidb-go/kcidb/report"
)

// Tally returns how many tests of each status there are in each of the builds, ""
// standing for none. Builds without tests are left out.
func (db *DB) Tally(ctx context.Context, builds []string) (map[string]map[report.Status]int64, error) {
	all := make(map[string]map[report.Status]int64)
	err := db.View(ctx, func(ctx context.Context, tx Tx) error {
		clear(all)
		var build, status string
		var n int64
		return Read(ctx, tx, "SELECT build_id, status, CAST(sum(n) AS bigint) FROM test_counts WHERE "+db.In("build_id", 1)+" GROUP BY build_id, status",
			[]any{db.List(builds)}, []any{&build, &status, &n}, func() error {
				if all[build] == nil {
					all[build] = make(map[report.Status]int64)
				}
				all[build][report.Status(status)] = n
				return nil
			})
	})
	return all, db.Failure(ctx, "count tests", err)
}

// Incidents are the incidents with a version of an issue. One that does not say if
// the issue is there counts as present.
type Incidents struct {
	Present, Absent int64
	Builds, Tests   int64  // present in each
	First           string // ID of the one that arrived first of those present, "" for none
}

// Incidents counts the incidents with a version of an issue.
func (db *DB) Incidents(ctx context.Context, key IssueKey) (n Incidents, err error) {
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		n = Incidents{}
		var kind Kind
		var of int64
		err := Read(ctx, tx, "SELECT kind, CAST(sum(n) AS bigint) FROM incident_counts WHERE issue_id = $1 AND issue_version = $2 GROUP BY kind",
			[]any{key.ID, key.Version}, []any{&kind, &of}, func() error { n.add(kind, of); return nil })
		if err != nil || n.Present == 0 {
			return err
		}
		return Read(ctx, tx, "SELECT incident_id FROM sightings WHERE issue_id = $1 AND issue_version = $2 ORDER BY arrived, incident_id LIMIT 1",
			[]any{key.ID, key.Version}, []any{&n.First}, func() error { return nil })
	})
	return n, db.Failure(ctx, "count incidents", err)
}

// add adds n incidents of a kind as of incident_counts.
func (i *Incidents) add(kind Kind, n int64) {
	switch kind {
	case absent:
		i.Absent += n
		return
	case Builds:
		i.Builds += n
	case Tests:
		i.Tests += n
	}
	i.Present += n
}

// Finding is a version of an issue that was seen in some builds or their tests.
type Finding struct {
	IssueKey
	Builds, Tests int64 // incidents of each
}

// Findings returns the issues that were seen in builds and in their tests, in the
// order of IDs and versions.
func (db *DB) Findings(ctx context.Context, builds []string) (all []Finding, err error) {
	if len(builds) == 0 {
		return nil, nil
	}
	var f Finding
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		all = nil
		return Read(ctx, tx, "SELECT issue_id, issue_version, count(CASE WHEN test_id = '' THEN 1 END), count(CASE WHEN test_id <> '' THEN 1 END)"+
			" FROM sightings WHERE build_id <> '' AND "+db.In("build_id", 1)+" GROUP BY issue_id, issue_version ORDER BY issue_id, issue_version",
			[]any{db.List(builds)}, []any{&f.ID, &f.Version, &f.Builds, &f.Tests}, func() error { all = append(all, f); return nil })
	})
	return all, db.Failure(ctx, "read sightings", err)
}

// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// ListedIssue is an issue in its newest version, with what lists say about it. Times are
// microseconds since 1970, 0 if unknown.
type ListedIssue struct {
	ArrivedIssue       // Seen is not set
	Comment, ReportURL string
	SeenVersion        int   // the newest version with incidents, if there are any
	Recent             int64 // incidents of all versions that arrived on the days of the time
	Sightings          int64 // incidents of all versions
	First, Last        int64 // start of the first and of the last build or test with the issue
}

// ListIssues returns the issues that arrived from one moment on and before another, and
// those with incidents that arrived on the days of that time. It returns at most n, the
// newest arrivals first.
func (db *DB) ListIssues(ctx context.Context, from, before int64, n int) (all []ListedIssue, err error) {
	query := `
		WITH recent AS MATERIALIZED (
			SELECT issue_id, CAST(sum(n) AS bigint) AS n
			FROM incident_counts
			WHERE day >= $4 AND day <= $5 AND kind <> 'absent'
			GROUP BY issue_id
		)
		SELECT j.id, j.version, ` + db.Micros("j._timestamp") + `, j.origin,
			j.culprit_code IS TRUE, j.culprit_tool IS TRUE, j.culprit_harness IS TRUE, ` + db.JSON("j.categories") + `,
			` + sqldb.Text("j.comment") + `, ` + sqldb.Text("j.report_url") + `,
			coalesce((SELECT max(c.issue_version) FROM issue_counts c WHERE c.issue_id = j.id), 0),
			coalesce((SELECT r.n FROM recent r WHERE r.issue_id = j.id), 0),
			coalesce((SELECT CAST(sum(c.n) AS bigint) FROM issue_counts c WHERE c.issue_id = j.id), 0),
			coalesce((SELECT min(c.first_seen) FROM issue_counts c WHERE c.issue_id = j.id AND c.first_seen <> 0), 0),
			coalesce((SELECT max(c.last_seen) FROM issue_counts c WHERE c.issue_id = j.id), 0)
		FROM (
			SELECT issue_id AS id FROM recent
			UNION
			SELECT i.id FROM issues i WHERE i._timestamp >= ` + db.Moment(1) + ` AND i._timestamp < ` + db.Moment(2) + `
		) p
			JOIN issues j ON j.id = p.id AND j.version = (SELECT max(v.version) FROM issues v WHERE v.id = p.id)
		ORDER BY j._timestamp DESC, j.id LIMIT $3`
	var i ListedIssue
	var categories string
	into := []any{
		&i.ID, &i.Version, &i.At, &i.Origin, &i.Culprits.Code, &i.Culprits.Tool, &i.Culprits.Harness, &categories,
		&i.Comment, &i.ReportURL, &i.SeenVersion, &i.Recent, &i.Sightings, &i.First, &i.Last,
	}
	err = db.read(ctx, "list issues", query, []any{from, before, n, from / rollup.DayMicros, (before - 1) / rollup.DayMicros}, into, func() {
		i.Categories = listOf(categories)
		all = append(all, i)
	})
	return all, err
}

// BranchesSeen returns the branches of the newest sightings of versions of issues, at most
// n sightings of each.
func (db *DB) BranchesSeen(ctx context.Context, keys []store.Key, n int) (map[store.Key][]Branch, error) {
	all := make(map[store.Key][]Branch)
	if len(keys) == 0 {
		return all, nil
	}
	newest := make([]string, len(keys))
	args := []any{n}
	for i, key := range keys {
		newest[i] = fmt.Sprintf(`
			SELECT * FROM (
				SELECT issue_id, issue_version, build_id FROM sightings
				WHERE issue_id = $%d AND issue_version = $%d
				ORDER BY seen DESC LIMIT $1
			) newest`, 2*i+2, 2*i+3)
		args = append(args, key.ID, key.Version)
	}
	query := `
		SELECT DISTINCT p.issue_id, p.issue_version,
			` + sqldb.Text("c.tree_name") + `, ` + sqldb.Text("c.git_repository_url") + `, ` + sqldb.Text("c.git_repository_branch") + `
		FROM (` + strings.Join(newest, " UNION ALL ") + `) p
			JOIN counted_builds k ON k.build_id = p.build_id
			JOIN checkouts c ON c.id = k.checkout_id
		ORDER BY 1, 2, 3, 4, 5`
	var key store.Key
	var b Branch
	err := db.read(ctx, "read sightings of issues", query, args, []any{&key.ID, &key.Version, &b.TreeName, &b.RepositoryURL, &b.Name},
		func() { all[key] = append(all[key], b) })
	return all, err
}

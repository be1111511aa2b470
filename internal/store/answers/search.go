// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
)

// ObjectsWithID returns the objects whose ID is a text: checkouts, builds, tests, issues and
// incidents, at most one of each type.
func (db *DB) ObjectsWithID(ctx context.Context, id string) (all []object.Ref, err error) {
	query := `
		SELECT 0 FROM checkouts WHERE id = $1 UNION ALL
		SELECT 1 FROM builds WHERE id = $1 UNION ALL
		SELECT 2 FROM ` + db.Tests() + ` WHERE id = $1 UNION ALL
		SELECT DISTINCT 3 FROM issues WHERE id = $1 UNION ALL
		SELECT 4 FROM incidents WHERE id = $1`
	refs := []func(string) object.Ref{object.CheckoutRef, object.BuildRef, object.TestRef, object.IssueRef, object.IncidentRef}
	var list int
	err = db.read(ctx, "search IDs", query, []any{id}, []any{&list}, func() { all = append(all, refs[list](id)) })
	return all, err
}

// FoundIssue is an issue that a search found.
type FoundIssue struct {
	store.Key
	Comment, ReportURL string // "" for none
}

// searchedIssues is how many issues a search looks at, the newest arrivals.
const searchedIssues = 20_000

// IssuesWith returns versions of issues whose ID, comment or report URL contains a text,
// whatever the case of its letters. It looks at the newest 20,000, and returns at most n,
// the newest first.
func (db *DB) IssuesWith(ctx context.Context, text string, n int) (all []FoundIssue, err error) {
	comment, url := sqldb.Text("j.comment"), sqldb.Text("j.report_url")
	query := `
		SELECT j.id, j.version, ` + comment + `, ` + url + `
		FROM issues j
		WHERE j._timestamp >= coalesce((SELECT _timestamp FROM issues ORDER BY _timestamp DESC LIMIT 1 OFFSET $2), ` + db.Moment(4) + `)
			AND (lower(j.id) LIKE $1 ESCAPE '!' OR lower(` + comment + `) LIKE $1 ESCAPE '!' OR lower(` + url + `) LIKE $1 ESCAPE '!')
		ORDER BY j._timestamp DESC, j.id, j.version LIMIT $3`
	var i FoundIssue
	args := []any{sqldb.Containing(strings.ToLower(text)), searchedIssues, n, 0}
	err = db.read(ctx, "search issues", query, args, []any{&i.ID, &i.Version, &i.Comment, &i.ReportURL}, func() { all = append(all, i) })
	return all, err
}

// SendersWith returns the origins and the labs of objects that started on days, whose name
// contains a text, whatever the case of its letters. Both are sorted.
func (db *DB) SendersWith(ctx context.Context, text string, days Days) (origins, labs []string, err error) {
	query := "SELECT DISTINCT origin, lab FROM daily_counts WHERE day BETWEEN $1 AND $2"
	text = strings.ToLower(text)
	var origin, lab string
	var ofOrigins, ofLabs set
	err = db.read(ctx, "search origins and labs", query, []any{days.First, days.Last}, []any{&origin, &lab}, func() {
		if strings.Contains(strings.ToLower(origin), text) {
			ofOrigins.add(origin)
		}
		if lab := facts.LabOf(lab, origin); strings.Contains(strings.ToLower(lab), text) {
			ofLabs.add(lab)
		}
	})
	delete(ofLabs, "")
	return ofOrigins.sorted(), ofLabs.sorted(), err
}

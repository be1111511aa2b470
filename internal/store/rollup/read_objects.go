// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Reading objects as the rows that count them.

// buildsByID returns the rows of the builds that exist.
func (tx transaction) buildsByID(ctx context.Context, ids []string) (map[string]countedBuild, error) {
	found := make(map[string]countedBuild)
	if len(ids) == 0 {
		return found, nil
	}
	query := `
		SELECT id, checkout_id, origin, ` + sqldb.Text("status") + `, ` + sqldb.Text("architecture") + `, ` + sqldb.Text("compiler") + `,
			` + sqldb.Text("config_name") + `, ` + sqldb.Text("misc") + `, ` + tx.Micros("start_time") + `
		FROM builds
		WHERE ` + tx.In("id", 1)
	var b countedBuild
	var misc string
	into := []any{&b.id, &b.checkoutID, &b.origin, (*string)(&b.status), &b.architecture, &b.compiler, &b.configName, &misc, &b.start}
	err := tx.read(ctx, query, []any{tx.List(ids)}, into, func() error {
		b.lab, b.day = facts.BuildLab([]byte(misc)), dayOfStart(b.start)
		found[b.id] = b
		return nil
	})
	return found, err
}

// checkoutRows are the row that counts a checkout, and the row of its tree with the
// checkout as head.
type checkoutRows struct {
	counted countedCheckout
	head    treeHead
}

// checkoutsByID returns the rows of the checkouts that exist.
func (tx transaction) checkoutsByID(ctx context.Context, ids []string) (map[string]checkoutRows, error) {
	found := make(map[string]checkoutRows)
	if len(ids) == 0 {
		return found, nil
	}
	query := `
		SELECT id, origin, ` + sqldb.Text("tree_name") + `, ` + sqldb.Text("git_repository_url") + `, ` + sqldb.Text("git_repository_branch") + `,
			` + tx.Micros("start_time") + `
		FROM checkouts
		WHERE ` + tx.In("id", 1)
	var h treeHead
	into := []any{&h.checkoutID, &h.origin, &h.treeName, &h.url, &h.branch, &h.start}
	err := tx.read(ctx, query, []any{tx.List(ids)}, into, func() error {
		h.hash = HashOf(h.origin, h.treeName, h.url, h.branch)
		found[h.checkoutID] = checkoutRows{
			countedCheckout{id: h.checkoutID, origin: h.origin, tree: h.hash, day: dayOfStart(h.start), start: h.start}, h,
		}
		return nil
	})
	return found, err
}

// incidentRows are the rows of incidents, by their IDs.
type incidentRows struct {
	sightings map[string]sighting
	absences  map[string]absence
}

// incidentsByID returns the rows of the incidents that exist.
func (tx transaction) incidentsByID(ctx context.Context, ids []string) (incidentRows, error) {
	found := incidentRows{make(map[string]sighting), make(map[string]absence)}
	if len(ids) == 0 {
		return found, nil
	}
	query := `
		SELECT i.id, i.origin, i.issue_id, i.issue_version, ` + tx.Micros("i._timestamp") + `, i.present IS FALSE,
			` + sqldb.Text("i.build_id") + `, ` + sqldb.Text("i.test_id") + `,
			` + sqldb.Text("t.build_id") + `, ` + sqldb.Text("t.path") + `, ` + sqldb.Text("t.status") + `, ` + tx.Micros("t.start_time") + `,
			` + sqldb.Text("b.id") + `, ` + sqldb.Text("b.status") + `, ` + tx.Micros("b.start_time") + `
		FROM incidents i
			LEFT JOIN ` + tx.Tests() + ` t ON t.id = i.test_id
			LEFT JOIN builds b ON b.id = i.build_id
		WHERE ` + tx.In("i.id", 1)
	var s sighting // as the incident has it
	var isAbsent bool
	var test, build seenObject
	var path string
	into := []any{
		&s.incidentID, &s.origin, &s.issueID, &s.version, &s.arrived, &isAbsent, &s.buildID, &s.testID,
		&test.buildID, &path, (*string)(&test.status), &test.seen, &build.id, (*string)(&build.status), &build.seen,
	}
	err := tx.read(ctx, query, []any{tx.List(ids)}, into, func() error {
		if isAbsent {
			found.absences[s.incidentID] = absence{s.incidentID, s.issueKey, s.origin, s.arrived}
			return nil
		}
		r := s
		switch {
		case test.buildID != "": // the test exists
			r.buildID, r.kind, r.status, r.seen = test.buildID, KindOf(path), test.status, test.seen
		case s.testID == "" && build.id != "":
			r.kind, r.status, r.seen = Builds, build.status, build.seen
		}
		found.sightings[s.incidentID] = r
		return nil
	})
	return found, err
}

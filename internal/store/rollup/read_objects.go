// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// Reading objects as the rows that count them.

// buildsByID returns the rows of the builds that exist.
func (tx transaction) buildsByID(ctx context.Context, ids []string) (map[string]countedBuild, error) {
	found := make(map[string]countedBuild)
	if len(ids) == 0 {
		return found, nil
	}
	var b countedBuild
	var misc string
	err := tx.read(ctx, "SELECT id, checkout_id, origin, "+sqldb.Text("status")+", "+sqldb.Text("architecture")+", "+sqldb.Text("compiler")+", "+
		sqldb.Text("config_name")+", "+sqldb.Text("misc")+", "+tx.Micros("start_time")+" FROM builds WHERE "+tx.In("id", 1),
		[]any{tx.List(ids)}, []any{&b.id, &b.checkoutID, &b.origin, &b.status, &b.architecture, &b.compiler, &b.configName, &misc, &b.start},
		func() error {
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
	var h treeHead
	err := tx.read(ctx, "SELECT id, origin, "+sqldb.Text("tree_name")+", "+sqldb.Text("git_repository_url")+", "+sqldb.Text("git_repository_branch")+", "+
		tx.Micros("start_time")+" FROM checkouts WHERE "+tx.In("id", 1), []any{tx.List(ids)},
		[]any{&h.checkoutID, &h.origin, &h.treeName, &h.url, &h.branch, &h.start}, func() error {
			h.hash = hashOf(h.origin, h.treeName, h.url, h.branch)
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
	var s sighting // of the incident
	var isAbsent bool
	var test struct {
		buildID, path string
		status        report.Status
		start         int64
	}
	var build struct {
		id     string
		status report.Status
		start  int64
	}
	err := tx.read(ctx, "SELECT i.id, i.origin, i.issue_id, i.issue_version, "+tx.Micros("i._timestamp")+", i.present IS FALSE, "+
		sqldb.Text("i.build_id")+", "+sqldb.Text("i.test_id")+", "+sqldb.Text("t.build_id")+", "+sqldb.Text("t.path")+", "+sqldb.Text("t.status")+", "+tx.Micros("t.start_time")+", "+
		sqldb.Text("b.id")+", "+sqldb.Text("b.status")+", "+tx.Micros("b.start_time")+
		" FROM incidents i LEFT JOIN "+tx.Tests()+" t ON t.id = i.test_id LEFT JOIN builds b ON b.id = i.build_id WHERE "+tx.In("i.id", 1), []any{tx.List(ids)},
		[]any{&s.incidentID, &s.origin, &s.issueID, &s.version, &s.arrived, &isAbsent, &s.buildID, &s.testID,
			&test.buildID, &test.path, &test.status, &test.start, &build.id, &build.status, &build.start},
		func() error {
			if isAbsent {
				found.absences[s.incidentID] = absence{s.incidentID, s.issueKey, s.origin, s.arrived}
				return nil
			}
			r := s
			switch {
			case test.buildID != "": // the test exists
				r.buildID, r.kind, r.status, r.seen = test.buildID, KindOf(test.path), test.status, test.start
			case s.testID == "" && build.id != "":
				r.kind, r.status, r.seen = Builds, build.status, build.start
			}
			found.sightings[s.incidentID] = r
			return nil
		})
	return found, err
}

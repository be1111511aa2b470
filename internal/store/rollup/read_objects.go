// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/report"
)

// Reading objects as the rows that count them.

// buildsByID returns the rows of the builds that exist.
func (d *Dialect) buildsByID(ctx context.Context, tx Tx, ids []string) (map[string]countedBuild, error) {
	found := make(map[string]countedBuild)
	if len(ids) == 0 {
		return found, nil
	}
	var b countedBuild
	var misc string
	err := Read(ctx, tx, "SELECT id, checkout_id, origin, "+Text("status")+", "+Text("architecture")+", "+Text("compiler")+", "+
		Text("config_name")+", "+Text("misc")+", "+d.Micros("start_time")+" FROM builds WHERE "+d.In("id", 1),
		[]any{d.List(ids)}, []any{&b.id, &b.checkoutID, &b.origin, &b.status, &b.architecture, &b.compiler, &b.configName, &misc, &b.start},
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
func (d *Dialect) checkoutsByID(ctx context.Context, tx Tx, ids []string) (map[string]checkoutRows, error) {
	found := make(map[string]checkoutRows)
	if len(ids) == 0 {
		return found, nil
	}
	var h treeHead
	err := Read(ctx, tx, "SELECT id, origin, "+Text("tree_name")+", "+Text("git_repository_url")+", "+Text("git_repository_branch")+", "+
		d.Micros("start_time")+" FROM checkouts WHERE "+d.In("id", 1), []any{d.List(ids)},
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
func (d *Dialect) incidentsByID(ctx context.Context, tx Tx, ids []string) (incidentRows, error) {
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
	err := Read(ctx, tx, "SELECT i.id, i.origin, i.issue_id, i.issue_version, "+d.Micros("i._timestamp")+", i.present IS FALSE, "+
		Text("i.build_id")+", "+Text("i.test_id")+", "+Text("t.build_id")+", "+Text("t.path")+", "+Text("t.status")+", "+d.Micros("t.start_time")+", "+
		Text("b.id")+", "+Text("b.status")+", "+d.Micros("b.start_time")+
		" FROM incidents i LEFT JOIN "+d.Tests()+" t ON t.id = i.test_id LEFT JOIN builds b ON b.id = i.build_id WHERE "+d.In("i.id", 1), []any{d.List(ids)},
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

// testsBy calls f for each test that has one of the values in a column. f may keep the
// test.
func (d *Dialect) testsBy(ctx context.Context, tx Tx, column string, values []string, f func(*Test) error) error {
	type row struct {
		Test
		misc, compatible, environment string // the last two are names of contents
	}
	var all []row
	var t row
	err := Read(ctx, tx, "SELECT id, build_id, origin, "+Text("path")+", "+Text("status")+", "+Text("misc")+", "+
		Text("environment_compatible")+", "+Text("environment_misc")+", "+d.Micros("start_time")+
		" FROM "+d.Tests()+" WHERE "+d.In(column, 1), []any{d.List(values)},
		[]any{&t.ID, &t.BuildID, &t.Origin, &t.Path, (*string)(&t.Status), &t.misc, &t.compatible, &t.environment, &t.Start}, func() error {
			all = append(all, t)
			return nil
		})
	if err != nil {
		return err
	}
	names := make(set)
	for i := range all {
		names.add(all[i].compatible)
		names.add(all[i].environment)
	}
	delete(names, "")
	contents, err := d.Contents(ctx, tx, names.sorted())
	if err != nil {
		return err
	}
	var platforms Platforms
	for i := range all {
		t := &all[i]
		t.Compatible = contents[t.compatible]
		if t.environment != "" {
			t.Platform = platforms.Of([]byte(contents[t.environment]))
		}
		t.SetMisc([]byte(t.misc))
		if err := f(&t.Test); err != nil {
			return err
		}
	}
	return nil
}

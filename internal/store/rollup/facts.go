// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"strconv"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/report"
)

// What the objects in the database are counted by.

func dayText(day int64) string { return strconv.FormatInt(day, 10) }

// dayOfMicros returns the day of an object's time, 0 being none.
func dayOfMicros(micros int64) int64 {
	if micros == 0 {
		return NoDay
	}
	return dayOf(micros)
}

// buildsByID returns the rows of counted_builds of the builds that are there.
func (d *Dialect) buildsByID(ctx context.Context, tx Tx, ids []string) (map[string]row, error) {
	found := make(map[string]row)
	if len(ids) == 0 {
		return found, nil
	}
	var id, checkout, origin, status, architecture, compiler, config, misc string
	var start int64
	err := Read(ctx, tx, "SELECT id, checkout_id, origin, "+Text("status")+", "+Text("architecture")+", "+Text("compiler")+", "+
		Text("config_name")+", "+Text("misc")+", "+d.Micros("start_time")+" FROM builds WHERE "+d.In("id", 1),
		[]any{d.List(ids)}, []any{&id, &checkout, &origin, &status, &architecture, &compiler, &config, &misc, &start},
		func() error {
			found[id] = row{id, checkout, origin, status, architecture, compiler, config, facts.BuildLab([]byte(misc)), dayOfMicros(start), start}
			return nil
		})
	return found, err
}

// unknownBuild returns the row of counted_builds of a build that is not there.
func unknownBuild(id string) row { return row{id, "", "", "", "", "", "", "", int64(NoDay), int64(0)} }

// checkoutFacts are the row of counted_checkouts of a checkout, and that of
// tree_heads for its tree, were it the head.
type checkoutFacts struct{ counted, head row }

// checkoutsByID returns what is known of the checkouts that are there.
func (d *Dialect) checkoutsByID(ctx context.Context, tx Tx, ids []string) (map[string]checkoutFacts, error) {
	found := make(map[string]checkoutFacts)
	if len(ids) == 0 {
		return found, nil
	}
	var id, origin, tree, url, branch string
	var start int64
	err := Read(ctx, tx, "SELECT id, origin, "+Text("tree_name")+", "+Text("git_repository_url")+", "+Text("git_repository_branch")+", "+
		d.Micros("start_time")+" FROM checkouts WHERE "+d.In("id", 1), []any{d.List(ids)},
		[]any{&id, &origin, &tree, &url, &branch, &start}, func() error {
			key := keyOf(origin, tree, url, branch)
			found[id] = checkoutFacts{
				row{id, origin, key, dayOfMicros(start), start},
				row{key, origin, tree, url, branch, id, start},
			}
			return nil
		})
	return found, err
}

// incidentFacts are what incidents are noted as, by their IDs.
type incidentFacts struct{ sightings, absences map[string]row }

// incidentsByID returns what the incidents that are there are noted as.
func (d *Dialect) incidentsByID(ctx context.Context, tx Tx, ids []string) (incidentFacts, error) {
	found := incidentFacts{make(map[string]row), make(map[string]row)}
	if len(ids) == 0 {
		return found, nil
	}
	var id, origin, issue, build, test, testBuild, path, testStatus, builtID, buildStatus string
	var version, arrived, testStart, buildStart int64
	var absent bool
	err := Read(ctx, tx, "SELECT i.id, i.origin, i.issue_id, i.issue_version, "+d.Micros("i._timestamp")+", i.present IS FALSE, "+
		Text("i.build_id")+", "+Text("i.test_id")+", "+Text("t.build_id")+", "+Text("t.path")+", "+Text("t.status")+", "+d.Micros("t.start_time")+", "+
		Text("b.id")+", "+Text("b.status")+", "+d.Micros("b.start_time")+
		" FROM incidents i LEFT JOIN "+d.Tests+" t ON t.id = i.test_id LEFT JOIN builds b ON b.id = i.build_id WHERE "+d.In("i.id", 1), []any{d.List(ids)},
		[]any{&id, &origin, &issue, &version, &arrived, &absent, &build, &test, &testBuild, &path, &testStatus, &testStart, &builtID, &buildStatus, &buildStart},
		func() error {
			if absent {
				found.absences[id] = row{id, issue, version, origin, arrived}
				return nil
			}
			r := row{id, issue, version, build, test, "", "", int64(0), origin, arrived}
			switch {
			case testBuild != "": // the test is there
				r[3], r[5], r[6], r[7] = testBuild, string(KindOf(path)), testStatus, testStart
			case test == "" && builtID != "":
				r[5], r[6], r[7] = string(Builds), buildStatus, buildStart
			}
			found.sightings[id] = r
			return nil
		})
	return found, err
}

// toldOfBuild returns what sightings in a build itself tell of it, by its row of
// counted_builds: kind, status and seen.
func toldOfBuild(r row) row {
	if r[1] == "" { // the build is not there
		return row{"", "", int64(0)}
	}
	return row{string(Builds), r[3], r[9]}
}

// testsBy calls f for each test with one of some values in a column; what it is
// given is its own.
func (d *Dialect) testsBy(ctx context.Context, tx Tx, column string, values []string, f func(*Test) error) error {
	type found struct {
		Test
		misc, compatible, environment string
	}
	var all []found
	var t found
	var status string
	err := Read(ctx, tx, "SELECT id, build_id, origin, "+Text("path")+", "+Text("status")+", "+Text("misc")+", "+
		Text("environment_compatible")+", "+Text("environment_misc")+", "+d.Micros("start_time")+
		" FROM "+d.Tests+" WHERE "+d.In(column, 1), []any{d.List(values)},
		[]any{&t.ID, &t.BuildID, &t.Origin, &t.Path, &status, &t.misc, &t.compatible, &t.environment, &t.Start}, func() error {
			t.Status = report.Status(status)
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

// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// seenObject has the values that sightings record of a build or test. Statements take it
// as a row of parameters; no table has such rows.
type seenObject struct {
	id, buildID string
	kind        Kind
	status      report.Status
	seen        int64
}

func (r *seenObject) layout() layout {
	return layout{
		key:    []column{text("id", &r.id)},
		values: []column{text("build_id", &r.buildID), text("kind", (*string)(&r.kind)), text("status", (*string)(&r.status)), timeColumn("seen", &r.seen)},
	}
}

// updateSightingsOfBuilds updates the sightings in builds themselves.
func (a *applier) updateSightingsOfBuilds(ctx context.Context, builds set) error {
	var rows []seenObject
	for _, id := range builds.sorted() {
		b := a.changedBuilds[id]
		rows = append(rows, b.seenAs())
	}
	return a.updateSightings(ctx, rows,
		`UPDATE sightings AS s SET status = r.status
			FROM %s
			WHERE s.build_id = r.id AND s.test_id = '' AND s.status <> r.status`,
		`UPDATE sightings AS s SET kind = r.kind, seen = r.seen
			FROM %s
			WHERE s.build_id = r.id AND s.test_id = '' AND (s.kind, s.seen) <> (r.kind, r.seen)`)
}

// updateSightingsOfTests updates the sightings in tests. If a test was deleted, the
// build of a sighting is the build that the incident names.
func (a *applier) updateSightingsOfTests(ctx context.Context, tests set) error {
	if len(tests) == 0 {
		return nil
	}
	found := make(map[string]seenObject)
	var test seenObject
	var path string
	query := `
		SELECT id, build_id, ` + sqldb.Text("path") + `, ` + sqldb.Text("status") + `, ` + a.Micros("start_time") + `
		FROM ` + a.Tests() + `
		WHERE ` + a.In("id", 1)
	into := []any{&test.id, &test.buildID, &path, (*string)(&test.status), &test.seen}
	err := a.read(ctx, query, []any{a.List(tests.sorted())}, into, func() error {
		test.kind = KindOf(path)
		found[test.id] = test
		return nil
	})
	if err != nil {
		return err
	}
	var rows []seenObject
	for _, id := range tests.sorted() {
		r := found[id]
		r.id = id
		rows = append(rows, r)
	}
	return a.updateSightings(ctx, rows,
		`UPDATE sightings AS s SET status = r.status
			FROM %s JOIN incidents i ON i.test_id = r.id
			WHERE s.incident_id = i.id AND s.status <> r.status`,
		`UPDATE sightings AS s
			SET build_id = CASE WHEN r.kind = '' THEN coalesce(i.build_id, '') ELSE r.build_id END, kind = r.kind, seen = r.seen
			FROM %s JOIN incidents i ON i.test_id = r.id
			WHERE s.incident_id = i.id AND (s.build_id, s.kind, s.seen) <>
				(CASE WHEN r.kind = '' THEN coalesce(i.build_id, '') ELSE r.build_id END, r.kind, r.seen)`)
}

// updateSightings runs two statements for each of the rows, which the statements have
// as %s. The number of statements does not depend on the number of incidents. The
// first statement updates the status, and the second one the columns with an index:
// 80,000 sightings take SQLite 0.5 s instead of 1.5 s if only the status changed.
func (a *applier) updateSightings(ctx context.Context, rows []seenObject, status, indexed string) error {
	if len(rows) == 0 {
		return nil
	}
	c := newCursor((*seenObject).layout)
	for _, query := range []string{status, indexed} {
		if err := each(ctx, a.transaction, fmt.Sprintf(query, a.Source(typed(c.columns()))), c, c.columns(), rows); err != nil {
			return err
		}
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// countIncidents notes the incidents that changed, brings the sightings of builds
// and tests that went otherwise after them, and counts all that by issue.
//
// What incidents are of is locked, but two transactions may still change the
// sighting of one incident, because one changes its build and the other its test.
// Both lock the issue, and read again what they found before.
func (a *applier) countIncidents(ctx context.Context) error {
	t, err := a.readTouched(ctx)
	if err != nil {
		return err
	}
	issues := t.issues()
	if a.Arrays && len(issues) > 0 {
		if err := a.lock(ctx, a.tx, issueCounts, issues); err != nil {
			return err
		}
		if t, err = a.readTouched(ctx); err != nil {
			return err
		}
		for _, r := range t.issues() {
			if _, ok := slices.BinarySearchFunc(issues, r, func(a, b row) int { return compare(issueCounts.key(a), issueCounts.key(b)) }); !ok {
				return ErrAgain
			}
		}
	}
	if err := a.noteSightings(ctx, t); err != nil {
		return err
	}
	if err := a.noteAbsences(ctx, t); err != nil {
		return err
	}
	if err := a.tellBuilds(ctx, t.builds); err != nil {
		return err
	}
	if err := a.tellTests(ctx, t.tests); err != nil {
		return err
	}
	return a.countIssues(ctx, t, issues)
}

// touched are the incidents that a transaction concerns.
type touched struct {
	// The incidents that changed, as they are noted, and as they are now.
	sightings, absences []row
	now                 incidentFacts
	// Builds and tests with sightings that tell something else now, and the
	// issues that were seen in them.
	builds, tests set
	seen          []row // issue, version
}

func (a *applier) readTouched(ctx context.Context) (*touched, error) {
	t := &touched{}
	if len(a.incidents) > 0 {
		var err error
		ids := a.incidents.sorted()
		if t.sightings, err = sightings.read(ctx, a.tx, a.In("incident_id", 1), a.List(ids)); err != nil {
			return nil, err
		}
		if t.absences, err = absences.read(ctx, a.tx, a.In("incident_id", 1), a.List(ids)); err != nil {
			return nil, err
		}
		if t.now, err = a.incidentsByID(ctx, a.tx, ids); err != nil {
			return nil, err
		}
	}
	return t, a.findTold(ctx, t)
}

// findTold looks for sightings of the builds and tests that are told of. Of tests
// that arrived only those that wait for them count: there are hardly ever any, and
// there may be thousands of such tests.
func (a *applier) findTold(ctx context.Context, t *touched) error {
	var waiting bool
	if len(a.made) > 0 {
		err := Read(ctx, a.tx, "SELECT EXISTS (SELECT 1 FROM sightings WHERE kind = '' AND test_id > '')", nil, []any{&waiting},
			func() error { return nil })
		if err != nil {
			return err
		}
	}
	for _, of := range []struct {
		query string
		ids   []string
		into  *set
		ask   bool
	}{
		{"SELECT DISTINCT test_id, issue_id, issue_version FROM sightings WHERE kind = '' AND " + a.inMany("test_id", 1), a.made.sorted(), &t.tests, waiting},
		{"SELECT DISTINCT i.test_id, s.issue_id, s.issue_version FROM incidents i JOIN sightings s ON s.incident_id = i.id WHERE " + a.inMany("i.test_id", 1),
			a.told.sorted(), &t.tests, len(a.told) > 0},
		{"SELECT DISTINCT build_id, issue_id, issue_version FROM sightings WHERE test_id = '' AND " + a.inMany("build_id", 1),
			slices.Sorted(maps.Keys(a.toldBuilds)), &t.builds, len(a.toldBuilds) > 0},
	} {
		if !of.ask {
			continue
		}
		var id, issue string
		var version int64
		err := Read(ctx, a.tx, of.query, []any{a.List(of.ids)}, []any{&id, &issue, &version}, func() error {
			of.into.add(id)
			t.seen = append(t.seen, row{issue, version})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// issues returns a row of issue_counts, of no sightings, for each issue, sorted.
func (t *touched) issues() []row {
	all := newCounter(issueCounts)
	for _, r := range t.sightings {
		all.issueCount(r[1], r[2], 0)
	}
	for _, r := range t.now.sightings {
		all.issueCount(r[1], r[2], 0)
	}
	for _, r := range t.seen {
		all.issueCount(r[0], r[1], 0)
	}
	rows := all.all()
	issueCounts.sort(rows)
	return rows
}

// issueCount adds to the sightings of an issue.
func (c *counter) issueCount(id, version any, n int64) {
	type name struct{ id, version any }
	c.add(name{id, version}, n, func() row { return row{id, version, int64(0), "", int64(0), ""} })
}

// noteSightings notes what the incidents that changed are of.
func (a *applier) noteSightings(ctx context.Context, t *touched) error {
	return a.note(ctx, sightings, t.sightings, t.now.sightings, a.incidentCounts.sighting)
}

// noteAbsences notes which of the incidents that changed say that their issue is
// absent.
func (a *applier) noteAbsences(ctx context.Context, t *touched) error {
	return a.note(ctx, absences, t.absences, t.now.absences, a.incidentCounts.absence)
}

// note puts the rows of incidents, by their IDs, in place of those that were, and
// counts the difference.
func (a *applier) note(ctx context.Context, t *table, was []row, now map[string]row, count func(r row, n int64)) error {
	var gone []row
	for _, w := range was {
		count(w, -1)
		if now[w[0].(string)] == nil {
			gone = append(gone, t.key(w))
		}
	}
	for _, r := range now {
		count(r, +1)
	}
	if err := a.put(ctx, a.tx, t, slices.Collect(maps.Values(now))); err != nil {
		return err
	}
	return a.remove(ctx, a.tx, t, gone, "")
}

// toldOf is what sightings tell of a build or a test.
var toldOf = newTable("", "id | build_id kind status seen#")

// tellBuilds has the sightings in builds tell of them as they are now.
func (a *applier) tellBuilds(ctx context.Context, builds set) error {
	var rows []row
	for _, id := range builds.sorted() {
		rows = append(rows, append(row{id, id}, toldOfBuild(a.toldBuilds[id])...))
	}
	return a.tell(ctx, rows, [][2]string{{"s.kind", "r.kind"}, {"s.seen", "r.seen"}}, "", "s.build_id = r.id AND s.test_id = ''")
}

// tellTests does so for tests. Where a test is gone, the incident's own build is
// what it was seen in.
func (a *applier) tellTests(ctx context.Context, tests set) error {
	if len(tests) == 0 {
		return nil
	}
	found := make(map[string]row)
	var id, build, path, status string
	var start int64
	err := Read(ctx, a.tx, "SELECT id, build_id, "+Text("path")+", "+Text("status")+", "+a.Micros("start_time")+" FROM "+a.Tests+" WHERE "+a.In("id", 1),
		[]any{a.List(tests.sorted())}, []any{&id, &build, &path, &status, &start}, func() error {
			found[id] = row{id, build, string(KindOf(path)), status, start}
			return nil
		})
	if err != nil {
		return err
	}
	var rows []row
	for _, id := range tests.sorted() {
		r := found[id]
		if r == nil {
			r = row{id, "", "", "", int64(0)}
		}
		rows = append(rows, r)
	}
	own := "CASE WHEN r.kind = '' THEN coalesce(i.build_id, '') ELSE r.build_id END"
	return a.tell(ctx, rows, [][2]string{{"s.build_id", own}, {"s.kind", "r.kind"}, {"s.seen", "r.seen"}},
		" JOIN incidents i ON i.test_id = r.id", "s.incident_id = i.id")
}

// tell changes the sightings of builds or tests, by two statements for each of
// them, however many incidents it has. The status is changed apart from the other
// columns, which are indexed: 80,000 sightings take SQLite 0.5 s instead of 1.5 s.
func (a *applier) tell(ctx context.Context, rows []row, indexed [][2]string, join, where string) error {
	if len(rows) == 0 {
		return nil
	}
	for _, columns := range [][][2]string{{{"s.status", "r.status"}}, indexed} {
		var sets, is, due []string
		for _, c := range columns {
			sets = append(sets, strings.TrimPrefix(c[0], "s.")+" = "+c[1])
			is, due = append(is, c[0]), append(due, c[1])
		}
		query := "UPDATE sightings AS s SET " + strings.Join(sets, ", ") + " FROM " + a.rowsOf(toldOf, len(toldOf.columns)) + join +
			" WHERE " + where + " AND (" + strings.Join(is, ", ") + ") <> (" + strings.Join(due, ", ") + ")"
		if err := a.each(ctx, a.tx, toldOf, query, rows, len(toldOf.columns)); err != nil {
			return err
		}
	}
	return nil
}

// countIssues adds to the counts of issues, and finds anew when they were seen
// first and last. Rows that were only made to be locked are removed.
func (a *applier) countIssues(ctx context.Context, t *touched, locked []row) error {
	counts := newCounter(issueCounts)
	for _, r := range t.sightings {
		counts.issueCount(r[1], r[2], -1)
	}
	for _, r := range t.now.sightings {
		counts.issueCount(r[1], r[2], +1)
	}
	if err := a.add(ctx, a.tx, issueCounts, counts.all()); err != nil || len(locked) == 0 {
		return err
	}
	keys := make([]row, len(locked))
	for i, r := range locked {
		keys[i] = issueCounts.key(r)
	}
	if err := a.findEnds(ctx, keys); err != nil || !a.Arrays {
		return err
	}
	return a.remove(ctx, a.tx, issueCounts, keys, " AND n = 0")
}

// findEnds finds the first and the last sighting of issues, of those whose time
// is known, by an index.
func (a *applier) findEnds(ctx context.Context, issues []row) error {
	end := func(column, none, direction string) string {
		return "coalesce((SELECT s." + column + " FROM sightings s WHERE s.issue_id = c.issue_id AND s.issue_version = c.issue_version AND s.seen > 0" +
			" ORDER BY s.seen" + direction + ", s.incident_id" + direction + " LIMIT 1), " + none + ")"
	}
	query := "UPDATE issue_counts AS c SET first_seen = " + end("seen", "0", "") + ", first_incident = " + end("incident_id", "''", "") +
		", last_seen = " + end("seen", "0", " DESC") + ", last_incident = " + end("incident_id", "''", " DESC") +
		" FROM " + a.rowsOf(issueCounts, issueCounts.keys) + " WHERE c.issue_id = r.issue_id AND c.issue_version = r.issue_version"
	return a.each(ctx, a.tx, issueCounts, query, issues, issueCounts.keys)
}

// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// countIncidents records the incidents that changed, updates the sightings of builds
// and tests that changed, and counts the sightings by issue.
//
// The builds of the incidents are locked, but two transactions may still change the
// sighting of one incident: one of them changes its build, the other its test. Both
// lock the issue, and then read again what they had read before.
func (a *applier) countIncidents(ctx context.Context) error {
	c, err := a.readConcerned(ctx)
	if err != nil {
		return err
	}
	issues := c.issues()
	if a.Concurrent() && len(issues) > 0 {
		if err := issueCounts.lock(ctx, a.transaction, issues.rows()); err != nil {
			return err
		}
		if c, err = a.readConcerned(ctx); err != nil {
			return err
		}
		for issue := range c.issues() {
			if _, locked := issues[issue]; !locked {
				return ErrAgain
			}
		}
	}
	a.noteBuildsOf(c)
	if err := record(ctx, a, sightings, c.sightings, c.now.sightings); err != nil {
		return err
	}
	if err := record(ctx, a, absences, c.absences, c.now.absences); err != nil {
		return err
	}
	if err := a.updateSightingsOfBuilds(ctx, c.builds); err != nil {
		return err
	}
	if err := a.updateSightingsOfTests(ctx, c.tests); err != nil {
		return err
	}
	return a.countIssues(ctx, c, issues.rows())
}

// concerned has the incidents that a transaction concerns.
type concerned struct {
	// The incidents that changed, as they are recorded, and as they are now.
	sightings []sighting
	absences  []absence
	now       incidentRows
	// Builds and tests whose change affects their sightings, and the issues that were
	// seen in them.
	builds, tests set
	seen          []issueKey
}

func (a *applier) readConcerned(ctx context.Context) (*concerned, error) {
	c := &concerned{}
	if len(a.incidents) > 0 {
		var err error
		ids := a.incidents.sorted()
		if c.sightings, err = sightings.read(ctx, a.transaction, a.In("incident_id", 1), a.List(ids)); err != nil {
			return nil, err
		}
		if c.absences, err = absences.read(ctx, a.transaction, a.In("incident_id", 1), a.List(ids)); err != nil {
			return nil, err
		}
		if c.now, err = a.incidentsByID(ctx, ids); err != nil {
			return nil, err
		}
	}
	return c, a.findSightings(ctx, c)
}

// findSightings finds the sightings of the builds and tests that changed. New tests
// matter only if a sighting waits for its test to arrive. Such sightings are rare, and
// a transaction may have thousands of new tests: so we ask first if there are any.
func (a *applier) findSightings(ctx context.Context, c *concerned) error {
	var waiting bool
	if len(a.created) > 0 {
		if err := a.readRow(ctx, "SELECT EXISTS (SELECT 1 FROM sightings WHERE kind = '' AND test_id > '')", nil, &waiting); err != nil {
			return err
		}
	}
	for _, find := range []struct {
		query  string
		ids    []string
		into   *set
		needed bool
	}{
		{`
			SELECT DISTINCT test_id, issue_id, issue_version
			FROM sightings
			WHERE kind = '' AND ` + a.InMany("test_id", 1),
			a.created.sorted(), &c.tests, waiting},
		{`
			SELECT DISTINCT i.test_id, s.issue_id, s.issue_version
			FROM incidents i JOIN sightings s ON s.incident_id = i.id
			WHERE ` + a.InMany("i.test_id", 1),
			a.changed.sorted(), &c.tests, len(a.changed) > 0},
		{`
			SELECT DISTINCT build_id, issue_id, issue_version
			FROM sightings
			WHERE test_id = '' AND ` + a.InMany("build_id", 1),
			slices.Sorted(maps.Keys(a.changedBuilds)), &c.builds, len(a.changedBuilds) > 0},
	} {
		if !find.needed {
			continue
		}
		var id string
		var issue issueKey
		err := a.read(ctx, find.query, []any{a.List(find.ids)}, []any{&id, &issue.issueID, &issue.version}, func() error {
			find.into.add(id)
			c.seen = append(c.seen, issue)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// issues returns the issues concerned, with a row of each to lock it by.
func (c *concerned) issues() counter[issueCount] {
	all := make(counter[issueCount])
	for _, s := range c.sightings {
		all[issueCount{issueKey: s.issueKey}] = 0
	}
	for _, s := range c.now.sightings {
		all[issueCount{issueKey: s.issueKey}] = 0
	}
	for _, key := range c.seen {
		all[issueCount{issueKey: key}] = 0
	}
	return all
}

// incidentRow is a row that records an incident.
type incidentRow[R any] interface {
	*R
	id() string
	counted() incidentCount
}

// record replaces the rows of incidents by those of now, which has them by ID, and
// counts the difference.
func record[R comparable, P incidentRow[R]](ctx context.Context, a *applier, t *table[R], before []R, now map[string]R) error {
	var gone []R
	for _, was := range before {
		a.incidentCounts[P(&was).counted()]--
		if _, ok := now[P(&was).id()]; !ok {
			gone = append(gone, was)
		}
	}
	for _, r := range now {
		a.incidentCounts[P(&r).counted()]++
	}
	if err := t.put(ctx, a.transaction, slices.Collect(maps.Values(now))); err != nil {
		return err
	}
	return t.remove(ctx, a.transaction, gone, "")
}

// countIssues adds to the counts of issues, and finds their first and last sightings.
// It deletes the rows that were inserted only to be locked.
func (a *applier) countIssues(ctx context.Context, c *concerned, locked []issueCount) error {
	counts := make(counter[issueCount])
	for _, s := range c.sightings {
		counts[issueCount{issueKey: s.issueKey}]--
	}
	for _, s := range c.now.sightings {
		counts[issueCount{issueKey: s.issueKey}]++
	}
	if err := add(ctx, a.transaction, issueCounts, counts); err != nil || len(locked) == 0 {
		return err
	}
	if err := a.findFirstAndLast(ctx, locked); err != nil || !a.Concurrent() {
		return err
	}
	return issueCounts.remove(ctx, a.transaction, locked, " AND n = 0")
}

// findFirstAndLast finds the first and the last sighting of issues by an index. It skips
// sightings without a time.
func (a *applier) findFirstAndLast(ctx context.Context, issues []issueCount) error {
	find := func(column, none, direction string) string {
		return fmt.Sprintf(`
			coalesce((SELECT s.%s FROM sightings s
				WHERE s.issue_id = c.issue_id AND s.issue_version = c.issue_version AND s.seen > 0
				ORDER BY s.seen %[3]s, s.incident_id %[3]s LIMIT 1), %[2]s)`, column, none, direction)
	}
	c := issueCounts.cursor()
	query := `
		UPDATE issue_counts AS c SET
			first_seen = ` + find("seen", "0", "ASC") + `,
			first_incident = ` + find("incident_id", "''", "ASC") + `,
			last_seen = ` + find("seen", "0", "DESC") + `,
			last_incident = ` + find("incident_id", "''", "DESC") + `
		FROM ` + a.Source(typed(c.key)) + `
		WHERE c.issue_id = r.issue_id AND c.issue_version = r.issue_version`
	return each(ctx, a.transaction, query, c, c.key, issues)
}

// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Days are days in UTC from the first to the last, counted from 1970.
type Days struct{ First, Last int64 }

// DaysOf returns the days from a start to an end. Objects without a time are on none of
// them.
func DaysOf(start, end time.Time) Days { return Days{max(rollup.DayOf(start), 0), rollup.DayOf(end)} }

// micros returns the beginning of the first day and the end of the last day, in
// microseconds since 1970. The beginning is never 0, because 0 stands for no time.
func (d Days) micros() (begin, end int64) {
	return max(d.First*rollup.DayMicros, 1), (d.Last + 1) * rollup.DayMicros
}

// Origins returns the origins of the checkouts, and those of the tests, that started on
// days. Both are sorted.
func (db *DB) Origins(ctx context.Context, days Days) (ofCheckouts, ofTests []string, err error) {
	query := "SELECT DISTINCT origin, kind FROM daily_counts WHERE day BETWEEN $1 AND $2"
	var origin string
	var kind rollup.Kind
	var checkouts, tests set
	err = db.read(ctx, "read origins", query, []any{days.First, days.Last}, []any{&origin, &kind}, func() {
		switch kind {
		case rollup.Checkouts:
			checkouts.add(origin)
		case rollup.Boots, rollup.Tests:
			tests.add(origin)
		}
	})
	return checkouts.sorted(), tests.sorted(), err
}

// Amounts are numbers of objects. Tests do not include boots.
type Amounts struct{ Checkouts, Builds, Boots, Tests int64 }

func (a *Amounts) add(kind rollup.Kind, n int64) {
	switch kind {
	case rollup.Checkouts:
		a.Checkouts += n
	case rollup.Builds:
		a.Builds += n
	case rollup.Boots:
		a.Boots += n
	case rollup.Tests:
		a.Tests += n
	}
}

// Started counts the objects that started on days.
type Started struct {
	Amounts
	Trees int64 // with checkouts on these days
	Labs  map[string]*Amounts
}

// Started counts the objects that started on days.
func (db *DB) Started(ctx context.Context, days Days) (*Started, error) {
	s := &Started{Labs: make(map[string]*Amounts)}
	err := db.view(ctx, "read totals", func(ctx context.Context, tx sqldb.Tx) error { return s.read(ctx, tx, days) })
	return s, err
}

func (s *Started) read(ctx context.Context, tx sqldb.Tx, days Days) error {
	if err := s.readDays(ctx, tx, days); err != nil {
		return err
	}
	return s.readTrees(ctx, tx, days)
}

func (s *Started) readDays(ctx context.Context, tx sqldb.Tx, days Days) error {
	query := `
		SELECT kind, lab, origin, CAST(sum(n) AS bigint)
		FROM daily_counts
		WHERE day BETWEEN $1 AND $2
		GROUP BY kind, lab, origin`
	var kind rollup.Kind
	var lab, origin string
	var n int64
	return forEachRow(ctx, tx, query, []any{days.First, days.Last}, []any{&kind, &lab, &origin, &n}, func() {
		s.count(kind, facts.LabOf(lab, origin), n)
	})
}

// count adds n objects of a lab, "" for none.
func (s *Started) count(kind rollup.Kind, lab string, n int64) {
	s.add(kind, n)
	if kind == rollup.Checkouts || lab == "" {
		return
	}
	if s.Labs[lab] == nil {
		s.Labs[lab] = new(Amounts)
	}
	s.Labs[lab].add(kind, n)
}

// readTrees looks only at trees whose heads started on the days or later.
func (s *Started) readTrees(ctx context.Context, tx sqldb.Tx, days Days) error {
	query := `
		SELECT count(*)
		FROM tree_heads h
		WHERE h.start >= $1
			AND EXISTS (SELECT 1 FROM counted_checkouts c WHERE c.tree = h.key AND c.start >= $1 AND c.start < $2)`
	begin, end := days.micros()
	_, err := sqldb.ReadRow(ctx, tx, query, []any{begin, end}, &s.Trees)
	return err
}

// Totals counts the objects that started on days, and the issues and incidents that
// arrived.
type Totals struct {
	Started
	Issues    int64 // each counts once, however many of its versions arrived
	Incidents int64 // without incidents that say that their issue is absent
	// BuildIncidents are sorted by origin, and by descending N within an origin.
	BuildIncidents []BuildIncidents
}

// BuildIncidents counts the incidents of builds with an issue that an origin sent.
type BuildIncidents struct {
	Origin  string
	IssueID string
	Version int     // the newest version; of the incidents if the issue does not exist
	Comment *string // of this version
	New     bool    // the first version of the issue arrived on these days, too
	N       int64
}

// Totals counts the objects that started on days, and the issues and incidents that
// arrived.
func (db *DB) Totals(ctx context.Context, days Days) (*Totals, error) {
	t := &Totals{Started: Started{Labs: make(map[string]*Amounts)}}
	err := db.view(ctx, "read totals", func(ctx context.Context, tx sqldb.Tx) error {
		if err := t.read(ctx, tx, days); err != nil {
			return err
		}
		if err := t.readArrived(ctx, db, tx, days); err != nil {
			return err
		}
		return t.readBuildIncidents(ctx, db, tx, days)
	})
	return t, err
}

// readArrived counts issues and incidents.
func (t *Totals) readArrived(ctx context.Context, db *DB, tx sqldb.Tx, days Days) error {
	query := "SELECT count(DISTINCT id) FROM issues WHERE _timestamp >= " + db.Moment(1) + " AND _timestamp < " + db.Moment(2)
	begin, end := days.micros()
	if _, err := sqldb.ReadRow(ctx, tx, query, []any{begin, end}, &t.Issues); err != nil {
		return err
	}
	query = `
		SELECT CAST(coalesce(sum(n), 0) AS bigint)
		FROM incident_counts
		WHERE day BETWEEN $1 AND $2 AND kind <> 'absent'`
	_, err := sqldb.ReadRow(ctx, tx, query, []any{days.First, days.Last}, &t.Incidents)
	return err
}

// readBuildIncidents counts the incidents of builds, and reads their issues.
func (t *Totals) readBuildIncidents(ctx context.Context, db *DB, tx sqldb.Tx, days Days) error {
	query := `
		SELECT origin, issue_id, max(issue_version), CAST(sum(n) AS bigint)
		FROM incident_counts
		WHERE day BETWEEN $1 AND $2 AND kind = 'build'
		GROUP BY origin, issue_id`
	var b BuildIncidents
	var ids set
	err := forEachRow(ctx, tx, query, []any{days.First, days.Last}, []any{&b.Origin, &b.IssueID, &b.Version, &b.N}, func() {
		t.BuildIncidents = append(t.BuildIncidents, b)
		ids.add(b.IssueID)
	})
	if err != nil {
		return err
	}
	issues, err := db.arrivedIssues(ctx, tx, ids.sorted())
	if err != nil {
		return err
	}
	begin, end := days.micros()
	for n := range t.BuildIncidents {
		b := &t.BuildIncidents[n]
		if i, ok := issues[b.IssueID]; ok {
			b.Version, b.Comment, b.New = i.version, i.comment, i.first >= begin && i.first < end
		}
	}
	slices.SortFunc(t.BuildIncidents, func(a, b BuildIncidents) int {
		return cmp.Or(strings.Compare(a.Origin, b.Origin), cmp.Compare(b.N, a.N), strings.Compare(a.IssueID, b.IssueID))
	})
	return nil
}

// arrivedIssue is the newest version of an issue, and when its first version arrived.
type arrivedIssue struct {
	version int
	first   int64 // microseconds since 1970
	comment *string
}

func (db *DB) arrivedIssues(ctx context.Context, tx sqldb.Tx, ids []string) (map[string]arrivedIssue, error) {
	query := `
		SELECT id, version, comment, ` + db.Micros("_timestamp") + `
		FROM issues
		WHERE ` + db.In("id", 1) + `
		ORDER BY id, version`
	all := make(map[string]arrivedIssue)
	var id string
	var version int
	var at int64
	var comment *string
	err := forEachRow(ctx, tx, query, []any{db.List(ids)}, []any{&id, &version, &comment, &at}, func() {
		i, ok := all[id]
		if !ok || at < i.first {
			i.first = at
		}
		i.version, i.comment = version, comment
		all[id] = i
	})
	return all, err
}

// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
)

// micros returns when the first day begins, and when the last one is over, in
// microseconds since 1970. Nothing begins at 0, which stands for no time.
func (d Days) micros() (begin, end int64) {
	const day = int64(24 * time.Hour / time.Microsecond)
	return max(d.First*day, 1), (d.Last + 1) * day
}

// Origins returns those whose checkouts, and those whose tests, started on days,
// sorted.
func (db *DB) Origins(ctx context.Context, days Days) (ofCheckouts, ofTests []string, err error) {
	var origin string
	var kind Kind
	checkouts, tests := make(set), make(set)
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		return Read(ctx, tx, "SELECT DISTINCT origin, kind FROM daily_counts WHERE day BETWEEN $1 AND $2", []any{days.First, days.Last},
			[]any{&origin, &kind}, func() error {
				switch kind {
				case Checkouts:
					checkouts.add(origin)
				case Boots, Tests:
					tests.add(origin)
				}
				return nil
			})
	})
	return checkouts.sorted(), tests.sorted(), db.Failure(ctx, "read origins", err)
}

// Amounts are how many there are.
type Amounts struct{ Checkouts, Builds, Boots, Tests int64 } // tests without boots

// Started are what started on days.
type Started struct {
	Amounts
	Trees int64 // with checkouts
	Labs  map[string]*Amounts
}

// Totals are what started on days, and the issues and incidents that arrived.
type Totals struct {
	Started
	Issues    int64 // in whatever versions
	Incidents int64 // without those that say that their issue is absent
	// BuildIncidents are by origin, and within an origin those with the most first.
	BuildIncidents []BuildIncidents
}

// BuildIncidents are the incidents of builds with an issue that an origin sent.
type BuildIncidents struct {
	Origin  string
	IssueID string
	Version int64   // the newest one, of the incidents where the issue is not there
	Comment *string // of this version
	New     bool    // the first version of the issue arrived in these days, too
	N       int64
}

// Started returns what started on days.
func (db *DB) Started(ctx context.Context, days Days) (*Started, error) {
	s := &Started{Labs: make(map[string]*Amounts)}
	err := db.View(ctx, func(ctx context.Context, tx Tx) error { return s.read(ctx, tx, days) })
	return s, db.Failure(ctx, "read totals", err)
}

// Totals returns what started, and which issues and incidents arrived, on days.
func (db *DB) Totals(ctx context.Context, days Days) (*Totals, error) {
	t := &Totals{Started: Started{Labs: make(map[string]*Amounts)}}
	err := db.View(ctx, func(ctx context.Context, tx Tx) error {
		if err := t.read(ctx, tx, days); err != nil {
			return err
		}
		if err := t.readArrived(ctx, &db.Dialect, tx, days); err != nil {
			return err
		}
		return t.readBuildIncidents(ctx, &db.Dialect, tx, days)
	})
	return t, db.Failure(ctx, "read totals", err)
}

func (s *Started) read(ctx context.Context, tx Tx, days Days) error {
	if err := s.readDays(ctx, tx, days); err != nil {
		return err
	}
	return s.readTrees(ctx, tx, days)
}

// readDays reads what is counted by day.
func (s *Started) readDays(ctx context.Context, tx Tx, days Days) error {
	var kind Kind
	var lab, origin string
	var n int64
	return Read(ctx, tx, "SELECT kind, lab, origin, CAST(sum(n) AS bigint) FROM daily_counts WHERE day BETWEEN $1 AND $2 GROUP BY kind, lab, origin",
		[]any{days.First, days.Last}, []any{&kind, &lab, &origin, &n}, func() error {
			s.add(kind, n)
			if lab := facts.LabOf(lab, origin); kind != Checkouts && lab != "" {
				if s.Labs[lab] == nil {
					s.Labs[lab] = new(Amounts)
				}
				s.Labs[lab].add(kind, n)
			}
			return nil
		})
}

func (a *Amounts) add(kind Kind, n int64) {
	switch kind {
	case Checkouts:
		a.Checkouts += n
	case Builds:
		a.Builds += n
	case Boots:
		a.Boots += n
	case Tests:
		a.Tests += n
	}
}

// readTrees counts trees. Only those are looked at whose heads are not older.
func (s *Started) readTrees(ctx context.Context, tx Tx, days Days) error {
	begin, end := days.micros()
	return Read(ctx, tx, "SELECT count(*) FROM tree_heads h WHERE h.start >= $1 AND EXISTS"+
		" (SELECT 1 FROM counted_checkouts c WHERE c.tree = h.key AND c.start >= $1 AND c.start < $2)",
		[]any{begin, end}, []any{&s.Trees}, func() error { return nil })
}

// arrived returns the condition that an object arrived between the moments that
// the parameters $1 and $2 are.
func (d *Dialect) arrived(column string) string {
	return column + " >= " + d.Moment(1) + " AND " + column + " < " + d.Moment(2)
}

// readArrived counts issues and incidents.
func (t *Totals) readArrived(ctx context.Context, d *Dialect, tx Tx, days Days) error {
	begin, end := days.micros()
	err := Read(ctx, tx, "SELECT count(DISTINCT id) FROM issues WHERE "+d.arrived("_timestamp"), []any{begin, end}, []any{&t.Issues},
		func() error { return nil })
	if err != nil {
		return err
	}
	return Read(ctx, tx, "SELECT CAST(coalesce(sum(n), 0) AS bigint) FROM incident_counts WHERE day BETWEEN $1 AND $2 AND kind <> '"+string(absent)+"'",
		[]any{days.First, days.Last}, []any{&t.Incidents}, func() error { return nil })
}

// readBuildIncidents counts the incidents of builds, and looks at their issues.
func (t *Totals) readBuildIncidents(ctx context.Context, d *Dialect, tx Tx, days Days) error {
	begin, end := days.micros()
	var b BuildIncidents
	ids := make(set)
	err := Read(ctx, tx, "SELECT origin, issue_id, max(issue_version), CAST(sum(n) AS bigint) FROM incident_counts"+
		" WHERE day BETWEEN $1 AND $2 AND kind = '"+string(Builds)+"' GROUP BY origin, issue_id",
		[]any{days.First, days.Last}, []any{&b.Origin, &b.IssueID, &b.Version, &b.N}, func() error {
			t.BuildIncidents = append(t.BuildIncidents, b)
			ids.add(b.IssueID)
			return nil
		})
	if err != nil {
		return err
	}
	type issue struct {
		version, first int64
		comment        *string
	}
	known := make(map[string]issue)
	var id string
	var version, at int64
	var comment *string
	err = Read(ctx, tx, "SELECT id, version, comment, "+d.Micros("_timestamp")+" FROM issues WHERE "+d.In("id", 1)+" ORDER BY id, version",
		[]any{d.List(slices.Collect(maps.Keys(ids)))}, []any{&id, &version, &comment, &at}, func() error {
			i, ok := known[id]
			if !ok || at < i.first {
				i.first = at
			}
			i.version, i.comment = version, comment
			known[id] = i
			return nil
		})
	for n := range t.BuildIncidents {
		b := &t.BuildIncidents[n]
		if i, ok := known[b.IssueID]; ok {
			b.Version, b.Comment, b.New = i.version, i.comment, i.first >= begin && i.first < end
		}
	}
	slices.SortFunc(t.BuildIncidents, func(a, b BuildIncidents) int {
		return cmp.Or(strings.Compare(a.Origin, b.Origin), cmp.Compare(b.N, a.N), strings.Compare(a.IssueID, b.IssueID))
	})
	return err
}

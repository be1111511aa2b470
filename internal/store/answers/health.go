// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// Health says how the senders of results are: which origins are silent, which labs lose
// their jobs, and how much arrived.
type Health struct {
	Origins []OriginHabit // by name
	Labs    []LabHealth   // by name
	Arrived Arrived
	Started Amounts // objects that started yesterday or today
}

// OriginHabit is when an origin sent something, and how often it does.
type OriginHabit struct {
	Origin string
	Last   time.Time // of the last arrival; the end of a day if only the day is known
	// Tested is when the last tests arrived, if they may have arrived after Last; else zero.
	Tested time.Time
	// Arrivals counts the moments in the last HabitDays at which checkouts or builds arrived.
	// For an origin that sends only tests, it counts the days.
	Arrivals int64
	// Usual is the average time between two arrivals, and Longest the longest. Both are 0 if
	// there are fewer than two.
	Usual, Longest time.Duration
}

// HabitDays is how many days of the past make the habit of an origin.
const HabitDays = 14

// An origin without a habit, or one that pauses for a few hours, is not silent.
const (
	leastArrivals = 5
	leastSilence  = 6 * time.Hour
	silentAfter   = 8 // usual times between two arrivals
)

// Silent reports whether an origin is silent: it sent nothing for longer than ever in the
// last HabitDays, and for much longer than usual. Tests often arrive long after their builds
// do, so they only have to be late.
func (h *OriginHabit) Silent(now time.Time) bool {
	late := max(leastSilence, silentAfter*h.Usual)
	return h.Arrivals >= leastArrivals && now.Sub(h.Last) > max(late, h.Longest) && now.Sub(h.Tested) > late
}

// Latest returns when something arrived last.
func (h *OriginHabit) Latest() time.Time {
	if h.Tested.After(h.Last) {
		return h.Tested
	}
	return h.Last
}

// LabHealth counts the boots and tests of a lab that started today, yesterday, and in the
// days before that make its habit.
type LabHealth struct {
	Lab                      string
	Today, Yesterday, Before LabResults
}

// LabResults are numbers of results of a lab. Lost are those that were missed or ended in
// an error: they say nothing about the kernel.
type LabResults struct{ Results, Lost int64 }

// Share returns how many percent of the results are lost.
func (r LabResults) Share() int64 { return 100 * r.Lost / max(r.Results, 1) }

// A lab that loses a few jobs, or as many as always, is not sick.
const (
	leastLost      = 5
	leastLostShare = 5 // percent
	sickFactor     = 3
)

// Sick reports whether the lab lost many more of its results than usual today or yesterday.
func (h *LabHealth) Sick() bool { return h.sickOn(h.Today) || h.sickOn(h.Yesterday) }

func (h *LabHealth) sickOn(day LabResults) bool {
	return day.Lost >= leastLost && day.Share() >= max(leastLostShare, sickFactor*h.Before.Share())
}

// Lost returns the results of the day on which the lab is sick, today if it is not.
func (h *LabHealth) Lost() (day LabResults, today bool) {
	if !h.sickOn(h.Today) && h.sickOn(h.Yesterday) {
		return h.Yesterday, false
	}
	return h.Today, true
}

// Arrived counts the submissions that were stored or refused within a day.
type Arrived struct{ Submissions, Objects, Refused, Origins int64 }

// Health returns how the senders of results are at a moment.
func (db *DB) Health(ctx context.Context, now time.Time) (*Health, error) {
	h := &Health{}
	err := db.view(ctx, "read the health of origins", func(ctx context.Context, tx sqldb.Tx) error {
		if err := h.readArrivals(ctx, db, tx, now); err != nil {
			return err
		}
		tested, err := h.readDays(ctx, tx, now)
		if err != nil {
			return err
		}
		if err := h.readTests(ctx, db, tx, tested, now); err != nil {
			return err
		}
		return h.readReceipts(ctx, db, tx, now)
	})
	slices.SortFunc(h.Origins, func(a, b OriginHabit) int { return strings.Compare(a.Origin, b.Origin) })
	slices.SortFunc(h.Labs, func(a, b LabHealth) int { return strings.Compare(a.Lab, b.Lab) })
	return h, err
}

// readArrivals reads the habits of origins that send checkouts or builds. Tests are too
// many to look at each; most of them arrive with the builds.
func (h *Health) readArrivals(ctx context.Context, db *DB, tx sqldb.Tx, now time.Time) error {
	arrived := func(table string) string {
		return "SELECT origin, " + db.Micros("_timestamp") + " AS at FROM " + table + " WHERE _timestamp >= " + db.Moment(1)
	}
	query := `
		SELECT origin, count(*), max(at), coalesce(max(pause), 0), max(at) - min(at)
		FROM (
			SELECT origin, at, at - lag(at) OVER (PARTITION BY origin ORDER BY at) AS pause
			FROM (` + arrived("checkouts") + ` UNION ` + arrived("builds") + `) arrivals
		) pauses
		GROUP BY origin`
	var o OriginHabit
	var last, longest, span int64
	begin := now.AddDate(0, 0, -HabitDays).UnixMicro()
	return forEachRow(ctx, tx, query, []any{begin}, []any{&o.Origin, &o.Arrivals, &last, &longest, &span}, func() {
		o.Last, o.Longest = sqldb.Time(last), time.Duration(longest)*time.Microsecond
		o.Usual = time.Duration(span) * time.Microsecond / time.Duration(max(o.Arrivals-1, 1))
		h.Origins = append(h.Origins, o)
	})
}

// readDays reads the counts of days: the health of labs, and the habits of origins that
// send only tests. It returns the last day on which tests of each origin started.
func (h *Health) readDays(ctx context.Context, tx sqldb.Tx, now time.Time) (lastTests map[string]int64, err error) {
	query := `
		SELECT origin, lab, kind, status, max(day), count(DISTINCT day),
			CAST(sum(CASE WHEN day = $2 THEN n ELSE 0 END) AS bigint),
			CAST(sum(CASE WHEN day = $2 - 1 THEN n ELSE 0 END) AS bigint),
			CAST(sum(CASE WHEN day < $2 - 1 THEN n ELSE 0 END) AS bigint)
		FROM daily_counts
		WHERE day BETWEEN $1 AND $2
		GROUP BY origin, lab, kind, status`
	today := rollup.DayOf(now)
	labs := make(map[string]*LabHealth)
	tested := make(map[string]*OriginHabit)
	var origin, lab string
	var kind rollup.Kind
	var status report.Status
	var last, days, ofToday, ofYesterday, before int64
	into := []any{&origin, &lab, &kind, &status, &last, &days, &ofToday, &ofYesterday, &before}
	lastTests = make(map[string]int64)
	err = forEachRow(ctx, tx, query, []any{today - HabitDays, today}, into, func() {
		h.Started.add(kind, ofToday+ofYesterday)
		if kind != rollup.Boots && kind != rollup.Tests {
			return
		}
		if tested[origin] == nil {
			tested[origin] = &OriginHabit{Origin: origin}
		}
		tested[origin].addDays(last, days)
		lastTests[origin] = max(lastTests[origin], last)
		if lab := facts.LabOf(lab, origin); lab != "" {
			if labs[lab] == nil {
				labs[lab] = &LabHealth{Lab: lab}
			}
			labs[lab].Today.add(status, ofToday)
			labs[lab].Yesterday.add(status, ofYesterday)
			labs[lab].Before.add(status, before)
		}
	})
	for _, lab := range labs {
		h.Labs = append(h.Labs, *lab)
	}
	for _, o := range tested {
		if !slices.ContainsFunc(h.Origins, func(known OriginHabit) bool { return known.Origin == o.Origin }) {
			h.Origins = append(h.Origins, *o)
		}
	}
	return lastTests, err
}

// addDays adds the last day with tests, and the number of such days.
func (h *OriginHabit) addDays(last, days int64) {
	end := time.Unix(0, 0).UTC().AddDate(0, 0, int(last)+1)
	if end.After(h.Last) {
		h.Last = end
	}
	if h.Arrivals = max(h.Arrivals, days); h.Arrivals > 1 {
		h.Usual = 24 * time.Hour * HabitDays / time.Duration(h.Arrivals)
		h.Longest = h.Usual
	}
}

func (r *LabResults) add(status report.Status, n int64) {
	r.Results += n
	if rollup.Lost(status) {
		r.Lost += n
	}
}

func (h *Health) readReceipts(ctx context.Context, db *DB, tx sqldb.Tx, now time.Time) error {
	query := `
		SELECT count(*), count(DISTINCT origin),
			CAST(coalesce(sum(CASE WHEN failure = '' THEN objects END), 0) AS bigint),
			CAST(coalesce(sum(CASE WHEN failure <> '' THEN 1 END), 0) AS bigint)
		FROM receipts
		WHERE finished >= ` + db.Moment(1)
	a := &h.Arrived
	_, err := sqldb.ReadRow(ctx, tx, query, []any{now.Add(-24 * time.Hour).UnixMicro()}, &a.Submissions, &a.Origins, &a.Objects, &a.Refused)
	return err
}

// Progress says how many checkouts of a commit there are, and how many of them have all
// their results, as their origins say.
type Progress struct{ Checkouts, Built, Tested int64 }

// ProgressOf returns the progress of commits by their hashes.
func (db *DB) ProgressOf(ctx context.Context, commits []string) (map[string]Progress, error) {
	query := `
		SELECT git_commit_hash, count(*), count(origin_builds_finish_time), count(origin_tests_finish_time)
		FROM checkouts
		WHERE ` + db.In("git_commit_hash", 1) + `
		GROUP BY git_commit_hash`
	all := make(map[string]Progress, len(commits))
	var commit string
	var p Progress
	err := db.read(ctx, "read the progress of commits", query, []any{db.List(commits)}, []any{&commit, &p.Checkouts, &p.Built, &p.Tested},
		func() { all[commit] = p })
	return all, err
}

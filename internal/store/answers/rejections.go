// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Rejections says how many objects of a submitter were rejected in the last day, and in the
// HabitDays before, which are its habit. All objects of a submission that was given up count
// as rejected.
type Rejections struct {
	Submitter    string // the origin that the token names
	Today, Habit Rejected
}

// Rejected are numbers of objects that were handed in, and of those that were rejected.
type Rejected struct{ Objects, Rejected int64 }

// Share returns how many percent of the objects were rejected.
func (r Rejected) Share() int64 { return 100 * r.Rejected / max(r.Objects, 1) }

// A submitter of which a few objects are rejected, or as many as always, needs no advice.
const (
	leastRejected      = 10
	leastRejectedShare = 5 // percent
	risenFactor        = 3
)

// Risen reports whether many more objects of the submitter were rejected than usual.
func (r *Rejections) Risen() bool {
	return r.Today.Rejected >= leastRejected && r.Today.Share() >= max(leastRejectedShare, risenFactor*r.Habit.Share())
}

// Rejections counts the rejected objects of all submitters that name themselves by a token.
// It looks at each receipt of the time, so it is not for pages.
func (db *DB) Rejections(ctx context.Context, now time.Time) (all []Rejections, err error) {
	recent := "finished >= " + db.Moment(2)
	sum := func(of, when string) string {
		return "CAST(coalesce(sum(CASE WHEN " + when + " THEN " + of + " END), 0) AS bigint)"
	}
	rejected := "(CASE WHEN failure = '' THEN rejected ELSE objects END)"
	// Grouped by an expression, so that SQLite does not read all receipts in the order of an
	// index of origins.
	query := `
		SELECT coalesce(origin, '') AS submitter, ` + sum("objects + rejected", recent) + `, ` + sum(rejected, recent) + `,
			` + sum("objects + rejected", "NOT "+recent) + `, ` + sum(rejected, "NOT "+recent) + `
		FROM receipts
		WHERE finished >= ` + db.Moment(1) + ` AND origin NOT IN ('', 'none')
		GROUP BY submitter
		ORDER BY submitter`
	day := now.Add(-24 * time.Hour)
	var r Rejections
	args := []any{sqldb.Micros(day.AddDate(0, 0, -HabitDays)), sqldb.Micros(day)}
	into := []any{&r.Submitter, &r.Today.Objects, &r.Today.Rejected, &r.Habit.Objects, &r.Habit.Rejected}
	err = db.read(ctx, "count rejected objects", query, args, into, func() { all = append(all, r) })
	return all, err
}

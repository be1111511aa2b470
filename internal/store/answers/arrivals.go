// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// ReceiptDay counts the submissions of a submitter that were stored or refused on a day.
type ReceiptDay struct {
	Day         int64  // since 1970
	Submitter   string // the origin that the token names; "" or "none" without a token
	Submissions int64
	Refused     int64
	Objects     int64         // of those that were stored
	Delay       time.Duration // from arrival to the end, all submissions together
	Longest     time.Duration
	Prompt      int64 // submissions that took at most PromptDelay
	Last        time.Time
}

// SumReceipts adds up submissions of several days or submitters.
func SumReceipts(days []ReceiptDay) (sum ReceiptDay) {
	for i := range days {
		d := &days[i]
		sum.Submissions += d.Submissions
		sum.Refused += d.Refused
		sum.Objects += d.Objects
		sum.Delay += d.Delay
		sum.Longest = max(sum.Longest, d.Longest)
		sum.Prompt += d.Prompt
		if d.Last.After(sum.Last) {
			sum.Last = d.Last
		}
	}
	return sum
}

// PromptDelay is how long a submission takes at most if the service has enough loaders.
const PromptDelay = time.Minute

// ReceiptDays counts the submissions that ended on days. It looks at each receipt of the
// days, so callers keep the answer for a while.
func (db *DB) ReceiptDays(ctx context.Context, days Days) (all []ReceiptDay, err error) {
	finished, delay := db.Micros("finished"), db.Micros("finished")+" - "+db.Micros("received")
	query := `
		SELECT ` + finished + ` / ` + fmt.Sprint(rollup.DayMicros) + `, origin, count(*), count(CASE WHEN failure <> '' THEN 1 END),
			CAST(coalesce(sum(CASE WHEN failure = '' THEN objects END), 0) AS bigint),
			CAST(sum(` + delay + `) AS bigint), max(` + delay + `), count(CASE WHEN ` + delay + ` <= $3 THEN 1 END), max(` + finished + `)
		FROM receipts
		WHERE finished >= ` + db.Moment(1) + ` AND finished < ` + db.Moment(2) + `
		GROUP BY 1, 2
		ORDER BY 1, 2`
	begin, end := days.micros()
	var r ReceiptDay
	var sum, longest, last int64
	into := []any{&r.Day, &r.Submitter, &r.Submissions, &r.Refused, &r.Objects, &sum, &longest, &r.Prompt, &last}
	err = db.read(ctx, "count submissions", query, []any{begin, end, PromptDelay.Microseconds()}, into, func() {
		r.Delay, r.Longest = time.Duration(sum)*time.Microsecond, time.Duration(longest)*time.Microsecond
		r.Last = sqldb.Time(last)
		all = append(all, r)
	})
	return all, err
}

// Refusal is why submissions were refused.
type Refusal struct {
	Failure string
	N       int64
}

// Refusals returns why submissions were refused on days, the commonest reason first, limit
// at most. It looks at each receipt of the days, as ReceiptDays does.
func (db *DB) Refusals(ctx context.Context, days Days, limit int) (all []Refusal, err error) {
	query := `
		SELECT failure, count(*)
		FROM receipts
		WHERE finished >= ` + db.Moment(1) + ` AND finished < ` + db.Moment(2) + ` AND failure <> ''
		GROUP BY failure
		ORDER BY 2 DESC, 1
		LIMIT $3`
	begin, end := days.micros()
	var r Refusal
	err = db.read(ctx, "read refusals", query, []any{begin, end, limit}, []any{&r.Failure, &r.N}, func() { all = append(all, r) })
	return all, err
}

// Arrival is a submission that was stored or refused.
type Arrival struct {
	ID                 string
	Received, Finished time.Time
	Objects, Bytes     int64
	Refused            bool
}

// Arrivals returns the submissions of an origin that ended between two moments, the newest
// first, limit at most. Without tokens a receipt does not name its origin: then the time
// of its arrival is that of its checkouts and builds.
func (db *DB) Arrivals(ctx context.Context, origin string, after, until time.Time, limit int) (all []Arrival, err error) {
	arrived := func(table string) string {
		return "SELECT _timestamp AS at FROM " + table + " WHERE _timestamp >= " + db.Moment(2) + " AND _timestamp <= " + db.Moment(3) + " AND origin = $1"
	}
	query := `
		SELECT id, ` + db.Micros("received") + `, ` + db.Micros("finished") + `, objects, bytes, failure <> ''
		FROM receipts
		WHERE finished >= ` + db.Moment(2) + ` AND finished <= ` + db.Moment(3) + `
			AND (origin = $1 OR origin IN ('', 'none') AND received IN (` + arrived("checkouts") + ` UNION ` + arrived("builds") + `))
		ORDER BY finished DESC, id
		LIMIT $4`
	var a Arrival
	var received, finished int64
	args := []any{origin, sqldb.Micros(after), sqldb.Micros(until), limit}
	err = db.read(ctx, "read arrivals", query, args, []any{&a.ID, &received, &finished, &a.Objects, &a.Bytes, &a.Refused}, func() {
		a.Received, a.Finished = sqldb.Time(received), sqldb.Time(finished)
		all = append(all, a)
	})
	return all, err
}

// Time returns the beginning of a day since 1970.
func Time(day int64) time.Time { return time.Unix(0, 0).UTC().AddDate(0, 0, int(day)) }

// LastDays returns the last days, today included.
func LastDays(now time.Time, n int) Days {
	today := rollup.DayOf(now)
	return Days{max(today-int64(n)+1, 0), today}
}

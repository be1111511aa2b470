// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// lateTests is how long after its start a test arrives at most, to be looked for.
const lateTests = 24 * time.Hour

// readTests reads when tests of origins arrived last whose builds are silent, if the tests
// started on the day of the last build or later. It looks at the tests that arrived in at
// most two days for each of these origins, which are few.
func (h *Health) readTests(ctx context.Context, db *DB, tx sqldb.Tx, tested map[string]int64, now time.Time) error {
	var conditions []string
	var args []any
	last := make(map[string]*time.Time)
	for i := range h.Origins {
		o := &h.Origins[i]
		begin := Time(tested[o.Origin])
		end := begin.Add(24*time.Hour + lateTests)
		if !o.Silent(now) || end.Before(o.Last) {
			continue
		}
		if o.Last.After(begin) {
			begin = o.Last
		}
		last[o.Origin] = &o.Tested
		n := len(args)
		conditions = append(conditions, fmt.Sprintf("origin = $%d AND _timestamp > %s AND _timestamp < %s", n+1, db.Moment(n+2), db.Moment(n+3)))
		args = append(args, o.Origin, begin.UnixMicro(), end.UnixMicro())
	}
	if len(last) == 0 {
		return nil
	}
	query := "SELECT origin, " + db.Micros("max(_timestamp)") + " FROM " + db.Tests() + " WHERE " + strings.Join(conditions, " OR ") + " GROUP BY origin"
	var origin string
	var at int64
	return forEachRow(ctx, tx, query, args, []any{&origin, &at}, func() { *last[origin] = sqldb.Time(at) })
}

// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// NextDue returns the earliest time at which there is something to pick: when it is due,
// or when the pick of another process runs out. The time may be past; it is zero if
// nothing waits. Later changes may be due earlier.
func (s *Spool) NextDue(ctx context.Context) (time.Time, error) {
	var next int64
	err := s.readCommitted(ctx, "next due", func(t *tx) error {
		// Each is at one end of an index, because few rows are due and picked.
		for _, table := range []string{"notifications", "deliveries"} {
			for _, query := range []string{
				"SELECT coalesce(min(due), 0) FROM " + table + " WHERE state = 'waiting' AND (due > $1 OR " + free + ")",
				"SELECT coalesce(min(picked) + 1, 0) FROM " + table + " WHERE state = 'waiting' AND due <= $1 AND NOT " + free,
			} {
				var at int64
				if _, err := t.read(query, []any{t.now, latestPick(t.now)}, &at); err != nil {
					return err
				}
				if at != 0 && (next == 0 || at < next) {
					next = at
				}
			}
		}
		return nil
	})
	return sqldb.Time(next), err
}

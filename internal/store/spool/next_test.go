// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"time"
)

// NextDue returns when at the earliest there is something to pick, be it for its
// time or for a pick that runs out. That may be past; it is zero where nothing
// waits. Changes that come later may be due earlier.
func (s *Spool) NextDue(ctx context.Context) (time.Time, error) {
	now := s.now()
	from, to, _ := hold(now, 0)
	var next int64
	// Each is found at one end of an index: what is due and picked is little.
	for _, table := range []string{"notifications", "deliveries"} {
		for _, query := range []string{
			"SELECT coalesce(min(due), 0) FROM " + table + " WHERE state = 'waiting' AND (due > ? OR " + free + ")",
			"SELECT coalesce(min(picked) + 1, 0) FROM " + table + " WHERE state = 'waiting' AND due <= ? AND NOT " + free,
		} {
			var at int64
			if err := s.Read.QueryRowContext(ctx, s.sql(query), now, from, to).Scan(&at); err != nil {
				return time.Time{}, s.failure(ctx, "next due", err)
			}
			if at != 0 && (next == 0 || at < next) {
				next = at
			}
		}
	}
	return moment(next), nil
}

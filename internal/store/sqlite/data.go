// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
)

// Empty removes all objects, receipts, rejected objects, changes and notifications, also the
// ledger and which logs are copied, and returns the space of the file to the system. Loads go
// on noting changes if they did before. Tokens and origins stay.
func (s *Store) Empty(ctx context.Context) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		for _, name := range slices.Concat([]string{"checkouts", "builds", "tests", "issues", "incidents", "contents", "receipts", "rejected", "ledger", "logs",
			"changes", "notifications", "deliveries", "considered", "statuses"}, rollup.Tables, verdicts.Tables) {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+name); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		_, err = s.write.ExecContext(ctx, "VACUUM")
	}
	return s.failure(ctx, "empty", err)
}

// next returns the time of objects that are loaded now: later than the timestamps of all
// objects.
func (s *Store) next(ctx context.Context, tx *sql.Tx) (time.Time, error) {
	now := s.now()
	var each []string
	for i := range tables {
		each = append(each, fmt.Sprintf("SELECT max(_timestamp) AS t FROM %s WHERE _timestamp <= ?1", tables[i].List))
	}
	var newest sql.NullInt64
	err := tx.QueryRowContext(ctx, "SELECT max(t) FROM ("+strings.Join(each, " UNION ALL ")+")", now.Add(arrival.MaxAhead).UnixMicro()).Scan(&newest)
	if err != nil || !newest.Valid {
		return now.UTC().Truncate(time.Microsecond), err
	}
	return arrival.TimeAfter(now, time.UnixMicro(newest.Int64)), nil
}

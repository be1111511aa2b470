// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// wipedAtOnce is how many notifications Wipe removes in a transaction.
const wipedAtOnce = 500

// Wipe implements spool.Spool, some notifications in each transaction.
func (s *Spool) Wipe(ctx context.Context, until time.Time) (int64, error) {
	var wiped int64
	for {
		n, err := s.wipe(ctx, until)
		wiped += n
		if err != nil {
			return wiped, err
		}
		if n < wipedAtOnce {
			break
		}
	}
	return wiped, s.update(ctx, "wipe", func(t *tx) error {
		_, err := t.exec("DELETE FROM considered WHERE day < $1", until.UTC().Format(time.DateOnly))
		return err
	})
}

// ForgetStatuses implements spool.Spool.
func (s *Spool) ForgetStatuses(ctx context.Context, until time.Time) error {
	return s.update(ctx, "forget statuses", func(t *tx) error {
		_, err := t.exec("DELETE FROM statuses WHERE at < $1", sqldb.Micros(until))
		return err
	})
}

// wipe removes the first notifications. It skips a notification that another transaction
// sends again.
func (s *Spool) wipe(ctx context.Context, until time.Time) (n int64, err error) {
	err = s.update(ctx, "wipe", func(t *tx) error {
		numbers, err := rows(t, scanOne[int64], `WITH choice AS MATERIALIZED (
				SELECT number FROM notifications WHERE finished > 0 AND finished < $1 AND state IN ('done', 'dropped', 'aside')
				AND NOT EXISTS (SELECT 1 FROM deliveries WHERE notification = notifications.number AND state = 'held')
				ORDER BY finished, number LIMIT $2 `+t.SkipLocked()+`)
			DELETE FROM notifications WHERE number IN (SELECT number FROM choice) RETURNING number`, sqldb.Micros(until), wipedAtOnce)
		n = int64(len(numbers))
		if err != nil || n == 0 {
			return err
		}
		_, err = t.exec("DELETE FROM deliveries WHERE "+t.In("notification", 1), t.Numbers(numbers))
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

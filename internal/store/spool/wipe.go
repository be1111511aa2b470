// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"time"
)

// Wipe removes the notifications that were done, dropped or set aside before the time given,
// and their deliveries, and returns how many notifications it removed. Those with
// mails that a digest has still to tell of stay. The counters of the days before
// go too. It does so a few at a time, for others to get on; where it fails, what
// it removed so far is gone.
func (s *Spool) Wipe(ctx context.Context, until time.Time) (int64, error) {
	var wiped int64
	for {
		n, err := s.wipe(ctx, until)
		wiped += n
		if err != nil {
			return wiped, err
		}
		if n < chunk {
			break
		}
	}
	return wiped, s.update(ctx, "wipe", func(t *tx) error {
		_, err := t.exec("DELETE FROM considered WHERE day < ?", until.UTC().Format(time.DateOnly))
		return err
	})
}

// ForgetStatuses forgets the statuses of objects that nobody considered since the
// time given. Those count as new when they are considered again.
func (s *Spool) ForgetStatuses(ctx context.Context, until time.Time) error {
	return s.update(ctx, "forget statuses", func(t *tx) error {
		_, err := t.exec("DELETE FROM statuses WHERE at < ?", micros(until))
		return err
	})
}

// wipe removes a chunk of notifications. It passes over those that somebody is
// sending again.
func (s *Spool) wipe(ctx context.Context, until time.Time) (int64, error) {
	var numbers []any
	err := s.update(ctx, "wipe", func(t *tx) error {
		err := s.query(ctx, t, func(scan func(...any) error) error {
			var number int64
			err := scan(&number)
			numbers = append(numbers, number)
			return err
		}, `WITH choice AS MATERIALIZED (
				SELECT number FROM notifications WHERE finished > 0 AND finished < ? AND state IN ('done', 'dropped', 'aside')
				AND NOT EXISTS (SELECT 1 FROM deliveries WHERE notification = notifications.number AND state = 'held')
				ORDER BY finished, number LIMIT ? SKIP LOCKED)
			DELETE FROM notifications WHERE number IN (SELECT number FROM choice) RETURNING number`, micros(until), chunk)
		if err != nil || len(numbers) == 0 {
			return err
		}
		_, err = t.exec("DELETE FROM deliveries WHERE notification IN "+places(len(numbers)), numbers...)
		return err
	})
	if err != nil {
		return 0, err
	}
	return int64(len(numbers)), nil
}

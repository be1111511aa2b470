// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Watch makes loads note their changes from now on.
func (s *Spool) Watch(ctx context.Context) error {
	return s.update(ctx, "watch", func(t *tx) error {
		_, err := t.exec("INSERT INTO watch (one, holder, until) VALUES (1, '', 0) ON CONFLICT (one) DO NOTHING")
		return err
	})
}

// Unwatch makes loads note their changes no more, and forgets those that nobody
// has considered. Loads that are under way may still leave theirs.
func (s *Spool) Unwatch(ctx context.Context) error {
	return s.update(ctx, "unwatch", func(t *tx) error {
		if _, err := t.exec("DELETE FROM watch"); err != nil {
			return err
		}
		_, err := t.exec("DELETE FROM changes")
		return err
	})
}

// Watched tells whether loads note their changes.
func (s *Spool) Watched(ctx context.Context) (bool, error) {
	var watched bool
	err := s.Read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM watch)").Scan(&watched)
	return watched, s.failure(ctx, "watched", err)
}

// Lease makes the holder the one who considers the changes, for half the time
// given at least, and an hour at most, and watches. It returns false where
// somebody else is that one. Considering without a lease does no harm, for Settle
// lets only one have a change.
func (s *Spool) Lease(ctx context.Context, holder string, d time.Duration) (bool, error) {
	now := s.now()
	from, to, _ := hold(now, 0)
	// Most of the time there is nothing to write, and who loads need not be waited for.
	var who string
	var until int64
	err := s.Read.QueryRowContext(ctx, "SELECT holder, until FROM watch").Scan(&who, &until)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, s.failure(ctx, "lease", err)
	}
	if err == nil && from <= until && until <= to && (who != holder || until-now >= d.Microseconds()/2) {
		return who == holder, nil
	}
	var got bool
	err = s.update(ctx, "lease", func(t *tx) error {
		from, to, until := hold(t.now, d)
		n, err := t.exec(`INSERT INTO watch (one, holder, until) VALUES (1, ?, ?)
			ON CONFLICT (one) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE watch.holder = excluded.holder OR watch.until < ? OR watch.until > ?`, holder, until, from, to)
		got = n > 0
		return err
	})
	return got && err == nil, err
}

// Release ends the holder's lease, if there is one.
func (s *Spool) Release(ctx context.Context, holder string) error {
	return s.update(ctx, "release", func(t *tx) error {
		_, err := t.exec("UPDATE watch SET holder = '', until = 0 WHERE holder = ?", holder)
		return err
	})
}

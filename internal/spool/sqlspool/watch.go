// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"context"
	"time"
)

// Watch makes loads note their changes from now on.
func (s *Spool) Watch(ctx context.Context) error {
	return s.update(ctx, "watch", func(t *tx) error {
		_, err := t.exec("INSERT INTO watch (one, holder, until) VALUES (1, '', 0) ON CONFLICT (one) DO NOTHING")
		return err
	})
}

// Unwatch ends that loads note their changes, and deletes the changes that wait to be
// considered. Loads that run meanwhile may still leave theirs.
func (s *Spool) Unwatch(ctx context.Context) error {
	return s.update(ctx, "unwatch", func(t *tx) error {
		if _, err := t.exec("DELETE FROM watch"); err != nil {
			return err
		}
		_, err := t.exec("DELETE FROM changes")
		return err
	})
}

// IsWatched reports whether loads note their changes.
func (s *Spool) IsWatched(ctx context.Context) (watched bool, err error) {
	err = s.readCommitted(ctx, "watched", func(t *tx) error {
		_, err := t.read("SELECT EXISTS (SELECT 1 FROM watch)", nil, &watched)
		return err
	})
	return watched, err
}

// Lease implements spool.Spool. It also makes loads note their changes, as Watch does.
func (s *Spool) Lease(ctx context.Context, holder string, d time.Duration) (got bool, err error) {
	decided := false
	err = s.readCommitted(ctx, "lease", func(t *tx) error {
		// Most of the time nothing has to be written. Then do not wait for loads.
		var who string
		var until int64
		found, err := t.read("SELECT holder, until FROM watch", nil, &who, &until)
		if found && t.now <= until && until <= latestPick(t.now) && (who != holder || until-t.now >= d.Microseconds()/2) {
			decided, got = true, who == holder
		}
		return err
	})
	if err != nil || decided {
		return got && err == nil, err
	}
	err = s.update(ctx, "lease", func(t *tx) error {
		n, err := t.exec(`INSERT INTO watch (one, holder, until) VALUES (1, $1, $2)
			ON CONFLICT (one) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE watch.holder = excluded.holder OR watch.until < $3 OR watch.until > $4`,
			holder, pickedUntil(t.now, d), t.now, latestPick(t.now))
		got = n > 0
		return err
	})
	return got && err == nil, err
}

// Release implements spool.Spool.
func (s *Spool) Release(ctx context.Context, holder string) error {
	return s.update(ctx, "release", func(t *tx) error {
		_, err := t.exec("UPDATE watch SET holder = '', until = 0 WHERE holder = $1", holder)
		return err
	})
}

// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
)

var _ store.Lagger = (*Store)(nil)

// errNeverReplayed: the replica has replayed no transaction of the primary yet, so the
// age of its data is unknown.
var errNeverReplayed = fmt.Errorf("%w: the replica is not connected to its primary, and has replayed nothing: "+
	"see primary_conninfo on the replica, and its log", store.ErrUnavailable)

// Lag returns how far a replica is behind its primary, 0 for a primary. A replica that
// is connected to its primary and has replayed all it received is not behind, however
// old the last transaction is, because the primary may be idle. A replica that is not
// connected cannot know what the primary has since, so its lag is the age of the last
// transaction that it replayed.
func (s *Store) Lag(ctx context.Context) (time.Duration, error) {
	lag, err := s.lag(ctx)
	return lag, s.failure(ctx, "lag", err)
}

func (s *Store) lag(ctx context.Context) (time.Duration, error) {
	ctx, cancel := s.statementContext(ctx)
	defer cancel()
	if s.closed.Load() {
		return 0, errClosed
	}
	// Everybody may see that there is a receiver, and some more of it.
	var replica, level bool
	var behind *float64
	err := s.pool.QueryRow(ctx, `SELECT pg_is_in_recovery(),
		coalesce(pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn(), false) AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL),
		extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8`).Scan(&replica, &level, &behind)
	switch {
	case err != nil:
		return 0, err
	case !replica, level:
		return 0, nil
	case behind == nil:
		return 0, errNeverReplayed
	}
	return max(0, time.Duration(*behind*float64(time.Second))), nil
}

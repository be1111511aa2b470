// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
)

// Empty removes all objects, receipts, rejected objects, changes and notifications, also the
// ledger and which logs are copied, and returns their space. Loads go on noting changes if
// they did before. Tokens and origins stay.
func (s *Store) Empty(ctx context.Context) error {
	return s.failure(ctx, "empty", s.runExclusive(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `TRUNCATE checkouts, builds, test_rows, issues, incidents, contents, doomed, receipts, rejected, ledger, logs,
			changes, notifications, deliveries, considered, statuses, `+strings.Join(slices.Concat(rollup.Tables, verdicts.Tables), ", "))
		return err
	}))
}

// clock returns the server's time, which all loaders share. It returns an error unless
// the database has the newest schema.
func (s *Store) clock(ctx context.Context) (now time.Time, err error) {
	ctx, cancel := s.statementContext(ctx)
	defer cancel()
	if err := s.ready(ctx, s.pool); err != nil {
		return now, err
	}
	err = s.pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now)
	return now.UTC(), err
}

// next returns the server's time, and the time of objects that are loaded now, later
// than the timestamps of all objects. It returns an error unless the database has the
// newest schema.
func (s *Store) next(ctx context.Context) (now, next time.Time, err error) {
	ctx, cancel := s.statementContext(ctx)
	defer cancel()
	if err := s.ready(ctx, s.pool); err != nil {
		return now, next, err
	}
	var each []string
	for i := range tables {
		each = append(each, "(SELECT max(_timestamp) FROM "+tables[i].name+" WHERE _timestamp <= now() + $1::interval)")
	}
	var newest *time.Time
	err = s.pool.QueryRow(ctx, "SELECT clock_timestamp(), greatest("+strings.Join(each, ", ")+")", arrival.MaxAhead).Scan(&now, &newest)
	if err != nil {
		return now, next, err
	}
	now = now.UTC()
	if newest == nil {
		return now, now, nil
	}
	return now, arrival.TimeAfter(now, *newest), nil
}

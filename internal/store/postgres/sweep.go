// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
)

// A sweep removes contents that nothing refers to, while others are loading.
//
// The table doomed has the contents that lost a reference. A load shares contentsLock
// with other loads until it has committed, and deletes the contents that it uses from
// doomed. So:
//
//  1. The sweep takes the contents that are doomed by now, and has the lock alone
//     for a moment. Loads that may not have seen what is doomed have committed then.
//  2. It reads all references, and takes those out of doomed. References made
//     since are by loads that take them out themselves.
//  3. It removes what is left, in batches, and has the lock alone for each: no
//     load is between finding a content and referring to it.
//
// It may be broken off anywhere; the next one goes on.

// sweepBatch is how many contents are removed in a transaction, during which no load can
// run.
const sweepBatch = 10_000

func (s *Store) sweep(ctx context.Context, progress store.Progress) error {
	var doomed, last int64
	err := s.pool.QueryRow(ctx, "SELECT count(DISTINCT hash), coalesce(max(number), 0) FROM doomed").Scan(&doomed, &last)
	if err != nil || doomed == 0 {
		return err
	}
	progress.Report("contents without an object removed", 0, doomed)
	if err := s.runExclusive(ctx, func(context.Context, pgx.Tx) error { return nil }); err != nil {
		return err
	}
	if err := s.spareUsed(ctx, last); err != nil {
		return err
	}
	for done := int64(0); ; {
		var removed int64
		err := s.retry(ctx, func() error {
			return s.runExclusive(ctx, func(ctx context.Context, tx pgx.Tx) error {
				return tx.QueryRow(ctx, `WITH picked AS (
					DELETE FROM doomed WHERE number <= $2 AND hash IN (SELECT hash FROM doomed WHERE number <= $2 LIMIT $1) RETURNING hash
				), gone AS (
					DELETE FROM contents WHERE hash IN (SELECT hash FROM picked)
				) SELECT count(DISTINCT hash) FROM picked`, sweepBatch, last).Scan(&removed)
			})
		})
		if err != nil {
			return err
		}
		if removed == 0 {
			return nil
		}
		done += removed
		progress.Report("contents without an object removed", done, doomed)
	}
}

// runExclusive runs f in a transaction while no load runs.
func (s *Store) runExclusive(ctx context.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	return s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", contentsLock); err != nil {
			return err
		}
		return f(ctx, tx)
	})
}

// spareUsed deletes the contents with references from the table doomed, up to the number
// last. It reads all objects that refer to contents, which takes long, and holds no lock
// meanwhile that a load would wait for.
func (s *Store) spareUsed(ctx context.Context, last int64) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// The table doomed is the smaller side of the join.
	_, err = conn.Exec(ctx, "ANALYZE doomed; CREATE TEMPORARY TABLE kcidb_used (hash uuid)", pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return err
	}
	defer conn.Exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS kcidb_used")
	for i := range tables {
		refs := tables[i].referenceColumns()
		if len(refs) == 0 {
			continue
		}
		_, err := conn.Exec(ctx, "INSERT INTO kcidb_used SELECT DISTINCT d.hash FROM "+tables[i].name+
			" CROSS JOIN LATERAL (VALUES ("+strings.Join(refs, "), (")+")) AS c(hash) JOIN doomed d ON d.hash = c.hash WHERE d.number <= $1", last)
		if err != nil {
			return err
		}
	}
	// Loads delete in the same order.
	return s.retry(ctx, func() error {
		_, err := conn.Exec(ctx, `DELETE FROM doomed WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM doomed WHERE number <= $1 AND hash IN (SELECT hash FROM kcidb_used) ORDER BY hash, ctid FOR UPDATE))`, last)
		return err
	})
}

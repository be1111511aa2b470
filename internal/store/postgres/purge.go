// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
)

// A purge runs beside loads, in batches that are too short for a load to wait for, and
// without waiting for any load. It leaves rows that a loader has locked for the next
// pass, because these rows are about to be newer.

// purgePasses is how often Purge goes through a list at most. The second pass finds the
// rows that loaders had locked. The third pass is for cases that are not foreseen.
const purgePasses = 3

// Purge removes what arrived before a time, in batches. It then removes the contents
// that no object refers to, for which it reads the tests once. At the end it makes the
// space available to later loads, and returns the space at the end of the tables to the
// disk.
func (s *Store) Purge(ctx context.Context, opts store.PurgeOptions) error {
	return s.failure(ctx, "purge", s.purge(ctx, opts))
}

func (s *Store) purge(ctx context.Context, opts store.PurgeOptions) error {
	if _, err := s.clock(ctx); err != nil || opts.Before.IsZero() {
		return err
	}
	return s.purgingAlone(ctx, func() error {
		if err := s.SQL().NotePurge(ctx, opts.Before); err != nil {
			return err
		}
		for i := range tables {
			if err := s.purgeTable(ctx, &tables[i], opts); err != nil {
				return err
			}
		}
		if err := s.sweep(ctx, opts.Progress); err != nil {
			return err
		}
		return s.giveBack(ctx, opts.Progress)
	})
}

// purgingAlone calls f unless another process purges. Two purges would only wait for
// each other.
func (s *Store) purgingAlone(ctx context.Context, f func() error) error {
	alone, err := s.withLock(ctx, purgeLock, f)
	if err == nil && !alone {
		err = fmt.Errorf("%w: another process purges it at the moment", store.ErrBusy)
	}
	return err
}

// RunAlone implements store.Locker.
func (s *Store) RunAlone(ctx context.Context, f func(context.Context) error) error {
	var failed error // of f, which names what it did itself
	alone, err := s.withLock(ctx, retentionLock, func() error { failed = f(ctx); return nil })
	if err == nil && !alone {
		err = fmt.Errorf("%w: another process removes old objects at the moment", store.ErrBusy)
	}
	if err != nil {
		return s.failure(ctx, "lock", err)
	}
	return failed
}

// withLock calls f while this process holds a lock. It reports whether no other process
// held the lock.
func (s *Store) withLock(ctx context.Context, lock int64, f func() error) (alone bool, err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", lock).Scan(&alone); err != nil || !alone {
		return false, err
	}
	defer conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", lock)
	return true, f()
}

// purgeTable removes the old objects of a list.
func (s *Store) purgeTable(ctx context.Context, t *table, opts store.PurgeOptions) error {
	if opts.KeepIncidents && t.List == store.Incidents {
		return nil
	}
	var total, done int64
	if err := s.pool.QueryRow(ctx, "SELECT count(*) FROM "+t.name+" WHERE _timestamp < $1", opts.Before).Scan(&total); err != nil {
		return err
	}
	tell := func() { opts.Progress.Report(string(t.List)+" removed", done, total) }
	tell()
	query := t.purgeSQL(opts.KeepIncidents)
	for range purgePasses {
		from := time.Time{} // what is older is done with
		for {
			removed, last, err := s.purgeBatch(ctx, t, query, opts.Before, from)
			if err != nil {
				return err
			}
			if removed == 0 {
				break
			}
			done += removed
			from = last
			tell()
		}
		if from.IsZero() {
			break
		}
	}
	return nil
}

// purgeBatch removes some objects, the oldest first. It returns their number, and when
// the last of them had arrived.
func (s *Store) purgeBatch(ctx context.Context, t *table, query string, before, from time.Time) (removed int64, last time.Time, err error) {
	err = s.retry(ctx, func() error {
		removed, last = 0, time.Time{}
		return s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
			var c counter
			var tests []countedTest
			var at time.Time
			var id, counted string
			rows, err := tx.Query(ctx, query, before, optionalTime(from), store.PurgeBatch)
			if err != nil {
				return err
			}
			_, err = pgx.ForEachRow(rows, []any{&at, &id, &counted}, func() error {
				removed++
				c.Objects(string(t.List), -1)
				if at.After(last) {
					last = at
				}
				if t.List != store.Tests {
					c.object(t.List, id)
					return nil
				}
				test, err := readCounted(id, counted)
				tests = append(tests, test)
				return err
			})
			if err != nil {
				return err
			}
			return c.removed(ctx, sqlTx{s, tx}, tests)
		})
	})
	return removed, last, err
}

// purgeSQL deletes the oldest rows that arrived before $1, but at $2 or later, at most
// $3 rows, and notes the contents they referred to. For each row it returns the time of
// arrival, the ID, and the counted values of a test.
func (t *table) purgeSQL(keepIncidents bool) string {
	tied := ""
	if keepIncidents {
		tied = " AND NOT " + sqldb.TiedCondition(t.List)
	}
	counted := "''"
	if t.List == store.Tests {
		counted = countedSQL(t.name)
	}
	returned, noted := "_timestamp, id, "+counted+" AS counted", ""
	if refs := t.referenceColumns(); len(refs) > 0 {
		for i, ref := range refs {
			returned += fmt.Sprintf(", %s AS c%d", ref, i)
			refs[i] = fmt.Sprintf("(c%d)", i)
		}
		noted = ", noted AS (INSERT INTO doomed SELECT DISTINCT hash FROM gone CROSS JOIN LATERAL (VALUES " +
			strings.Join(refs, ", ") + ") AS c(hash) WHERE hash IS NOT NULL)"
	}
	return "WITH gone AS (DELETE FROM " + t.name + " WHERE _timestamp < $1 AND ctid = ANY (ARRAY(SELECT ctid FROM " + t.name + ` o
		WHERE _timestamp < $1 AND ($2::timestamptz IS NULL OR _timestamp >= $2)` + tied + `
		ORDER BY _timestamp LIMIT $3 FOR UPDATE SKIP LOCKED)) RETURNING ` + returned + ")" + noted +
		" SELECT _timestamp, id, counted FROM gone"
}

// referenceColumns returns expressions for the contents that a row refers to.
func (t *table) referenceColumns() []string {
	var all []string
	for _, i := range t.contents {
		all = append(all, t.Columns[i])
	}
	if t.excerpt >= 0 {
		all = append(all, fmt.Sprintf("CASE get_byte(%s, 0) WHEN %d THEN encode(substr(%[1]s, 2), 'hex')::uuid END",
			t.Columns[t.excerpt], longExcerpt))
	}
	return all
}

// giveBack makes the space of removed rows available, and returns the free space at the
// end of the tables to the disk. Only the owner of the tables may do that. For other
// users the server does it by itself after a while.
func (s *Store) giveBack(ctx context.Context, progress store.Progress) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// As slowly as the server itself would, so that loading goes on.
	if _, err := conn.Exec(ctx, "SET vacuum_cost_delay = '2ms'"); err != nil {
		return err
	}
	defer conn.Exec(context.WithoutCancel(ctx), "RESET vacuum_cost_delay")
	names := []string{"contents", "doomed"}
	for i := range tables {
		names = append(names, tables[i].name)
	}
	names = slices.Concat(names, rollup.Tables, verdicts.Tables)
	for i, name := range names {
		progress.Report("tables whose space is given back", int64(i), int64(len(names)))
		if _, err := conn.Exec(ctx, "VACUUM (ANALYZE) "+name, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	progress.Report("tables whose space is given back", int64(len(names)), int64(len(names)))
	return nil
}

// optionalTime returns a pointer to a time, nil for the zero time.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

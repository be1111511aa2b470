// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/report"
)

// Load merges the objects of r into the database in one transaction. If the server or
// the connection interrupts the transaction, Load tries again for some seconds.
func (s *Store) Load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	changes, err := s.load(ctx, r, opts)
	if err != nil {
		return nil, s.failure(ctx, "load", err)
	}
	return changes, nil
}

func (s *Store) load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	var l *loader
	err := s.retry(ctx, func() error {
		if l == nil {
			now, next, err := s.next(ctx)
			if err != nil {
				return err
			}
			if !opts.Arrival.IsZero() {
				next = opts.Arrival
			}
			l = newLoader(r, opts, now, next)
		}
		return l.run(ctx, s)
	})
	if err != nil {
		return nil, err
	}
	return l.changes, nil
}

// loader loads a report. It encodes the rows once, and may write them several times.
type loader struct {
	encoder
	rows    [][]row // by table
	opts    store.LoadOptions
	now     time.Time // the database's
	changes *store.Changes
	changed []changedTest // the changes of existing tests
	touched []string      // incidents that changed in their timestamp only, because they are counted by it
}

func newLoader(r *report.Report, opts store.LoadOptions, now, arrival time.Time) *loader {
	l := &loader{opts: opts, now: now}
	l.encoder = encoder{arrival: arrival, metadata: opts.Metadata, contents: contentSet{}}
	for i := range tables {
		l.rows = append(l.rows, tables[i].mergeDuplicates(tables[i].rows(r, &l.encoder)))
		l.b = nil // the rows have it
	}
	return l
}

// run loads in one transaction.
func (l *loader) run(ctx context.Context, s *Store) error {
	ctx, cancel := s.statementContext(ctx)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if err := makeStages(ctx, conn.Conn()); err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	id, err := l.write(ctx, s, tx)
	if err != nil {
		return err
	}
	// A commit that was sent is waited for. A caller that cancels then still learns
	// whether the report was loaded.
	certain, cancel := s.statementContext(context.WithoutCancel(ctx))
	defer cancel()
	if err := tx.Commit(certain); err != nil {
		conn.Release() // the connection is broken, and the question needs another
		return l.outcome(certain, s, id, err)
	}
	return nil
}

// write runs all statements of the transaction, and returns the number of the
// transaction.
func (l *loader) write(ctx context.Context, s *Store, tx pgx.Tx) (id string, err error) {
	// The next statement sees everything that was committed before the lock was taken.
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock_shared($1)", contentsLock); err != nil {
		return "", err
	}
	if err := s.ready(ctx, tx); err != nil {
		return "", err
	}
	if err := tx.QueryRow(ctx, "SELECT pg_current_xact_id()::text").Scan(&id); err != nil {
		return "", err
	}
	unused, err := l.contents.save(ctx, tx)
	if err != nil {
		return "", err
	}
	changes := make([][]store.Change, len(tables))
	l.changed, l.touched = nil, nil
	for _, i := range loadOrder {
		if changes[i], err = l.merge(ctx, tx, &tables[i], l.rows[i]); err != nil {
			return "", err
		}
		tables[i].markUsed(l.rows[i], changes[i], unused)
	}
	l.changes = &store.Changes{Objects: slices.Concat(changes...)}
	if err := addDoomed(ctx, tx, unused); err != nil {
		return "", err
	}
	if !s.uncounted {
		if err := l.count(ctx, sqlTx{s, tx}); err != nil {
			return "", err
		}
	}
	if err := sqldb.KeepReceipts(ctx, sqlTx{s, tx}, dialect{}, &l.opts, l.changes.Objects); err != nil {
		return "", err
	}
	if err := tray.Keep(ctx, sqlTx{s, tx}, dialect{}, &l.opts); err != nil {
		return "", err
	}
	if l.opts.Note {
		if err := sqldb.NoteChanges(ctx, sqlTx{s, tx}, l.now.UnixMicro(), l.changes.Objects); err != nil {
			return "", err
		}
	}
	// Loads append one after the other, so this is the last statement.
	return id, sqldb.NoteReceived(ctx, sqlTx{s, tx}, dialect{}, l.opts.Receipts)
}

// markUsed removes the contents that new objects refer to from the unused contents. An object
// that existed may have kept another value, so its contents stay among the unused ones.
func (t *table) markUsed(rows []row, changes []store.Change, unused map[hash]bool) {
	if len(unused) == 0 || len(t.contents) == 0 {
		return
	}
	created := make(map[store.Key]bool, len(changes))
	for _, c := range changes {
		created[c.Key] = c.Created
	}
	for _, r := range rows {
		if created[r.key] {
			t.eachReference(r, func(h hash) { delete(unused, h) })
		}
	}
}

// loadOrder is the order in which all loads go through the tables. Tests and incidents
// come first, because usually one loader has them. Their parents come last, because
// several loaders may have them at the same time, so that no loader locks a parent for
// long.
var loadOrder = []int{testsTable, incidentsTable, buildsTable, checkoutsTable, issuesTable}

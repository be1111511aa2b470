// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
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
	rows     [][]row // by table
	receipts []store.Receipt
	note     bool      // the changes
	now      time.Time // the database's
	changes  *store.Changes
	changed  []changedTest // the changes of existing tests
	touched  []string      // incidents that changed in their timestamp only, because they are counted by it
}

func newLoader(r *report.Report, opts store.LoadOptions, now, arrival time.Time) *loader {
	l := &loader{receipts: opts.Receipts, note: opts.Note, now: now}
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
	if err := sqldb.Claim(ctx, sqlTx{s, tx}, dialect{}, l.receipts); err != nil {
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
	if !l.note {
		return id, nil
	}
	return id, sqldb.NoteChanges(ctx, sqlTx{s, tx}, l.now.UnixMicro(), l.changes.Objects)
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

// merge merges rows into a table, and returns what changed.
func (l *loader) merge(ctx context.Context, tx pgx.Tx, t *table, rows []row) ([]store.Change, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	changes, err := l.mergeRows(ctx, tx, t, rows)
	if state(err) == tooLong {
		longest := slices.MaxFunc(rows, func(a, b row) int { return cmp.Compare(len(a.key.ID), len(b.key.ID)) }).key.ID
		err = fmt.Errorf("%s, whose longest ID has %d bytes, beginning with %.40q: %w", t.List, len(longest), longest, err)
	}
	return changes, err
}

func (l *loader) mergeRows(ctx context.Context, tx pgx.Tx, t *table, rows []row) (changes []store.Change, err error) {
	if _, err := tx.Conn().PgConn().CopyFrom(ctx, copyReader(rows), t.copySQL()); err != nil {
		return nil, err
	}
	if changes, err = l.mergeStaged(ctx, tx, t, nil, t.mergeSQL(false)); err != nil {
		return nil, err
	}
	untimed := slices.ContainsFunc(rows, func(r row) bool { return r.untimed() })
	if untimed {
		if changes, err = l.mergeStaged(ctx, tx, t, changes, t.mergeSQL(true), l.arrival); err != nil {
			return nil, err
		}
	}
	if len(changes) == len(rows) {
		return changes, nil
	}
	if err := l.setTimes(ctx, tx, t, rows, changes, t.touchSQL(false)); err != nil || !untimed {
		return changes, err
	}
	return changes, l.setTimes(ctx, tx, t, rows, changes, t.touchSQL(true))
}

// mergeStaged merges the copied rows by a statement of mergeSQL, and appends the changes
// to changes.
func (l *loader) mergeStaged(ctx context.Context, tx pgx.Tx, t *table, changes []store.Change, query string, args ...any) ([]store.Change, error) {
	merged, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	change := store.Change{List: t.List}
	var was, now string
	into := []any{&change.Key.ID, &change.Key.Version}[:t.Keys]
	into = append(into, &change.Created, &was, &now)
	_, err = pgx.ForEachRow(merged, into, func() error {
		change.Was, change.Now = report.Status(was), report.Status(now)
		if t.List == store.Tests && !change.Created {
			c, err := readChanged(change.Key.ID, was, now)
			if err != nil {
				return err
			}
			change.Was, change.Now = c.was.Status, c.now.Status
			l.changed = append(l.changed, c)
		}
		changes = append(changes, change)
		return nil
	})
	return changes, err
}

// setTimes sets the times of objects that changed in nothing else, by a statement of
// touchSQL.
func (l *loader) setTimes(ctx context.Context, tx pgx.Tx, t *table, rows []row, changes []store.Change, query string) error {
	changed := make(map[store.Key]bool, len(changes))
	for _, c := range changes {
		changed[c.Key] = true
	}
	var ids []string
	var versions []int
	for _, r := range rows {
		if !changed[r.key] {
			ids = append(ids, r.key.ID)
			versions = append(versions, r.key.Version)
		}
	}
	if t.List == store.Incidents {
		l.touched = ids
	}
	_, err := tx.Exec(ctx, query, ids, versions)
	return err
}

// stagesMade marks connections that have the temporary tables.
const stagesMade = "kcidb stages"

// makeStages creates the temporary tables of the connection, which are empty at the
// beginning of each transaction.
func makeStages(ctx context.Context, conn *pgx.Conn) error {
	if conn.PgConn().CustomData()[stagesMade] != nil {
		return nil
	}
	sql := ""
	for i := range tables {
		sql += tables[i].stageSQL() + ";"
	}
	if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		return err
	}
	conn.PgConn().CustomData()[stagesMade] = true
	return nil
}

// outcome finds out how a transaction ended whose commit failed. If the connection
// broke, the server may have committed, and only the answer was lost.
func (l *loader) outcome(ctx context.Context, s *Store, id string, failed error) error {
	if !isBroken(failed) {
		return failed
	}
	end := time.Now().Add(s.retryFor)
	for wait := retryFirst; ; wait = min(2*wait, time.Second) {
		var status string
		err := s.pool.QueryRow(ctx, "SELECT coalesce(pg_xact_status($1::text::xid8), '')", id).Scan(&status)
		switch {
		case err != nil && !isBroken(err), time.Now().After(end):
			return failed
		case err != nil:
		case status == "committed":
			return l.trace(ctx, s, id, failed)
		case status != "in progress":
			return failed
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// trace returns no error if the database has a row that the transaction wrote, and
// failed otherwise. The number of the transaction proves nothing: a server that crashed,
// or the server that takes its place, may give the number of a lost transaction to
// another one.
func (l *loader) trace(ctx context.Context, s *Store, id string, failed error) error {
	query, args := "SELECT EXISTS (SELECT FROM receipts WHERE id = $1 AND "+writtenBy+")", []any{}
	switch {
	case len(l.receipts) > 0:
		args = append(args, l.receipts[0].ID)
	case len(l.changes.Objects) > 0:
		change := l.changes.Objects[0]
		t := &tables[slices.IndexFunc(tables, func(t table) bool { return t.List == change.List })]
		query, args = "SELECT EXISTS (SELECT FROM "+t.name+" WHERE id = $1 AND "+writtenBy, append(args, change.Key.ID)
		if t.Keys > 1 {
			query, args = query+" AND version = $3", append(args, change.Key.Version)
		}
		query += ")"
	default:
		return failed // loading it again changes nothing, either
	}
	var there bool
	err := s.pool.QueryRow(ctx, query, slices.Insert(args, 1, any(id))...).Scan(&there)
	if err == nil && there {
		return nil
	}
	return failed
}

// writtenBy is true for rows that transaction $2 wrote: xmin is the lower half of its
// number.
const writtenBy = "xmin::text::bigint = $2::text::bigint & 4294967295"

const (
	retryFirst = 50 * time.Millisecond
	retryFor   = 10 * time.Second
)

// retry calls f again after an error that passes, for up to retryFor.
func (s *Store) retry(ctx context.Context, f func() error) error {
	end := time.Now().Add(s.retryFor)
	for wait := retryFirst; ; wait = min(2*wait, time.Second) {
		err := f()
		if err == nil || ctx.Err() != nil || !passes(err) || s.closed.Load() || time.Now().After(end) {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// passes reports whether an error is of a kind that may pass, so that trying again may
// help.
func passes(err error) bool {
	switch state(err) {
	case serializationFailure, deadlockDetected:
		return true
	}
	return isBroken(err) || errors.Is(err, rollup.ErrAgain)
}

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// isNetwork reports whether an error is one of the connection itself.
func isNetwork(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, net.ErrClosed) || errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
}

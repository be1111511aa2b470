// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Load merges the objects of r into the database in one transaction. Where the
// server or the connection breaks it off, it is tried again for some seconds.
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
			arrival, err := s.clock(ctx)
			if err != nil {
				return err
			}
			l = newLoader(r, opts, arrival)
		}
		return l.run(ctx, s)
	})
	if err != nil {
		return nil, err
	}
	return l.changes, nil
}

// clock returns the database's time, which all loaders have in common, where it
// has the newest schema.
func (s *Store) clock(ctx context.Context) (now time.Time, err error) {
	ctx, cancel := s.patient(ctx)
	defer cancel()
	if err := s.ready(ctx, s.pool); err != nil {
		return now, err
	}
	err = s.pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now)
	return now.UTC(), err
}

// loader loads a report. What it writes is made once, and may be written more
// than once.
type loader struct {
	encoder
	rows     [][]row // by table
	receipts []store.Receipt
	changes  *store.Changes
}

func newLoader(r *report.Report, opts store.LoadOptions, arrival time.Time) *loader {
	l := &loader{receipts: opts.Receipts}
	l.encoder = encoder{arrival: arrival, metadata: opts.Metadata, contents: contentSet{}}
	for i := range tables {
		l.rows = append(l.rows, tables[i].rows(r, &l.encoder))
		l.b = nil // the rows have it
	}
	return l
}

// run loads in one transaction.
func (l *loader) run(ctx context.Context, s *Store) error {
	ctx, cancel := s.patient(ctx)
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
	if err := tx.Commit(ctx); err != nil {
		conn.Release() // it is of no use any more, and asking needs one
		return s.outcome(ctx, id, err)
	}
	return nil
}

// write does all that the transaction does, and returns its ID.
func (l *loader) write(ctx context.Context, s *Store, tx pgx.Tx) (id string, err error) {
	if err := s.ready(ctx, tx); err != nil {
		return "", err
	}
	// The next statement sees what was committed before the lock was had.
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock_shared($1)", contentsLock); err != nil {
		return "", err
	}
	if err := tx.QueryRow(ctx, "SELECT pg_current_xact_id()::text").Scan(&id); err != nil {
		return "", err
	}
	if err := claim(ctx, tx, l.receipts); err != nil {
		return "", err
	}
	if err := l.contents.save(ctx, tx); err != nil {
		return "", err
	}
	l.changes = &store.Changes{}
	for i := range tables {
		if err := l.merge(ctx, tx, &tables[i], l.rows[i]); err != nil {
			return "", err
		}
	}
	return id, nil
}

// merge merges rows into a table.
func (l *loader) merge(ctx context.Context, tx pgx.Tx, t *table, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	if _, err := tx.Conn().PgConn().CopyFrom(ctx, copyReader(rows), t.copySQL()); err != nil {
		return err
	}
	merged, err := tx.Query(ctx, t.mergeSQL())
	if err != nil {
		return err
	}
	change := store.Change{List: t.list}
	into := []any{&change.Key.ID, &change.Key.Version, &change.Created}
	if t.keys == 1 {
		into = []any{&change.Key.ID, &change.Created}
	}
	before := len(l.changes.Objects)
	_, err = pgx.ForEachRow(merged, into, func() error {
		l.changes.Objects = append(l.changes.Objects, change)
		return nil
	})
	if err == nil && len(l.changes.Objects)-before < len(rows) {
		_, err = tx.Exec(ctx, t.touchSQL())
	}
	return err
}

// stagesMade marks connections that have the temporary tables.
const stagesMade = "kcidb stages"

// makeStages makes the temporary tables, which are of the connection, and empty
// at the beginning of each transaction.
func makeStages(ctx context.Context, conn *pgx.Conn) error {
	if conn.PgConn().CustomData()[stagesMade] != nil {
		return nil
	}
	sql := "CREATE TEMPORARY TABLE IF NOT EXISTS " + contentsStage + " (LIKE contents) ON COMMIT DELETE ROWS;"
	for i := range tables {
		sql += tables[i].stageSQL() + ";"
	}
	if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		return err
	}
	conn.PgConn().CustomData()[stagesMade] = true
	return nil
}

// outcome tells what became of a transaction whose commit failed: where the
// connection broke, it may have been done, and only the answer was lost.
func (s *Store) outcome(ctx context.Context, id string, failed error) error {
	if !isBroken(failed) {
		return failed
	}
	var status string
	for wait := retryFirst; ; wait *= 2 {
		err := s.pool.QueryRow(ctx, "SELECT coalesce(pg_xact_status($1::text::xid8), '')", id).Scan(&status)
		switch {
		case err != nil && (!isBroken(err) || wait > s.retryFor):
			return failed
		case status == "committed":
			return nil
		case status != "" && status != "in progress":
			return failed
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

const (
	retryFirst = 50 * time.Millisecond
	retryFor   = 10 * time.Second
)

// retry calls f again where it failed for a reason that passes.
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

// passes tells whether an error is of a kind that trying again may help.
func passes(err error) bool {
	switch state(err) {
	case serializationFailure, deadlockDetected:
		return true
	}
	return isBroken(err)
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

// isNetwork tells whether an error is one of the connection itself.
func isNetwork(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, net.ErrClosed) || errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
}

// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// openReplica opens the replica that answers pages and queries. A replica that is
// unavailable now may come back, so it is only logged; any other error is probably a
// mistake in the configuration, and is returned.
func (s *Service) openReplica(ctx context.Context) (store.Store, error) {
	opened, err := all.OpenWith(ctx, string(s.cfg.ReadDatabase), s.secrets.keeper.Reader("read_database"))
	if err != nil {
		return nil, fmt.Errorf("read_database: %w", err)
	}
	replica, ok := store.As[store.Store](opened)
	if !ok {
		opened.Close()
		return nil, errors.New("read_database: this kind of database cannot answer pages and queries: use sqlite or postgresql")
	}
	_, err = replica.Time(ctx, store.LastModified)
	switch {
	case errkind.Of(err) == errkind.Busy:
		s.log.Warn("the read database does not answer", "error", err)
	case err != nil:
		replica.Close()
		return nil, fmt.Errorf("read_database: %w", err)
	}
	return replica, nil
}

// reader answers pages and queries from a replica. While the replica is unavailable,
// it answers from the primary.
type reader struct {
	store.Store // the replica
	primary     store.Store
	log         *slog.Logger
}

var (
	_ store.Lagger = (*reader)(nil)
	_ sqldb.Source = (*reader)(nil)
)

// Unwrap returns the replica.
func (r *reader) Unwrap() store.Sink { return r.Store }

// Query asks the replica, or the primary if the replica fails before it returns
// anything.
func (r *reader) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	return replicaFirst(ctx, r, func(s store.Store) iter.Seq2[*report.Report, error] { return s.Query(ctx, q) })
}

// Match asks as Query does.
func (r *reader) Match(ctx context.Context, patterns []object.Pattern, opts store.MatchOptions) iter.Seq2[*object.Set, error] {
	return replicaFirst(ctx, r, func(s store.Store) iter.Seq2[*object.Set, error] { return s.Match(ctx, patterns, opts) })
}

// Outcomes asks as Query does.
func (r *reader) Outcomes(ctx context.Context, builds []string) iter.Seq2[store.Outcome, error] {
	return replicaFirst(ctx, r, func(s store.Store) iter.Seq2[store.Outcome, error] { return s.Outcomes(ctx, builds) })
}

// Runs asks as Query does.
func (r *reader) Runs(ctx context.Context, builds []string, after store.RunKey) iter.Seq2[store.Run, error] {
	return replicaFirst(ctx, r, func(s store.Store) iter.Seq2[store.Run, error] { return s.Runs(ctx, builds, after) })
}

// Previous asks as Query does.
func (r *reader) Previous(ctx context.Context, like store.Like, n int) ([]string, error) {
	return answer(ctx, r, func(s store.Store) ([]string, error) { return s.Previous(ctx, like, n) })
}

// SQL returns the database of the replica, nil if one of both is no SQL database. A view of
// it is of the primary if the replica fails before it calls the function.
func (r *reader) SQL() *sqldb.DB {
	replica := sqldb.Of(r.Store)
	if replica == nil || sqldb.Of(r.primary) == nil {
		return nil
	}
	return &sqldb.DB{Conn: readerConn{replica.Conn, r}, Dialect: replica.Dialect}
}

// readerConn is the connection to a replica, whose views are of the primary if the
// replica does not begin one.
type readerConn struct {
	sqldb.Conn // of the replica
	reader     *reader
}

// View calls f with a transaction of the replica, else of the primary.
func (c readerConn) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	begun := false
	err := c.Conn.View(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		begun = true
		return f(ctx, tx)
	})
	if err != nil && !begun && c.reader.usePrimary(ctx, c.Failure(ctx, "read", err)) {
		return sqldb.Of(c.reader.primary).View(ctx, f)
	}
	return err
}

// Lag returns how far the replica is behind, 0 for a database that cannot be a replica.
func (r *reader) Lag(ctx context.Context) (time.Duration, error) {
	if l, ok := store.As[store.Lagger](r.Store); ok {
		return l.Lag(ctx)
	}
	_, err := r.Time(ctx, store.Current)
	return 0, err
}

// replicaFirst returns the answer of the replica, or of the primary if the replica fails
// before it returns anything.
func replicaFirst[T any](ctx context.Context, r *reader, ask func(store.Store) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		begun := false
		for part, err := range ask(r.Store) {
			if err != nil && !begun && r.usePrimary(ctx, err) {
				ask(r.primary)(yield)
				return
			}
			begun = true
			if !yield(part, err) {
				return
			}
		}
	}
}

// answer is replicaFirst for a single answer.
func answer[T any](ctx context.Context, r *reader, ask func(store.Store) (T, error)) (T, error) {
	found, err := ask(r.Store)
	if err != nil && r.usePrimary(ctx, err) {
		return ask(r.primary)
	}
	return found, err
}

// usePrimary reports whether the primary has to answer after err: the replica is
// unavailable, or cancelled the query because it had to apply a change.
func (r *reader) usePrimary(ctx context.Context, err error) bool {
	if ctx.Err() != nil || errkind.Of(err) != errkind.Busy {
		return false
	}
	r.log.Warn("the database answers instead of the read database", "error", err)
	return true
}

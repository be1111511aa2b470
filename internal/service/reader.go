// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// openReplica opens the replica for pages and queries. A replica that does not
// answer now may answer later. Other errors are mistakes in the configuration,
// and fail at once.
func (s *Service) openReplica(ctx context.Context) (store.Store, error) {
	replica, err := all.Open(ctx, s.cfg.ReadDatabase)
	if err != nil {
		return nil, fmt.Errorf("read_database: %w", err)
	}
	_, err = replica.Time(ctx, store.LastModified)
	switch {
	case errors.Is(err, store.ErrUnavailable):
		s.log.Warn("the read database does not answer", "error", err)
	case err != nil:
		replica.Close()
		return nil, fmt.Errorf("read_database: %w", err)
	}
	return replica, nil
}

// reader answers pages and queries from a replica, and from the primary while
// the replica is not available.
type reader struct {
	store.Store // the replica
	primary     store.Store
	log         *slog.Logger
}

var (
	_ store.Overviewer = (*reader)(nil)
	_ store.Lagger     = (*reader)(nil)
	_ store.Objects    = (*reader)(nil)
	_ store.RollUpper  = (*reader)(nil)
)

// Unwrap returns the replica.
func (r *reader) Unwrap() store.Store { return r.Store }

// objectsOf returns the object queries of a store that serves pages.
func objectsOf(s store.Store) store.Objects {
	objects, _ := store.As[store.Objects](s)
	return objects
}

// rollupsOf returns the roll-ups of a store that serves pages.
func rollupsOf(s store.Store) *rollup.DB {
	counting, _ := store.As[store.RollUpper](s)
	return counting.Rollups()
}

// Query asks the replica, and the primary if the replica fails before its
// first part.
func (r *reader) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	return replicaFirst(ctx, r, func(s store.Store) iter.Seq2[*report.Report, error] { return s.Query(ctx, q) })
}

// Match asks as Query does.
func (r *reader) Match(ctx context.Context, patterns []object.Pattern, opts store.MatchOptions) iter.Seq2[*object.Set, error] {
	return replicaFirst(ctx, r, func(s store.Store) iter.Seq2[*object.Set, error] {
		return objectsOf(s).Match(ctx, patterns, opts)
	})
}

// Outcomes asks as Query does.
func (r *reader) Outcomes(ctx context.Context, builds []string) iter.Seq2[store.Outcome, error] {
	return replicaFirst(ctx, r, func(s store.Store) iter.Seq2[store.Outcome, error] {
		return objectsOf(s).Outcomes(ctx, builds)
	})
}

// Runs asks as Query does.
func (r *reader) Runs(ctx context.Context, builds []string, after store.RunKey) iter.Seq2[store.Run, error] {
	return replicaFirst(ctx, r, func(s store.Store) iter.Seq2[store.Run, error] { return objectsOf(s).Runs(ctx, builds, after) })
}

// Rollups returns the roll-ups of the replica, which reads from the primary if
// the replica cannot begin a view.
func (r *reader) Rollups() *rollup.DB {
	db := *rollupsOf(r.Store)
	db.Conn = readerConn{db.Conn, r}
	return &db
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
	if err != nil && !begun && c.reader.usePrimary(ctx, c.Failure(ctx, "read roll-ups", err)) {
		return rollupsOf(c.reader.primary).View(ctx, f)
	}
	return err
}

// Previous asks as Query does.
func (r *reader) Previous(ctx context.Context, like store.Like, n int) ([]string, error) {
	found, err := objectsOf(r.Store).Previous(ctx, like, n)
	if err != nil && r.usePrimary(ctx, err) {
		return objectsOf(r.primary).Previous(ctx, like, n)
	}
	return found, err
}

// replicaFirst returns the parts from the replica, or from the primary if the
// replica fails before its first part.
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

// Overview asks the replica, and the primary if the replica is not available.
func (r *reader) Overview(ctx context.Context, latest int) (store.Overview, error) {
	o, err := overview(ctx, r.Store, latest)
	if err != nil && r.usePrimary(ctx, err) {
		return overview(ctx, r.primary, latest)
	}
	return o, err
}

func overview(ctx context.Context, s store.Store, latest int) (store.Overview, error) {
	if o, ok := store.As[store.Overviewer](s); ok {
		return o.Overview(ctx, latest)
	}
	return store.Overview{}, nil
}

// Lag returns how far the replica is behind, or 0 if it is not a kind of
// database that can be behind.
func (r *reader) Lag(ctx context.Context) (time.Duration, error) {
	if l, ok := store.As[store.Lagger](r.Store); ok {
		return l.Lag(ctx)
	}
	_, err := r.Time(ctx, store.Current)
	return 0, err
}

// usePrimary reports whether an error of the replica lets the primary answer: the
// replica is unavailable, or it cancelled the query to apply changes.
func (r *reader) usePrimary(ctx context.Context, err error) bool {
	if ctx.Err() != nil || !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrBusy) {
		return false
	}
	r.log.Warn("the database answers instead of the read database", "error", err)
	return true
}

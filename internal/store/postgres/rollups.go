// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

var _ store.RollUpper = (*Store)(nil)

// Rollups returns the database's roll-ups. They are read on a replica, too; a view
// of them may take as long as it needs, and each statement as long as any may.
func (s *Store) Rollups() *rollup.DB {
	return &rollup.DB{
		Dialect: counting,
		View: func(ctx context.Context, f func(context.Context, rollup.Tx) error) error {
			v, err := s.view(ctx)
			if err != nil {
				return endedBy(ctx, err)
			}
			defer v.close()
			return endedBy(ctx, v.broken(ctx, f(ctx, rollupTx{s, v.tx})))
		},
		Update: func(ctx context.Context, f func(context.Context, rollup.Tx) error) error {
			return endedBy(ctx, s.retry(ctx, func() error {
				return s.update(ctx, func(ctx context.Context, tx pgx.Tx) error { return f(ctx, rollupTx{s, tx}) })
			}))
		},
		Failure: func(operation string, err error) error { return s.failure(context.Background(), operation, err) },
	}
}

// ended is why the context of a caller was done, and no fault of the server.
type ended struct{ error }

func (e ended) Unwrap() error { return e.error }

// endedBy returns why ctx is done, where it is, and err else.
func endedBy(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ended{context.Cause(ctx)}
	}
	return err
}

// counting is how this database differs from others for roll-ups.
var counting = rollup.Dialect{Arrays: true, Tests: "test_rows", Contents: contentsByName, Alone: countAlone, Shard: "pg_backend_pid() % 16"}

// contentsByName returns contents by their hashes, written as the server does.
func contentsByName(ctx context.Context, tx rollup.Tx, names []string) (map[string]string, error) {
	texts := make(map[string]string, len(names))
	if len(names) == 0 {
		return texts, nil
	}
	var name, text string
	err := rollup.Read(ctx, tx, "SELECT hash::text, data FROM contents WHERE hash = ANY($1::text[]::uuid[])", []any{names}, []any{&name, &text},
		func() error { texts[name] = text; return nil })
	return texts, err
}

// countAlone has the lock of those who bring the roll-ups after what they changed,
// alone or with others.
func countAlone(ctx context.Context, tx rollup.Tx, alone bool) error {
	if alone {
		return tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", countsLock)
	}
	return tx.Exec(ctx, "SELECT pg_advisory_xact_lock_shared($1)", countsLock)
}

// rollupTx is a transaction as package rollup uses it.
type rollupTx struct {
	store *Store
	tx    pgx.Tx
}

func (t rollupTx) Exec(ctx context.Context, query string, args ...any) error {
	ctx, cancel := t.store.patient(ctx)
	defer cancel()
	_, err := t.tx.Exec(ctx, query, args...)
	return err
}

func (t rollupTx) Query(ctx context.Context, query string, args ...any) (rollup.Rows, error) {
	ctx, cancel := t.store.patient(ctx)
	rows, err := t.tx.Query(ctx, query, args...)
	if err != nil {
		cancel()
		return nil, err
	}
	return rollupRows{rows, cancel}, nil
}

// Each is not called, for there are arrays.
func (t rollupTx) Each(context.Context, string, [][]any) error { return errors.ErrUnsupported }

// rollupRows are rows as package rollup reads them.
type rollupRows struct {
	pgx.Rows
	cancel context.CancelFunc
}

func (r rollupRows) Close() error {
	r.Rows.Close()
	r.cancel()
	return r.Rows.Err()
}

// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// DB has the roll-ups of a database. All methods may be called concurrently.
type DB struct{ *sqldb.DB }

// New returns the roll-ups of a database.
func New(db *sqldb.DB) *DB { return &DB{db} }

// Of returns the roll-ups of a store, or of the store it wraps; nil if it has no SQL
// database.
func Of(s store.Sink) *DB {
	if db := sqldb.Of(s); db != nil {
		return New(db)
	}
	return nil
}

// Complete reports whether the roll-ups have counted all objects.
func (db *DB) Complete(ctx context.Context) (complete bool, err error) {
	err = db.View(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		_, err := sqldb.ReadRow(ctx, tx, "SELECT complete = 1 FROM rollups", nil, &complete)
		return err
	})
	return complete, db.Failure(ctx, "look at the roll-ups", err)
}

// Rebuild recounts the objects and replaces the rows that differ, while others load and
// read. Then it marks all checkouts to be judged again. It may be interrupted and started again. progress may be nil; its total is
// approximate.
func (db *DB) Rebuild(ctx context.Context, progress store.Progress) error {
	c := chunks{
		dialect: db.Dialect, progress: progress,
		within: func(ctx context.Context, f func(context.Context, transaction) error) error {
			return db.update(ctx, func(ctx context.Context, tx transaction) error {
				if err := db.Lock(ctx, tx, sqldb.CountsLock, true); err != nil {
					return err
				}
				return f(ctx, tx)
			})
		},
	}
	err := c.each(ctx, func(ctx context.Context, tx transaction, r recount) error { return r.replace(ctx, tx) })
	if err == nil {
		err = db.update(ctx, func(ctx context.Context, tx transaction) error {
			if err := MarkAll(ctx, tx); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "UPDATE rollups SET complete = 1")
			return err
		})
	}
	return db.Failure(ctx, "rebuild", err)
}

// view calls f with a transaction that sees the database of one moment.
func (db *DB) view(ctx context.Context, f func(ctx context.Context, tx transaction) error) error {
	return db.View(ctx, func(ctx context.Context, tx sqldb.Tx) error { return f(ctx, transaction{tx, db.Dialect}) })
}

// update calls f with a transaction that may write.
func (db *DB) update(ctx context.Context, f func(ctx context.Context, tx transaction) error) error {
	return db.Update(ctx, func(ctx context.Context, tx sqldb.Tx) error { return f(ctx, transaction{tx, db.Dialect}) })
}

// chunks recounts the roll-ups, chunk by chunk.
type chunks struct {
	dialect  sqldb.Dialect
	progress store.Progress
	// within calls f with a transaction for a chunk.
	within func(ctx context.Context, f func(context.Context, transaction) error) error
	// use reports whether to recount a chunk of n items. nil recounts all chunks.
	use func(items string, n int) bool
}

// each calls f for the recounted rows of each chunk.
func (c *chunks) each(ctx context.Context, f func(context.Context, transaction, recount) error) error {
	for _, p := range passes(c.dialect) {
		if err := c.pass(ctx, p, f); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func (c *chunks) pass(ctx context.Context, p pass, f func(context.Context, transaction, recount) error) error {
	report := func(done, total int64) { c.progress.Report(p.name+" counted", done, total) }
	var total, done int64
	err := c.within(ctx, func(ctx context.Context, tx transaction) error { return tx.readRow(ctx, p.total, nil, &total) })
	if err != nil {
		return err
	}
	report(0, total)
	for after := (*string)(nil); ; {
		var chunk []string
		err := c.within(ctx, func(ctx context.Context, tx transaction) (err error) {
			chunk, err = p.next(tx, ctx, after)
			if err != nil || len(chunk) == 0 || c.use != nil && !c.use(p.name, len(chunk)) {
				return err
			}
			rows, err := p.count(tx, ctx, chunk)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if err := f(ctx, tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(chunk) == 0 {
			return err
		}
		after = &chunk[len(chunk)-1]
		done += int64(len(chunk))
		report(done, max(done, total))
	}
}

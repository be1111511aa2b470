// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Progress is told how far long work has come: what is being done, how much of it
// is done, and about how much there is. nil is nobody.
type Progress func(what string, done, total int64)

// DB is the roll-ups of a database. All methods may be called concurrently.
type DB struct {
	sqldb.Conn
	Dialect
}

// New returns the roll-ups of a database.
func New(db *sqldb.DB) *DB { return &DB{db.Conn, Dialect{db.Dialect}} }

// VerifyOptions say how Verify goes about it.
type VerifyOptions struct {
	// Sample is the share that is looked at, of what is counted by chunks; 0 and 1
	// are all.
	Sample   float64
	Progress Progress
	// Checked is told how many more of what were looked at. nil is nobody.
	Checked func(what string, n int)
}

// Verify counts everything anew from the objects, and calls f for what differs.
// It sees the database of one moment.
func (db *DB) Verify(ctx context.Context, opts VerifyOptions, f func(Difference)) error {
	sampled := func(what string, n int) bool {
		if opts.Sample > 0 && rand.Float64() >= opts.Sample {
			return false
		}
		if opts.Checked != nil {
			opts.Checked(what, n)
		}
		return true
	}
	err := db.View(ctx, func(ctx context.Context, tx Tx) error {
		return db.eachChunk(ctx, opts.Progress, func(f func(ctx context.Context, tx Tx) error) error { return f(ctx, tx) },
			sampled, func(_ context.Context, _ Tx, r recount) error {
				for _, d := range r.differences() {
					f(d)
				}
				return nil
			})
	})
	return db.Failure(ctx, "verify", err)
}

// Rebuild makes the roll-ups anew from the objects, while others load and read. It
// may be interrupted, and begun again.
func (db *DB) Rebuild(ctx context.Context, progress Progress) error {
	update := func(f func(ctx context.Context, tx Tx) error) error {
		return db.Update(ctx, func(ctx context.Context, tx Tx) error {
			if err := db.Lock(ctx, tx, sqldb.CountsLock, true); err != nil {
				return err
			}
			return f(ctx, tx)
		})
	}
	all := func(string, int) bool { return true }
	err := db.eachChunk(ctx, progress, update, all, func(ctx context.Context, tx Tx, r recount) error { return r.replace(ctx, tx, &db.Dialect) })
	if err == nil {
		err = db.Update(ctx, func(ctx context.Context, tx Tx) error {
			_, err := tx.Exec(ctx, "UPDATE rollups SET complete = 1")
			return err
		})
	}
	return db.Failure(ctx, "rebuild", err)
}

// Complete tells whether the roll-ups are of all objects.
func (db *DB) Complete(ctx context.Context) (complete bool, err error) {
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		return Read(ctx, tx, "SELECT complete = 1 FROM rollups", nil, []any{&complete}, func() error { return nil })
	})
	return complete, db.Failure(ctx, "look at the roll-ups", err)
}

// eachChunk calls f for what is counted of each chunk that is wanted, in a
// transaction that within makes for each.
func (db *DB) eachChunk(ctx context.Context, progress Progress, within func(func(context.Context, Tx) error) error,
	wanted func(what string, n int) bool, f func(context.Context, Tx, recount) error) error {
	for _, p := range db.passes() {
		var total, done int64
		tell := func(what string, done, total int64) {
			if progress != nil {
				progress(what, done, total)
			}
		}
		err := within(func(ctx context.Context, tx Tx) error {
			return Read(ctx, tx, p.total, nil, []any{&total}, func() error { return nil })
		})
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		tell(p.name+" counted", 0, total)
		for after := (*string)(nil); ; {
			var chunk []string
			err := within(func(ctx context.Context, tx Tx) (err error) {
				if chunk, err = p.next(ctx, tx, after); err != nil || len(chunk) == 0 || !wanted(p.name, len(chunk)) {
					return err
				}
				all, err := p.count(ctx, tx, chunk)
				if err != nil {
					return err
				}
				for _, r := range all {
					if err := f(ctx, tx, r); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			if len(chunk) == 0 {
				break
			}
			after = &chunk[len(chunk)-1]
			done += int64(len(chunk))
			tell(p.name+" counted", done, max(done, total))
		}
	}
	return nil
}

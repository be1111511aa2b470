// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// Progress is told how far long work has come: what is being done, how much of it
// is done, and about how much there is. nil is nobody.
type Progress func(what string, done, total int64)

// DB is the roll-ups of a database. All methods may be called concurrently.
type DB struct {
	Dialect
	// View calls f with a transaction that reads the database of one moment, on a
	// replica too.
	View func(ctx context.Context, f func(ctx context.Context, tx Tx) error) error
	// Update calls f with a transaction that may write, and commits where f returns
	// no error. It may call f again, in another one, where the first was broken off.
	Update func(ctx context.Context, f func(ctx context.Context, tx Tx) error) error
	// Failure makes the errors of the database those of the contract of a store.
	Failure func(operation string, err error) error
}

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
	return db.failure("verify", err)
}

// Rebuild makes the roll-ups anew from the objects, while others load and read. It
// may be interrupted, and begun again.
func (db *DB) Rebuild(ctx context.Context, progress Progress) error {
	update := func(f func(ctx context.Context, tx Tx) error) error {
		return db.Update(ctx, func(ctx context.Context, tx Tx) error {
			if db.Alone != nil {
				if err := db.Alone(ctx, tx, true); err != nil {
					return err
				}
			}
			return f(ctx, tx)
		})
	}
	all := func(string, int) bool { return true }
	err := db.eachChunk(ctx, progress, update, all, func(ctx context.Context, tx Tx, r recount) error { return r.replace(ctx, tx, &db.Dialect) })
	if err == nil {
		err = db.Update(ctx, func(ctx context.Context, tx Tx) error {
			return tx.Exec(ctx, "UPDATE rollups SET complete = 1")
		})
	}
	return db.failure("rebuild", err)
}

// Complete tells whether the roll-ups are of all objects.
func (db *DB) Complete(ctx context.Context) (complete bool, err error) {
	err = db.View(ctx, func(ctx context.Context, tx Tx) error {
		return Read(ctx, tx, "SELECT complete = 1 FROM rollups", nil, []any{&complete}, func() error { return nil })
	})
	return complete, db.failure("look at the roll-ups", err)
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

func (db *DB) failure(operation string, err error) error {
	if err == nil || db.Failure == nil {
		return err
	}
	return db.Failure(operation, err)
}

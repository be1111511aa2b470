// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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
	// no error.
	Update func(ctx context.Context, f func(ctx context.Context, tx Tx) error) error
	// Failure makes the errors of the database those of the contract of a store.
	Failure func(operation string, err error) error
}

// Difference is a row of a roll-up that is not what counting anew gives.
type Difference struct {
	Table string
	Key   string // what identifies the row, and what it is of
	Is    string // what is there, "" where nothing is
	Due   string // what should be, "" where nothing should
}

func (d Difference) String() string {
	is, due := d.Is, d.Due
	if is == "" {
		is = "missing"
	}
	if due == "" {
		due = "should not be"
	}
	return fmt.Sprintf("%s: %s: %s, counted %s", d.Table, d.Key, is, due)
}

// VerifyOptions say how Verify goes about it.
type VerifyOptions struct {
	// Sample is the share that is looked at, of what is counted by chunks; 0 and 1
	// are all.
	Sample   float64
	Progress Progress
}

// Verify counts everything anew from the objects, and calls f for what differs.
// It sees the database of one moment.
func (db *DB) Verify(ctx context.Context, opts VerifyOptions, f func(Difference)) error {
	sampled := func() bool { return opts.Sample <= 0 || opts.Sample >= 1 || rand.Float64() < opts.Sample }
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
	all := func() bool { return true }
	err := db.eachChunk(ctx, progress, update, all, func(ctx context.Context, tx Tx, r recount) error { return db.replace(ctx, tx, r) })
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
	wanted func() bool, f func(context.Context, Tx, recount) error) error {
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
			return fmt.Errorf("%s: %w", p.what, err)
		}
		tell(p.what+" counted", 0, total)
		for after, more := "", true; more; {
			err := within(func(ctx context.Context, tx Tx) error {
				chunk, err := p.next(ctx, tx, after)
				if more = len(chunk) > 0; err != nil || !more {
					return err
				}
				after = chunk[len(chunk)-1]
				done += int64(len(chunk))
				if !wanted() {
					return nil
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
				return fmt.Errorf("%s: %w", p.what, err)
			}
			tell(p.what+" counted", done, max(done, total))
		}
	}
	return nil
}

// replace puts what should be in place of what is.
func (d *Dialect) replace(ctx context.Context, tx Tx, r recount) error {
	var put, gone []row
	r.compare(func(is, due row) {
		if due == nil {
			gone = append(gone, slices.Clone(r.table.key(is)))
		} else {
			put = append(put, due)
		}
	})
	if err := d.put(ctx, tx, r.table, put); err != nil {
		return err
	}
	return d.remove(ctx, tx, r.table, gone, "")
}

// compare calls f for each row that is not what it should be; nil is none.
func (r *recount) compare(f func(is, due row)) {
	r.table.sort(r.is)
	r.table.sort(r.due)
	is, due := r.is, r.due
	for len(is) > 0 || len(due) > 0 {
		var c int
		switch {
		case len(is) == 0:
			c = +1
		case len(due) == 0:
			c = -1
		default:
			c = compare(r.table.key(is[0]), r.table.key(due[0]))
		}
		switch {
		case c < 0:
			f(is[0], nil)
			is = is[1:]
		case c > 0:
			f(nil, due[0])
			due = due[1:]
		default:
			if !slices.Equal(is[0], due[0]) {
				f(is[0], due[0])
			}
			is, due = is[1:], due[1:]
		}
	}
}

// differences returns what is not as it should be.
func (r *recount) differences() (all []Difference) {
	r.compare(func(is, due row) {
		d := Difference{Table: r.table.name}
		of := is
		if of == nil {
			of = due
		}
		if last := len(of) - 1; r.table.columns[last] == "n" && r.table != issueCounts {
			d.Key = r.table.text(of, 0, last)
			if is != nil {
				d.Is = fmt.Sprint(is[last])
			}
			if due != nil {
				d.Due = fmt.Sprint(due[last])
			}
		} else {
			d.Key = r.table.text(of, 0, r.table.keys)
			if is != nil {
				d.Is = r.table.text(is, r.table.keys, len(is))
			}
			if due != nil {
				d.Due = r.table.text(due, r.table.keys, len(due))
			}
		}
		all = append(all, d)
	})
	return all
}

// text returns some columns of a row for people, without keys, which say nothing.
func (t *table) text(r row, from, to int) string {
	var parts []string
	for i := from; i < to; i++ {
		if t.columns[i] == "key" || r[i] == "" {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s=%v", t.columns[i], r[i]))
	}
	return strings.Join(parts, " ")
}

func (db *DB) failure(operation string, err error) error {
	if err == nil || db.Failure == nil {
		return err
	}
	return db.Failure(operation, err)
}

// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
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

// Difference is a row of a roll-up that is not what counting anew gives.
type Difference struct {
	Table string
	Key   string // what identifies the row, and what it is of
	Is    string // what is there, "" where nothing is
	Due   string // what should be, "" where nothing should
}

// String returns the difference as a line.
func (d Difference) String() string {
	is, due := d.Is, "should be "+d.Due
	if is == "" {
		is = "missing"
	}
	if d.Due == "" {
		due = "should not be there"
	}
	return fmt.Sprintf("%s: %s: %s, %s", d.Table, d.Key, is, due)
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
			return fmt.Errorf("%s: %w", p.what, err)
		}
		tell(p.what+" counted", 0, total)
		for after := (*string)(nil); ; {
			var chunk []string
			err := within(func(ctx context.Context, tx Tx) (err error) {
				if chunk, err = p.next(ctx, tx, after); err != nil || len(chunk) == 0 || !wanted(p.what, len(chunk)) {
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
				return fmt.Errorf("%s: %w", p.what, err)
			}
			if len(chunk) == 0 {
				break
			}
			after = &chunk[len(chunk)-1]
			done += int64(len(chunk))
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
		from := r.table.named()
		d.Key = r.table.text(of, 0, from)
		if is != nil && due != nil && slices.Equal(is[from:], due[from:]) {
			from = 0 // the key is that of other values
		}
		if is != nil {
			d.Is = r.table.text(is, from, len(is))
		}
		if due != nil {
			d.Due = r.table.text(due, from, len(due))
		}
		all = append(all, d)
	})
	return all
}

// named returns how many columns of a row say what it is of, to people.
func (t *table) named() int {
	switch last := len(t.columns) - 1; {
	case t == treeHeads:
		return slices.Index(t.columns, "checkout_id")
	case t != issueCounts && t.columns[last] == "n":
		return last
	}
	return t.keys
}

// text returns some columns of a row for people, without keys, which say nothing.
func (t *table) text(r row, from, to int) string {
	var parts []string
	for i := from; i < to; i++ {
		value := told(t.columns[i], r[i])
		if t.columns[i] == "key" || value == "" {
			continue
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r == ' ' || r == '"' || !strconv.IsPrint(r) }) {
			value = strconv.Quote(value)
		}
		parts = append(parts, t.columns[i]+"="+value)
	}
	return strings.Join(parts, " ")
}

// told returns the value of a column for people: days and times as such.
func told(column string, value any) string {
	number, ok := value.(int64)
	switch {
	case !ok || number < 0:
	case column == "day":
		return time.Unix(number*24*3600, 0).UTC().Format(time.DateOnly)
	case number > 0 && slices.Contains([]string{"start", "seen", "first_seen", "last_seen"}, column):
		return time.UnixMicro(number).UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprint(value)
}

func (db *DB) failure(operation string, err error) error {
	if err == nil || db.Failure == nil {
		return err
	}
	return db.Failure(operation, err)
}

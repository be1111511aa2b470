// SPDX-License-Identifier: Apache-2.0

// Package tray answers what became of submissions, and keeps the objects that were not
// loaded.
//
// The good objects of a report are loaded, and the others are rejected: each waits in the
// tray, with its faults and with a report that has it alone. Its row leaves the state Waiting
// if the same object (list and ID) is loaded from a submission that was received later, if
// its own report is replayed, or if an administrator drops it. The order in which the
// submissions are loaded does not matter. Rows are removed with the receipts.
package tray

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Tray is the tray of a database. All methods may be called concurrently.
type Tray struct{ db *sqldb.DB }

// New returns the tray of a database.
func New(db *sqldb.DB) *Tray { return &Tray{db} }

// Of returns the tray of a store, or of the store it wraps; nil if it has no SQL database.
func Of(s store.Sink) *Tray {
	if db := sqldb.Of(s); db != nil {
		return New(db)
	}
	return nil
}

// ErrNotFound: the tray has no such object.
var ErrNotFound = errkind.New(errkind.Gone, "not in the tray")

// State is the state of a rejected object.
type State string

// The states.
const (
	Waiting   State = "waiting"
	Corrected State = "corrected" // it was loaded, without faults
	Dropped   State = "dropped"   // an administrator gave it up
)

// States are all states.
var States = []State{Waiting, Corrected, Dropped}

// Place is where a submission has an object.
type Place struct {
	Submission string
	List       string
	Place      int // in the list, from 0
}

func (p Place) String() string { return fmt.Sprintf("%s %s %d", p.Submission, p.List, p.Place) }

// Row is an object in the tray.
type Row struct {
	store.Rejected // without Document, unless the comment of a method says otherwise
	State          State
	Settled        time.Time // when it left the state Waiting
	SettledBy      string    // the submission that corrected it, "" if it is unknown
}

// At returns the place of the object.
func (r *Row) At() Place { return Place{r.Submission, r.List, r.Place} }

// Question selects objects. The parts are joined by "and".
type Question struct {
	Origins    []string // of the submitters; nil for any
	Submission string   // "" for any
	State      State    // "" for any
	Most       int      // rows
}

// Find returns objects, the last received first, in the order of their report.
func (t *Tray) Find(ctx context.Context, q Question) (all []Row, err error) {
	where := conditions{db: t.db}
	where.in("origin", q.Origins)
	if q.Submission != "" {
		where.add("submission = $%d", q.Submission)
	}
	if q.State != "" {
		where.add("state = $%d", string(q.State))
	}
	err = t.db.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		all = nil
		return t.read(ctx, tx, "NULL", where.rest("received DESC, submission, list, place", q.Most), where.args, func(r *Row) { all = append(all, *r) })
	})
	return all, t.db.Failure(ctx, "read the tray", err)
}

// Get returns an object with its Document, or ErrNotFound.
func (t *Tray) Get(ctx context.Context, at Place) (row Row, err error) {
	err = t.db.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		row = Row{}
		err := t.read(ctx, tx, "data", "WHERE "+atPlace, at.args(), func(r *Row) { row = *r })
		if err == nil && row.Submission == "" {
			err = fmt.Errorf("%w: %s", ErrNotFound, at)
		}
		return err
	})
	return row, t.db.Failure(ctx, "read the tray", err)
}

// atPlace is the condition that a row is at the place of Place.args.
const atPlace = "submission = $1 AND list = $2 AND place = $3"

func (p Place) args() []any { return []any{p.Submission, p.List, p.Place} }

// read calls f with each row of the query that ends with rest. data is the expression of the
// documents.
func (t *Tray) read(ctx context.Context, tx sqldb.Tx, data, rest string, args []any, f func(*Row)) error {
	var r Row
	var received, settled int64
	var document []byte
	var faults, state string
	query := "SELECT submission, list, place, origin, object_id, received, " + data + ", faults, state, settled, settled_by FROM rejected " + rest
	into := []any{&r.Submission, &r.List, &r.Place, &r.Origin, &r.ID, &received, &document, &faults, &state, &settled, &r.SettledBy}
	return sqldb.Read(ctx, tx, query, args, into, func() (err error) {
		r.Received, r.Settled, r.State = sqldb.Time(received), sqldb.Time(settled), State(state)
		r.Faults, r.Document = nil, nil
		if document != nil {
			r.Document, err = decoder.DecodeAll(document, nil)
		}
		if err = errors.Join(err, jsonv2.Unmarshal([]byte(faults), &r.Faults)); err != nil {
			return fmt.Errorf("%s: %w: %w", r.At(), store.ErrCorrupt, err)
		}
		f(&r)
		return nil
	})
}

// Settle changes waiting objects to another state. by is the submission that corrected them.
// It returns ErrNotFound, and changes nothing, if one of the objects does not wait.
func (t *Tray) Settle(ctx context.Context, state State, by string, places ...Place) error {
	err := t.db.Update(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		for _, at := range places {
			n, err := tx.Exec(ctx, "UPDATE rejected SET state = $4, settled = $5, settled_by = $6 WHERE state = 'waiting' AND "+atPlace,
				append(at.args(), string(state), t.db.Now().UnixMicro(), by)...)
			if err == nil && n == 0 {
				err = fmt.Errorf("%w, or settled before: %s", ErrNotFound, at)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return t.db.Failure(ctx, "settle objects of the tray", err)
}

// Sweep settles all waiting objects whose correction is in the database. A load settles the
// objects that it corrects, unless another process loaded the faulty report at the same
// moment, or the load has no receipts.
func (t *Tray) Sweep(ctx context.Context) error {
	err := t.db.Update(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		return sweep(ctx, tx, t.db, t.db.Now(), "TRUE")
	})
	return t.db.Failure(ctx, "sweep the tray", err)
}

// Submissions selects receipts. The parts are joined by "and".
type Submissions struct {
	Origins  []string   // of the submitters; nil for any
	Failed   *bool      // whether it was given up; nil for any
	Rejected bool       // only submissions with rejected objects
	After    *Submitted // only those behind it in the list; nil for all
	Most     int
}

// Submitted is the place of a submission in the list. The submissions of a batch are finished
// at the same time.
type Submitted struct {
	Finished time.Time
	ID       string
}

// Receipts returns receipts, the last finished first, and those finished at the same time by ID.
// They have no details.
func (t *Tray) Receipts(ctx context.Context, q Submissions) (all []store.Receipt, err error) {
	where := conditions{db: t.db}
	where.in("origin", q.Origins)
	switch {
	case q.Failed == nil:
	case *q.Failed:
		where.all = append(where.all, "failure <> ''")
	default:
		where.all = append(where.all, "failure = ''")
	}
	if q.Rejected {
		where.all = append(where.all, "rejected > 0")
	}
	if q.After != nil {
		where.args = append(where.args, q.After.Finished.UnixMicro(), q.After.ID)
		finished, id := t.db.Moment(len(where.args)-1), len(where.args)
		where.all = append(where.all, fmt.Sprintf("finished <= %[1]s AND (finished < %[1]s OR id > $%[2]d)", finished, id))
	}
	err = t.db.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		all = nil
		return sqldb.ReadReceipts(ctx, tx, t.db, "NULL", where.rest("finished DESC, id", q.Most), where.args, func(r store.Receipt) { all = append(all, r) })
	})
	return all, t.db.Failure(ctx, "list submissions", err)
}

// conditions are conditions of a query with their parameters.
type conditions struct {
	db   *sqldb.DB
	all  []string
	args []any
}

// add adds a condition with the number of its parameter to fill in.
func (c *conditions) add(condition string, arg any) {
	c.args = append(c.args, arg)
	c.all = append(c.all, fmt.Sprintf(condition, len(c.args)))
}

// in adds the condition that an expression is one of values, unless they are nil.
func (c *conditions) in(expression string, values []string) {
	if values == nil {
		return
	}
	c.args = append(c.args, c.db.List(values))
	c.all = append(c.all, c.db.In(expression, len(c.args)))
}

// rest returns the end of a query, with an order and a limit.
func (c *conditions) rest(order string, most int) string {
	where := ""
	if len(c.all) > 0 {
		where = "WHERE " + strings.Join(c.all, " AND ")
	}
	c.args = append(c.args, most)
	return fmt.Sprintf("%s ORDER BY %s LIMIT $%d", where, order, len(c.args))
}

// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
)

// free is the condition that a row is not picked. Parameter 1 is now, and parameter 2 is
// latestPick, the time until which a pick of now can last.
const free = "(picked < $1 OR picked > $2)"

// latestPick returns parameter 2 of free.
func latestPick(now int64) int64 { return now + spool.LongestPick.Microseconds() }

// pickedUntil returns when a pick of now ends.
func pickedUntil(now int64, d time.Duration) int64 {
	return now + min(d, spool.LongestPick).Microseconds()
}

// now returns the time in microseconds since 1970.
func (s *Spool) now() int64 { return s.Now().UnixMicro() }

// tx is a transaction of the spool.
type tx struct {
	sqldb.Tx
	sqldb.Dialect
	ctx context.Context
	now int64 // when it began
}

// exec runs a statement and returns how many rows it changed.
func (t *tx) exec(statement string, args ...any) (int64, error) {
	return t.Exec(t.ctx, statement, args...)
}

// changeOne runs a statement that changes one row. It returns ErrTaken if the row is
// not as the condition of the statement wants it, because another process changed it.
func (t *tx) changeOne(statement string, args ...any) error {
	n, err := t.exec(statement, args...)
	if err == nil && n == 0 {
		err = spool.ErrTaken
	}
	return err
}

// read scans the only row of a query into the pointers.
func (t *tx) read(query string, args []any, into ...any) (found bool, err error) {
	return sqldb.ReadRow(t.ctx, t.Tx, query, args, into...)
}

// rows returns the rows of a query, each as scan returns it.
func rows[T any](t *tx, scan func(sqldb.Rows) (T, error), query string, args ...any) (all []T, err error) {
	found, err := t.Query(t.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		row, err := scan(found)
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, found.Err()
}

// scanOne scans rows of one column.
func scanOne[T any](found sqldb.Rows) (value T, err error) {
	err = found.Scan(&value)
	return value, err
}

// update runs f in a transaction, and commits it if f returns no error. It may run f
// again after an error that passes, so f must not add to the results of an earlier run.
//
// In PostgreSQL each statement sees what was committed before it. A row that another
// transaction is changing is waited for and looked at again. So the number of rows that
// a statement with a condition changed decides, never what was read before. All
// transactions change rows in one order, so that none waits in a circle: a
// notification before its deliveries, and several by their numbers.
func (s *Spool) update(ctx context.Context, operation string, f func(t *tx) error) error {
	return s.failure(ctx, operation, s.db.Update(ctx, func(ctx context.Context, t sqldb.Tx) error {
		return f(&tx{t, s.db.Dialect, ctx, s.now()})
	}))
}

// readCommitted runs f with a tx that only reads. Each statement sees what was committed before.
func (s *Spool) readCommitted(ctx context.Context, operation string, f func(t *tx) error) error {
	return s.failure(ctx, operation, s.db.ReadCommitted(ctx, func(ctx context.Context, t sqldb.Tx) error {
		return f(&tx{t, s.db.Dialect, ctx, s.now()})
	}))
}

// failure returns the error for the caller: that of the spool, or the store's error for
// an error of the database.
func (s *Spool) failure(ctx context.Context, operation string, err error) error {
	if errors.Is(err, spool.ErrTaken) || errors.Is(err, spool.ErrNotFound) || errors.Is(err, spool.ErrNothing) {
		return err
	}
	return s.db.Failure(ctx, operation, err)
}

// key returns an object's ID as the tables have it: the fields of its type, separated
// by a line end. If there are two fields, only the first may contain line ends.
func key(ref object.Ref) string {
	if len(ref.Type.Fields()) == 2 {
		return ref.ID[0] + "\n" + ref.ID[1]
	}
	return ref.ID[0]
}

// ref is the inverse of key.
func ref(t, key string) object.Ref {
	r := object.Ref{Type: object.Type(t), ID: object.ID{key, ""}}
	if i := strings.LastIndexByte(key, '\n'); i >= 0 && len(r.Type.Fields()) == 2 {
		r.ID = object.ID{key[:i], key[i+1:]}
	}
	return r
}

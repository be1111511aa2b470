// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/object"
)

// far is the longest that anybody has anything. What is had for longer was taken
// before the clock was put back, and is free.
const far = time.Hour

// free is the condition that nobody has a row. Its parameters are those of hold.
const free = "(picked < ? OR picked > ?)"

// hold returns the parameters of free, and until when a pick lasts.
func hold(now int64, d time.Duration) (from, to, until int64) {
	return now, now + far.Microseconds(), now + min(d, far).Microseconds()
}

// now returns the time in microseconds since 1970.
func (s *Spool) now() int64 {
	if s.Now == nil {
		return time.Now().UnixMicro()
	}
	return s.Now().UnixMicro()
}

// micros and moment are each other's inverse; 0 stands for no time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// sql returns a statement in the words of the database: with its parameters, and
// with SKIP LOCKED, that choices end with, where rows can be locked.
func (s *Spool) sql(statement string) string {
	if !s.Numbered {
		return strings.ReplaceAll(statement, "SKIP LOCKED", "")
	}
	parts := strings.Split(strings.ReplaceAll(statement, "SKIP LOCKED", "FOR UPDATE SKIP LOCKED"), "?")
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	return b.String()
}

// places returns a list of n parameters.
func places(n int) string {
	return "(?" + strings.Repeat(", ?", n-1) + ")"
}

// list returns values as parameters.
func list[T any](values []T) []any {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return args
}

// chunk is how many parameters a list has at most. Databases take more, but
// forget how they planned statements of many lengths.
const chunk = 500

// tx is a transaction that knows the words of its database.
type tx struct {
	s   *Spool
	ctx context.Context
	*sql.Tx
	now int64
}

// exec runs a statement, and returns how many rows it changed.
func (t *tx) exec(statement string, args ...any) (int64, error) {
	result, err := t.ExecContext(t.ctx, t.s.sql(statement), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// one runs a statement that is to change a row, which somebody else may have
// changed meanwhile.
func (t *tx) one(statement string, args ...any) error {
	n, err := t.exec(statement, args...)
	if err == nil && n == 0 {
		err = ErrTaken
	}
	return err
}

// update runs f in a transaction, which happens where f returns no error. In
// PostgreSQL each statement sees what was committed before it, and a row that
// somebody else is changing is waited for and looked at again. So what decides
// is how many rows a statement with a condition changed, never what was read
// before. Rows are changed in one order by all, a notification before its
// deliveries, and several by their numbers, so that nobody waits in a circle.
func (s *Spool) update(ctx context.Context, operation string, f func(t *tx) error) error {
	err := func() error {
		t, err := s.Write.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer t.Rollback()
		if err := f(&tx{s, ctx, t, s.now()}); err != nil {
			return err
		}
		return t.Commit()
	}()
	return s.failure(ctx, operation, err)
}

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// query calls row for each row of a query. The rows are closed before it
// returns: a pool may have one connection only.
func (s *Spool) query(ctx context.Context, q querier, row func(scan func(dest ...any) error) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, s.sql(query), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// failure returns what a caller is told of an error. An operation that ended
// because ctx did returns why that did, whatever the database made of it.
func (s *Spool) failure(ctx context.Context, operation string, err error) error {
	if err == nil || errors.Is(err, ErrTaken) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrNothing) {
		return err
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if s.Failure == nil {
		return err
	}
	return s.Failure(operation, err)
}

// kept returns a text as every database can keep it: the answers of mail servers
// are not always text.
func kept(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// fold returns an address in lower case, as far as lower() of the databases goes,
// which is ASCII.
func fold(address string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, address)
}

// key returns an object's ID as the tables have it: the fields of its type with
// line ends between. Only the first one of two may have line ends itself.
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

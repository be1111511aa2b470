// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// emptyStore is a store without objects. Templates are tried with its objects.
type emptyStore struct{ store.Store }

func (emptyStore) Query(context.Context, store.Query) iter.Seq2[*report.Report, error] {
	return func(func(*report.Report, error) bool) {}
}

func (emptyStore) Match(context.Context, []object.Pattern, store.MatchOptions) iter.Seq2[*object.Set, error] {
	return func(func(*object.Set, error) bool) {}
}

// SQL returns a database without objects.
func (emptyStore) SQL() *sqldb.DB { return &sqldb.DB{Conn: noConn{}, Dialect: noDialect{}} }

// noDialect is the dialect of statements that never run.
type noDialect struct{ sqldb.Dialect }

func (noDialect) Tests() string         { return "" }
func (noDialect) List([]string) any     { return nil }
func (noDialect) In(string, int) string { return "" }
func (noDialect) Micros(string) string  { return "" }
func (noDialect) Moment(int) string     { return "" }

// noConn is a connection whose views read nothing.
type noConn struct{ sqldb.Conn }

func (noConn) View(context.Context, func(context.Context, sqldb.Tx) error) error { return nil }

func (noConn) Failure(_ context.Context, _ string, err error) error { return err }

func (emptyStore) Runs(context.Context, []string, store.RunKey) iter.Seq2[store.Run, error] {
	return func(func(store.Run, error) bool) {}
}

func (emptyStore) Outcomes(context.Context, []string) iter.Seq2[store.Outcome, error] {
	return func(func(store.Outcome, error) bool) {}
}

func (emptyStore) Previous(context.Context, store.Like, int) ([]string, error) { return nil, nil }

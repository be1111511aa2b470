// SPDX-License-Identifier: Apache-2.0

package answers_test

import (
	"context"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// database returns a database in memory with the objects of a report.
func database(t testing.TB, r *report.Report) *sqlite.Store {
	t.Helper()
	s := sqlite.OpenMemory("test")
	t.Cleanup(func() { s.Close() })
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	load(t, s, r)
	return s
}

// openedWith returns the answers of a report. A statement that scans a table fails the
// test.
func openedWith(t *testing.T, r *report.Report) *answers.DB {
	t.Helper()
	db := answers.New(database(t, r).SQL())
	db.Conn = wrapped{db.Conn, func(tx sqldb.Tx) sqldb.Tx { return planned{tx, t} }}
	return db
}

func load(t testing.TB, s *sqlite.Store, r *report.Report) {
	t.Helper()
	if _, err := s.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
		t.Fatal(err)
	}
}

// wrapped is a connection with wrapped transactions in views.
type wrapped struct {
	sqldb.Conn
	wrap func(sqldb.Tx) sqldb.Tx
}

func (w wrapped) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return w.Conn.View(ctx, func(ctx context.Context, tx sqldb.Tx) error { return f(ctx, w.wrap(tx)) })
}

// SPDX-License-Identifier: Apache-2.0

package sqlspool_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/spooltest"
	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
)

// engines are the databases that all tests run on.
var engines = map[string]func(t *testing.T) store.Store{"sqlite": openSQLite, "memory": openMemory, "postgres": openPostgres}

// TestSpool runs the suite.
func TestSpool(t *testing.T) {
	for name, open := range engines {
		if testing.Short() && name == "memory" {
			continue // the code that could race is that of the file
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spooltest.Test(t, spooltest.Driver{Open: func(t *testing.T, now func() time.Time) (spool.Spool, spooltest.Source) {
				s := newSpool(t, open(t))
				s.Now = now
				return s.Spool, s
			}})
		})
	}
}

// onEngines runs a test on each of the databases.
func onEngines(t *testing.T, test func(t *testing.T, s *testSpool)) {
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newSpool(t, open(t)))
		})
	}
}

// testSpool is the spool of a database, and the database.
type testSpool struct {
	*sqlspool.Spool
	db *sqldb.DB
}

// newSpool returns the spool of a store, which it initializes.
func newSpool(t *testing.T, s store.Store) *testSpool {
	t.Helper()
	t.Cleanup(func() { s.Close() })
	must(t, s.Init(t.Context(), store.Version{}))
	keeper, _ := sqlspool.Of(s)
	return &testSpool{keeper, sqldb.Of(s)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Note notes the changes of a transaction, as loads do.
func (s *testSpool) Note(t *testing.T, objects int, data string) {
	t.Helper()
	s.exec(t, "INSERT INTO changes (at, objects, data) VALUES ($1, $2, $3)", s.Now().UnixMicro(), objects, []byte(data))
}

func (s *testSpool) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	must(t, s.db.Update(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, statement, args...)
		return err
	}))
}

func openSQLite(t *testing.T) store.Store {
	s, err := sqlite.Open(filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openMemory(t *testing.T) store.Store { return sqlite.OpenMemory(t.Name()) }

func openPostgres(t *testing.T) store.Store {
	s, err := postgres.Open(strings.TrimPrefix(pgtest.Database(t), "postgresql:"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// SPDX-License-Identifier: Apache-2.0

package sqlspool_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
)

// engines are the databases that all tests run on.
var engines = []struct {
	name string
	open func(t *testing.T) store.Store
}{{"sqlite", openSQLite}, {"memory", openMemory}, {"postgres", openPostgres}}

// onEngines runs a test on each of the databases, beginning at noon.
func onEngines(t *testing.T, test func(t *testing.T, f *fixture)) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			test(t, newFixture(t, e.open(t)))
		})
	}
}

// noon is when tests begin.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// fixture is a spool with a clock that tests move.
type fixture struct {
	*sqlspool.Spool
	t     *testing.T
	db    *sqldb.DB
	clock atomic.Int64
}

// newFixture returns the spool of a store, which it initializes.
func newFixture(t *testing.T, s store.Store) *fixture {
	t.Helper()
	t.Cleanup(func() { s.Close() })
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	keeper, _ := sqlspool.Of(s)
	f := &fixture{Spool: keeper, t: t, db: sqldb.Of(s)}
	f.set(noon)
	f.Spool.Now = f.now
	return f
}

func (f *fixture) now() time.Time          { return time.UnixMicro(f.clock.Load()).UTC() }
func (f *fixture) set(at time.Time)        { f.clock.Store(at.UnixMicro()) }
func (f *fixture) advance(d time.Duration) { f.clock.Add(d.Microseconds()) }

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

// noteChanges notes the changes of a transaction, as loads do.
func (f *fixture) noteChanges(objects int, data string) {
	f.t.Helper()
	f.exec("INSERT INTO changes (at, objects, data) VALUES ($1, $2, $3)", f.now().UnixMicro(), objects, []byte(data))
}

func (f *fixture) exec(statement string, args ...any) {
	f.t.Helper()
	err := f.db.Update(f.t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, statement, args...)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// count returns the number that a query returns.
func (f *fixture) count(query string, args ...any) (n int64) {
	f.t.Helper()
	err := f.db.ReadCommitted(f.t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
		found, err := sqldb.ReadRow(ctx, tx, query, args, &n)
		if err == nil && !found {
			err = fmt.Errorf("%s: no row", query)
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

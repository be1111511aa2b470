// SPDX-License-Identifier: Apache-2.0

package spool_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/spool"
)

// engines are the databases that all tests run on.
var engines = []struct {
	name string
	open func(t *testing.T) *spool.Spool
}{{"sqlite", openSQLite}, {"memory", openMemory}, {"postgres", openPostgres}}

// onEngines runs a test on each of the databases, beginning at noon.
func onEngines(t *testing.T, test func(t *testing.T, h *house)) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			test(t, newHouse(t, e.open(t)))
		})
	}
}

// noon is when tests begin.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// house is a spool with a clock that tests move.
type house struct {
	*spool.Spool
	t     *testing.T
	clock atomic.Int64
}

func newHouse(t *testing.T, s *spool.Spool) *house {
	h := &house{Spool: s, t: t}
	h.set(noon)
	s.Now = h.now
	return h
}

func (h *house) now() time.Time        { return time.UnixMicro(h.clock.Load()).UTC() }
func (h *house) set(at time.Time)      { h.clock.Store(at.UnixMicro()) }
func (h *house) after(d time.Duration) { h.clock.Add(d.Microseconds()) }

// openSQLite opens a database in a file as the driver does.
func openSQLite(t *testing.T) *spool.Spool {
	uri := "file:" + filepath.Join(t.TempDir(), "db") + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)"
	s := &spool.Spool{Write: openPool(t, "sqlite", uri+"&_txlock=immediate"), Read: openPool(t, "sqlite", uri)}
	s.Write.SetMaxOpenConns(1)
	migrate(t, s.Write, "sqlite", checkouts)
	return s
}

// checkouts is what SQLite's tables for notifying make an index of.
const checkouts = "CREATE TABLE checkouts (git_repository_url, git_repository_branch, start_time);"

// openMemory opens a database in memory as the driver does: with one connection
// for all.
func openMemory(t *testing.T) *spool.Spool {
	pool := openPool(t, "sqlite", "file::memory:?_txlock=immediate")
	pool.SetMaxOpenConns(1)
	migrate(t, pool, "sqlite", checkouts)
	return &spool.Spool{Write: pool, Read: pool}
}

func openPostgres(t *testing.T) *spool.Spool {
	pool := openPool(t, "pgx", strings.TrimPrefix(pgtest.Database(t), "postgresql:"))
	pool.SetMaxOpenConns(8)
	migrate(t, pool, "postgres", "")
	return &spool.Spool{Write: pool, Read: pool, Numbered: true}
}

func openPool(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// migrate makes the tables as the drivers do.
func migrate(t *testing.T, db *sql.DB, engine, before string) {
	t.Helper()
	for _, name := range []string{"notifications", "deliveries"} {
		files, err := filepath.Glob(filepath.Join("..", engine, "migrations", "*_"+name+".up.sql"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%d migrations %s, %v", len(files), name, err)
		}
		text, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(before + string(text)); err != nil {
			t.Fatal(err)
		}
		before = ""
	}
}

// note notes the changes of a transaction, as loads do.
func (h *house) note(objects int, data string) {
	h.t.Helper()
	h.exec("INSERT INTO changes (at, objects, data) VALUES (?, ?, ?)", h.now().UnixMicro(), objects, []byte(data))
}

func (h *house) exec(statement string, args ...any) {
	h.t.Helper()
	if _, err := h.Write.Exec(h.words(statement), args...); err != nil {
		h.t.Fatal(err)
	}
}

// count returns the number that a query is for.
func (h *house) count(query string, args ...any) (n int64) {
	h.t.Helper()
	if err := h.Read.QueryRow(h.words(query), args...).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *house) words(statement string) string {
	for i := 1; h.Numbered && strings.Contains(statement, "?"); i++ {
		statement = strings.Replace(statement, "?", "$"+string(rune('0'+i)), 1)
	}
	return statement
}

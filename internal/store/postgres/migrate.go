// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/internal/store"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration leads from one schema to the next and back. Migration N, at index N-1, makes
// schema N.0. All dialects number their migrations alike.
type migration struct {
	name     string
	up, down []step
}

// step is a part of a migration that is done completely or not at all, so that an
// interrupted migration can be continued.
type step struct {
	kind string
	sql  string
}

// The kinds of steps. A line "-- step: KIND" begins a step. The statements before the
// first such line are a step of the kind together.
const (
	together = "together" // statements in one transaction
	alone    = "alone"    // one statement, outside of any transaction, that may be begun again
	batches  = "batches"  // one statement, repeated in transactions of its own until it changes no row
)

// migrations are read when they are first used.
var migrations = sync.OnceValue(func() []migration { return readMigrations(migrationFiles) })

func readMigrations(files fs.FS) []migration {
	read := func(name string) []step {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err) // each migration has both files
		}
		return splitSteps(string(text))
	}
	ups, _ := fs.Glob(files, "migrations/*.up.sql") // sorted by number
	var all []migration
	for _, up := range ups {
		base := strings.TrimSuffix(up, ".up.sql")
		all = append(all, migration{strings.TrimPrefix(base, "migrations/"), read(up), read(base + ".down.sql")})
	}
	return all
}

var stepLine = lazyregexp.New(`(?m)^-- step: (together|alone|batches)\n`)

// splitSteps returns the steps in the file of a migration.
func splitSteps(text string) []step {
	var steps []step
	kind, from := together, 0
	add := func(to int) {
		if sql := text[from:to]; !onlyComments(sql) {
			steps = append(steps, step{kind, sql})
		}
	}
	for _, at := range stepLine().FindAllStringSubmatchIndex(text, -1) {
		add(at[0])
		kind, from = text[at[2]:at[3]], at[1]
	}
	add(len(text))
	return steps
}

func onlyComments(sql string) bool {
	for line := range strings.Lines(sql) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--") {
			return false
		}
	}
	return true
}

// Keys of PostgreSQL's advisory locks, which are of the database.
const (
	retentionLock = lockKeys     // held by a process that removes old objects by schedule
	migrationLock = lockKeys + 1 // held by a process that migrates
	contentsLock  = lockKeys + 2 // shared by loads; a sweep of contents has it alone
	purgeLock     = lockKeys + 3 // held by a process that purges
	// lockKeys+4 and more are the locks of package sqldb.
)

// lockEvery is how often a process tries to take the lock of migrations. If it waited
// for the lock within a statement, the creation of an index would wait for that
// statement.
const lockEvery = 200 * time.Millisecond

// migrating calls f with a connection. No other process migrates meanwhile.
func (s *Store) migrating(ctx context.Context, f func(m *migrator) error) error {
	begun, cancel := s.statementContext(ctx)
	defer cancel()
	conn, err := s.pool.Acquire(begun)
	if err != nil {
		return err
	}
	defer conn.Release()
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for {
		if locked, err := s.tryLock(ctx, conn.Conn()); err != nil {
			return err
		} else if locked {
			break
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	defer func() {
		ctx, cancel := s.statementContext(context.WithoutCancel(ctx))
		defer cancel()
		conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", migrationLock)
	}()
	return f(&migrator{conn: conn.Conn(), all: s.migrations})
}

func (s *Store) tryLock(ctx context.Context, conn *pgx.Conn) (locked bool, err error) {
	ctx, cancel := s.statementContext(ctx)
	defer cancel()
	err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", migrationLock).Scan(&locked)
	return locked, err
}

// migrator migrates over the connection that has the lock.
type migrator struct {
	conn     *pgx.Conn
	all      []migration
	progress store.Progress
}

// makeLedger creates the table that records the schema. Init creates it first, and
// Cleanup removes it last.
func (m *migrator) makeLedger(ctx context.Context) error {
	_, err := m.conn.Exec(ctx, `CREATE TABLE IF NOT EXISTS kcidb_migrations (
		number   integer PRIMARY KEY,
		name     text NOT NULL,
		steps    integer NOT NULL, -- done so far; -1 and below while the migration is undone, by one more for each step back
		finished timestamptz       -- NULL while some are not done
	)`)
	return err
}

// up migrates from one schema number to another.
func (m *migrator) up(ctx context.Context, from, to int) error {
	for n := from + 1; n <= to; n++ {
		if err := m.migrate(ctx, n); err != nil {
			return fmt.Errorf("migration %s: %w", m.all[n-1].name, err)
		}
	}
	return nil
}

// migrate runs a migration, or the rest of an interrupted one.
func (m *migrator) migrate(ctx context.Context, number int) error {
	migration := m.all[number-1]
	_, err := m.conn.Exec(ctx, "INSERT INTO kcidb_migrations (number, name, steps) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
		number, migration.name)
	if err != nil {
		return err
	}
	var done int
	if err := m.conn.QueryRow(ctx, "SELECT steps FROM kcidb_migrations WHERE number = $1", number).Scan(&done); err != nil {
		return err
	}
	for i := done; i < len(migration.up); i++ {
		m.progress.Report(migration.name+", steps done", int64(i), int64(len(migration.up)))
		if err := m.step(ctx, migration.name, migration.up[i], number, "UPDATE kcidb_migrations SET steps = steps + 1 WHERE number = $1"); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	m.progress.Report(migration.name+", steps done", int64(len(migration.up)), int64(len(migration.up)))
	_, err = m.conn.Exec(ctx, "UPDATE kcidb_migrations SET finished = clock_timestamp() WHERE number = $1", number)
	return err
}

// down removes the schema, or the rest of it after an interruption. The ledger does not
// count a partly removed schema as one.
func (m *migrator) down(ctx context.Context) error {
	for {
		var number, steps int
		err := m.conn.QueryRow(ctx, "SELECT number, steps FROM kcidb_migrations ORDER BY number DESC LIMIT 1").Scan(&number, &steps)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		if number > len(m.all) {
			return fmt.Errorf("%w: an upgrade to %d.0 was begun", store.ErrNewSchema, number)
		}
		if err := m.undo(ctx, number, steps); err != nil {
			return fmt.Errorf("migration %s, back: %w", m.all[number-1].name, err)
		}
	}
}

// undo undoes a migration, however much of it was done. Either nothing of it was done,
// or its down file accepts that objects are missing.
func (m *migrator) undo(ctx context.Context, number, steps int) error {
	migration := m.all[number-1]
	if steps > 0 || steps == 0 && migration.up[0].kind != together {
		if _, err := m.conn.Exec(ctx, "UPDATE kcidb_migrations SET steps = -1, finished = NULL WHERE number = $1", number); err != nil {
			return err
		}
		steps = -1
	}
	if steps < 0 {
		for i := -1 - steps; i < len(migration.down); i++ {
			if err := m.step(ctx, migration.name, migration.down[i], number, "UPDATE kcidb_migrations SET steps = steps - 1 WHERE number = $1"); err != nil {
				return fmt.Errorf("step %d: %w", i+1, err)
			}
		}
	}
	_, err := m.conn.Exec(ctx, "DELETE FROM kcidb_migrations WHERE number = $1", number)
	return err
}

// step runs a step, and notes it in the ledger.
func (m *migrator) step(ctx context.Context, name string, s step, number int, note string) error {
	switch s.kind {
	case alone:
		// Making an index leaves an invalid one when it is interrupted.
		if err := m.dropInvalid(ctx); err != nil {
			return err
		}
		if _, err := m.conn.Exec(ctx, s.sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	case batches:
		for total := int64(0); ; {
			changed, err := m.conn.Exec(ctx, s.sql, pgx.QueryExecModeSimpleProtocol)
			if err != nil {
				return err
			}
			if changed.RowsAffected() == 0 {
				break
			}
			total += changed.RowsAffected()
			m.progress.Report(name+", rows changed", total, 0)
		}
	default:
		return pgx.BeginFunc(ctx, m.conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, s.sql, pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, note, number)
			return err
		})
	}
	_, err := m.conn.Exec(ctx, note, number)
	return err
}

// dropInvalid drops indexes of our tables whose creation was interrupted.
func (m *migrator) dropInvalid(ctx context.Context) error {
	rows, err := m.conn.Query(ctx, `SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class c ON c.oid = indexrelid
		WHERE NOT indisvalid AND c.relnamespace = current_schema()::regnamespace`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := m.conn.Exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+name, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// applicationID marks our files in their header: "KCID".
const applicationID = 0x4b434944

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration leads from one schema to the next and back. Migration N, at index N-1, makes
// schema N.0. All dialects number their migrations alike.
type migration struct{ name, up, down string }

// migrations are read when they are first used.
var migrations = sync.OnceValue(readMigrations)

func readMigrations() []migration {
	read := func(name string) string {
		text, err := fs.ReadFile(migrationFiles, name)
		if err != nil {
			panic(err) // each migration has both files
		}
		return string(text)
	}
	ups, _ := fs.Glob(migrationFiles, "migrations/*.up.sql") // sorted by number
	var all []migration
	for _, up := range ups {
		base := strings.TrimSuffix(up, ".up.sql")
		all = append(all, migration{strings.TrimPrefix(base, "migrations/"), read(up), read(base + ".down.sql")})
	}
	return all
}

// schemaOf returns the number of the database's schema, 0 if it has no schema.
func schemaOf(ctx context.Context, q querier) (int, error) {
	rows, err := q.QueryContext(ctx, `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id, pragma_user_version`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var id, number, tables int
	for rows.Next() {
		if err := rows.Scan(&id, &number, &tables); err != nil {
			return 0, err
		}
	}
	switch {
	case rows.Err() != nil:
		return 0, rows.Err()
	case id != applicationID && (id != 0 || number != 0 || tables != 0):
		return 0, fmt.Errorf("%w: another program made it", store.ErrCorrupt)
	case number > len(migrations()):
		return 0, fmt.Errorf("%w: %d.0 is newer than %d.0", store.ErrNewSchema, number, len(migrations()))
	}
	return number, nil
}

// ready returns an error unless the database has the newest schema.
func ready(ctx context.Context, q querier) error {
	number, err := schemaOf(ctx, q)
	switch {
	case err != nil:
		return err
	case number == 0:
		return store.ErrNotInitialized
	case number < len(migrations()):
		return store.ErrOldSchema
	}
	return nil
}

// number returns the number of the schema v, or of the newest schema if v is zero.
func number(v store.Version) (int, error) {
	if v == (store.Version{}) {
		return len(migrations()), nil
	}
	if v.Major < 1 || v.Major > len(migrations()) || v.Minor != 0 {
		return 0, fmt.Errorf("%w: %d.%d", store.ErrUnknownSchema, v.Major, v.Minor)
	}
	return v.Major, nil
}

// Initialized reports whether the database has a schema. A missing file has none.
func (s *Store) Initialized(ctx context.Context) (bool, error) {
	n, err := schemaOf(ctx, s.read)
	err = s.failure(ctx, "look for a schema", err)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return n > 0, err
}

// Schemas returns all schemas, and which of them the database has.
func (s *Store) Schemas(ctx context.Context) ([]store.Schema, int, error) {
	n, err := schemaOf(ctx, s.read)
	if err != nil {
		return nil, -1, s.failure(ctx, "look for a schema", err)
	}
	var names []string
	for _, m := range migrations() {
		names = append(names, m.name)
	}
	return sqldb.Schemas(names), n - 1, nil
}

// Init creates the schema v, and the file if it does not exist.
func (s *Store) Init(ctx context.Context, v store.Version) error {
	return s.failure(ctx, "init", s.init(ctx, v))
}

func (s *Store) init(ctx context.Context, v store.Version) error {
	to, err := number(v)
	if err != nil {
		return err
	}
	if s.file != "" {
		f, err := os.OpenFile(s.file, os.O_CREATE|os.O_RDONLY, 0o666)
		if err != nil {
			return err
		}
		f.Close()
	}
	if n, err := schemaOf(ctx, s.write); err != nil || n != 0 {
		return cmp.Or(err, store.ErrInitialized)
	}
	// The mode is a property of the file. It is set first, because a transaction cannot
	// set it.
	var mode string
	if err := s.write.QueryRowContext(ctx, "PRAGMA journal_mode = wal").Scan(&mode); err != nil {
		return err
	}
	if s.file != "" && mode != "wal" {
		return errors.New("the file system cannot share memory between processes, as SQLite's write-ahead log needs: use a local one")
	}
	return s.transact(ctx, func(tx *sql.Tx) error {
		if n, err := schemaOf(ctx, tx); err != nil || n != 0 {
			return cmp.Or(err, store.ErrInitialized)
		}
		if err := migrateUp(ctx, tx, 0, to); err != nil || to < len(migrations()) {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE rollups SET complete = 1") // of nothing
		return err
	})
}

// Upgrade migrates to schema v in one transaction, and then counts the objects that are
// older than the roll-ups.
func (s *Store) Upgrade(ctx context.Context, v store.Version, progress store.Progress) error {
	if err := s.upgrade(ctx, v); err != nil {
		return s.failure(ctx, "upgrade", err)
	}
	if number, err := schemaOf(ctx, s.read); err != nil || number < len(migrations()) {
		return s.failure(ctx, "upgrade", err)
	}
	complete, err := rollup.New(s.SQL()).Complete(ctx)
	if err != nil || complete {
		return err
	}
	return rollup.New(s.SQL()).Rebuild(ctx, progress)
}

func (s *Store) upgrade(ctx context.Context, v store.Version) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		to, err := number(v)
		if err != nil {
			return err
		}
		from, err := schemaOf(ctx, tx)
		switch {
		case err != nil:
			return err
		case from == 0:
			return store.ErrNotInitialized
		case to < from:
			return fmt.Errorf("%w: the database has %d.0, and cannot go back to %d.0", store.ErrUnknownSchema, from, to)
		}
		return migrateUp(ctx, tx, from, to)
	})
}

// Cleanup removes the schema and gives the file's space back. The file stays.
func (s *Store) Cleanup(ctx context.Context) error {
	err := s.transact(ctx, func(tx *sql.Tx) error {
		from, err := schemaOf(ctx, tx)
		switch {
		case err != nil:
			return err
		case from == 0:
			return store.ErrNotInitialized
		}
		return migrateDown(ctx, tx, from, 0)
	})
	if err == nil {
		_, err = s.write.ExecContext(ctx, "VACUUM")
	}
	return s.failure(ctx, "cleanup", err)
}

func migrateUp(ctx context.Context, tx *sql.Tx, from, to int) error {
	for n := from; n < to; n++ {
		if _, err := tx.ExecContext(ctx, migrations()[n].up); err != nil {
			return fmt.Errorf("migration %d: %w", n+1, err)
		}
	}
	return mark(ctx, tx, to)
}

func migrateDown(ctx context.Context, tx *sql.Tx, from, to int) error {
	for n := from; n > to; n-- {
		if _, err := tx.ExecContext(ctx, migrations()[n-1].down); err != nil {
			return fmt.Errorf("migration %d, back: %w", n, err)
		}
	}
	return mark(ctx, tx, to)
}

// mark notes in the file's header that the file is ours, and which schema it has.
func mark(ctx context.Context, tx *sql.Tx, number int) error {
	_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, number))
	return err
}

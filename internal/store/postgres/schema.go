// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// The numbers of databases without a complete schema.
const (
	noSchema = 0
	halfMade = -1 // the first migration was interrupted
	halfGone = -2 // removing it was interrupted, at any migration
)

// rolledUpSchema is the number of the first schema with roll-ups.
const rolledUpSchema = 5

// judgedSchema is the number of the first schema with verdicts.
const judgedSchema = 11

// schemaOf returns the number of the database's schema.
func (s *Store) schemaOf(ctx context.Context, q querier) (int, error) {
	var number, begun, fewest int
	err := q.QueryRow(ctx, `SELECT coalesce(max(number) FILTER (WHERE finished IS NOT NULL), 0), count(*), coalesce(min(steps), 0)
		FROM kcidb_migrations`).Scan(&number, &begun, &fewest)
	switch {
	case err != nil:
		return 0, err
	case number > len(s.migrations):
		return 0, fmt.Errorf("%w: %d.0 is newer than %d.0", store.ErrNewSchema, number, len(s.migrations))
	case fewest < 0:
		return halfGone, nil
	case number == noSchema && begun > 0:
		return halfMade, nil
	}
	return number, nil
}

// ready returns an error unless the database has the newest schema.
func (s *Store) ready(ctx context.Context, q querier) error {
	if s.closed.Load() {
		return errClosed
	}
	number, err := s.schemaOf(ctx, q)
	switch {
	case state(err) == undefinedTable:
		return s.schemaError(ctx)
	case err != nil:
		return err
	case number <= 0:
		return store.ErrNotInitialized
	case number < len(s.migrations):
		return store.ErrOldSchema
	}
	return nil
}

// schemaError returns an error that says what the database has in place of our schema. It
// opens a connection of its own, because its caller's transaction has failed.
func (s *Store) schemaError(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var python bool
	var other *string
	err = conn.QueryRow(ctx, `SELECT to_regproc('get_version') IS NOT NULL AND to_regclass('checkouts') IS NOT NULL,
		(SELECT min(n) FROM unnest($1::text[]) AS n WHERE to_regclass(quote_ident(current_schema()) || '.' || n) IS NOT NULL)`, relations()).
		Scan(&python, &other)
	switch {
	case err != nil:
		return err
	case python:
		return store.ErrForeign
	case other != nil:
		return fmt.Errorf("%w: another program has a relation named %s: make a database for KCIDB alone", store.ErrCorrupt, *other)
	}
	return store.ErrNotInitialized
}

// schemaNumber returns the number of the database's schema, 0 if it has no schema.
func (s *Store) schemaNumber(ctx context.Context, q querier) (int, error) {
	ctx, cancel := s.statementContext(ctx)
	defer cancel()
	n, err := s.schemaOf(ctx, q)
	if state(err) != undefinedTable {
		return n, err
	}
	if err := s.schemaError(ctx); err != store.ErrNotInitialized {
		return 0, err
	}
	return 0, nil
}

// number returns the number of the schema v, or of the newest schema if v is zero.
func (s *Store) number(v store.Version) (int, error) {
	if v == (store.Version{}) {
		return len(s.migrations), nil
	}
	if v.Major < 1 || v.Major > len(s.migrations) || v.Minor != 0 {
		return 0, fmt.Errorf("%w: %d.%d", store.ErrUnknownSchema, v.Major, v.Minor)
	}
	return v.Major, nil
}

// Initialized reports whether the database has a schema.
func (s *Store) Initialized(ctx context.Context) (bool, error) {
	n, err := s.schemaNumber(ctx, s.pool)
	if state(err) == invalidCatalogName { // the database does not exist
		return false, nil
	}
	return n > 0, s.failure(ctx, "look for a schema", err)
}

// Schemas returns all schemas, and which of them the database has.
func (s *Store) Schemas(ctx context.Context) ([]store.Schema, int, error) {
	n, err := s.schemaNumber(ctx, s.pool)
	if err != nil {
		return nil, -1, s.failure(ctx, "look for a schema", err)
	}
	var names []string
	for _, m := range s.migrations {
		names = append(names, m.name)
	}
	return sqldb.Schemas(names), max(n, 0) - 1, nil
}

// Init creates the schema v in an existing database, or completes an interrupted Init.
func (s *Store) Init(ctx context.Context, v store.Version) error {
	return s.failure(ctx, "init", s.init(ctx, v))
}

func (s *Store) init(ctx context.Context, v store.Version) error {
	to, err := s.number(v)
	if err != nil {
		return err
	}
	return s.migrating(ctx, func(m *migrator) error {
		n, err := s.schemaNumber(ctx, m.conn)
		switch {
		case err != nil:
			return err
		case n > 0:
			return store.ErrInitialized
		case n == halfGone:
			if err := m.down(ctx); err != nil {
				return err
			}
		}
		if err := m.makeLedger(ctx); err != nil {
			return err
		}
		if err := m.up(ctx, 0, to); err != nil {
			return err
		}
		if to >= rolledUpSchema { // of nothing
			if _, err := m.conn.Exec(ctx, "UPDATE rollups SET complete = 1"); err != nil {
				return err
			}
		}
		return m.grant(ctx)
	})
}

// Upgrade migrates to schema v, and continues an interrupted upgrade. Programs that know
// the older schema go on loading and reading meanwhile, as far as the migrations allow:
// see their files. Then Upgrade counts the objects that are older than the roll-ups,
// while loading and reading go on.
func (s *Store) Upgrade(ctx context.Context, v store.Version, progress store.Progress) error {
	return s.failure(ctx, "upgrade", s.upgrade(ctx, v, progress))
}

func (s *Store) upgrade(ctx context.Context, v store.Version, progress store.Progress) error {
	to, err := s.number(v)
	if err != nil {
		return err
	}
	return s.migrating(ctx, func(m *migrator) error {
		m.progress = progress
		from, err := s.schemaNumber(ctx, m.conn)
		switch {
		case err != nil:
			return err
		case from <= 0:
			return store.ErrNotInitialized
		case to < from:
			return fmt.Errorf("%w: the database has %d.0, and cannot go back to %d.0", store.ErrUnknownSchema, from, to)
		case to > from:
			if err := m.up(ctx, from, to); err != nil {
				return err
			}
			if err := m.grant(ctx); err != nil {
				return err
			}
		}
		if to < max(rolledUpSchema, len(s.migrations)) {
			return nil
		}
		if from < judgedSchema {
			if err := s.markCheckouts(ctx); err != nil {
				return err
			}
		}
		return s.completeRollups(ctx, progress)
	})
}

// completeRollups counts the objects that are older than the roll-ups, unless that was
// done to the end before. Loads that began before the migration count nothing, so it
// waits for their end.
func (s *Store) completeRollups(ctx context.Context, progress store.Progress) error {
	db := rollup.New(&sqldb.DB{Conn: upgrading{conn{s}}, Dialect: dialect{}})
	complete, err := db.Complete(ctx)
	if err != nil || complete {
		return err
	}
	if err := s.runExclusive(ctx, func(context.Context, pgx.Tx) error { return nil }); err != nil {
		return err
	}
	return db.Rebuild(ctx, progress)
}

// markCheckouts lets all checkouts be judged. Loads that began before the migration mark
// nothing, so it waits for their end.
func (s *Store) markCheckouts(ctx context.Context) error {
	return s.runExclusive(ctx, func(ctx context.Context, tx pgx.Tx) error { return rollup.MarkAll(ctx, sqlTx{s, tx}) })
}

// upgrading is a connection whose errors Upgrade names.
type upgrading struct{ conn }

func (upgrading) Failure(_ context.Context, _ string, err error) error { return err }

// Cleanup removes the schema with everything in it, also a schema that is partly created
// or partly removed. The database stays, and so do the roles, which other databases may
// use.
func (s *Store) Cleanup(ctx context.Context) error {
	return s.failure(ctx, "cleanup", s.migrating(ctx, func(m *migrator) error {
		from, err := s.schemaNumber(ctx, m.conn)
		switch {
		case err != nil:
			return err
		case from == noSchema:
			return store.ErrNotInitialized
		}
		if err := m.down(ctx); err != nil {
			return err
		}
		_, err = m.conn.Exec(ctx, "DROP TABLE kcidb_migrations")
		return err
	}))
}

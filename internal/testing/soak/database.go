// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// database is the database of a scenario, beside its services.
type database struct {
	spec   string
	dir    string         // of its files
	server *pgtest.Server // nil for SQLite
	store  store.Sink
}

// openDatabase creates a database in a folder: of SQLite, or of a PostgreSQL server of its
// own, which syncs as one in use.
func openDatabase(ctx context.Context, dir string, postgres bool) (d *database, err error) {
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	d = &database{dir: data, spec: "sqlite:" + filepath.Join(data, "kcidb.db")}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if postgres {
		// A server without replicas needs shorter records of changes.
		d.server, err = pgtest.New(dir, "fsync = on", "shared_buffers = '512MB'", "max_wal_size = '2GB'", "wal_level = minimal", "max_wal_senders = 0")
		if err != nil {
			return d, err
		}
		d.dir, d.spec = d.server.Dir, d.server.Spec("postgres", pgtest.Superuser)
	}
	if d.store, err = all.Open(ctx, d.spec); err != nil {
		return d, err
	}
	initial, ok := store.As[interface {
		Init(context.Context, store.Version) error
	}](d.store)
	if !ok {
		return d, errors.New("the database cannot be created")
	}
	return d, initial.Init(ctx, store.Version{})
}

// close removes a server of its own; the folder of SQLite stays.
func (d *database) close() {
	if d.store != nil {
		d.store.Close()
	}
	if d.server != nil {
		d.server.Close()
	}
}

// number returns the number that a query selects.
func (d *database) number(ctx context.Context, query string, args ...any) (n int, err error) {
	db := sqldb.Of(d.store)
	err = db.View(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		_, err := sqldb.ReadRow(ctx, tx, query, args, &n)
		return err
	})
	return n, db.Failure(ctx, "count", err)
}

// complete fails unless the database has all objects that it must have, and no objects but those
// that it may have.
func (d *database) complete(ctx context.Context, must, may *census) error {
	db := sqldb.Of(d.store)
	var faults []error
	for i, table := range tables {
		columns := "id, 0"
		if table == "issues" {
			columns = "id, version"
		}
		present, strange := 0, 0
		err := db.View(ctx, func(ctx context.Context, tx sqldb.Tx) error {
			present, strange = 0, 0
			var id string
			var version int
			return sqldb.Read(ctx, tx, "SELECT "+columns+" FROM "+table, nil, []any{&id, &version}, func() error {
				if must.has(i, id, version) {
					present++
				} else if !may.has(i, id, version) {
					strange++
				}
				return nil
			})
		})
		if err == nil && (present != must.rows(i) || strange != 0) {
			err = fmt.Errorf("%d of %d rows are in %s, and %d of unknown objects", present, must.rows(i), table, strange)
		}
		faults = append(faults, db.Failure(ctx, "count", err))
	}
	return errors.Join(faults...)
}

// verify fails if the roll-ups differ from a recount.
func (d *database) verify(ctx context.Context) error {
	differences := 0
	err := rollup.Of(d.store).Verify(ctx, rollup.VerifyOptions{}, func(rollup.Difference) { differences++ })
	if differences > 0 {
		err = errors.Join(err, fmt.Errorf("%d roll-ups are wrong", differences))
	}
	return err
}

// SPDX-License-Identifier: Apache-2.0

// Package registry keeps in the database who may submit and read: the tokens that were made
// or revoked, the origins that asked for a token, and settings of the database itself. Each
// decision has a row in the ledger, too.
//
// Its SQL is the same for all databases, by package sqldb. The drivers' migrations make
// the tables. BigQuery has no registry.
package registry

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/ledger"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// DB is the registry of a database. All methods may be called concurrently.
type DB struct{ *sqldb.DB }

// Of returns the registry of a store, or of the store it wraps; nil if it has none.
func Of(s store.Sink) *DB {
	if db := sqldb.Of(s); db != nil {
		return &DB{db}
	}
	return nil
}

// OriginsSetting is the setting with the default of the key "origins" of services.
const OriginsSetting = "origins"

// Setting returns a setting of the database, "" if it has none.
func (db *DB) Setting(ctx context.Context, name string) (value string, err error) {
	err = db.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		_, err := sqldb.ReadRow(ctx, tx, "SELECT value FROM settings WHERE name = $1", []any{name}, &value)
		return err
	})
	return value, db.Failure(ctx, "read a setting", err)
}

// SetSetting keeps a setting of the database; "" removes it.
func (db *DB) SetSetting(ctx context.Context, name, value string) error {
	return db.update(ctx, "keep a setting", func(ctx context.Context, tx sqldb.Tx) (err error) {
		if value == "" {
			_, err = tx.Exec(ctx, "DELETE FROM settings WHERE name = $1", name)
		} else {
			_, err = tx.Exec(ctx, "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
		}
		if err != nil {
			return err
		}
		return db.note(ctx, tx, ledger.Entry{Kind: ledger.Setting, Subject: name})
	})
}

// update runs a transaction that writes.
func (db *DB) update(ctx context.Context, operation string, f func(ctx context.Context, tx sqldb.Tx) error) error {
	return db.Failure(ctx, operation, db.Update(ctx, f))
}

// note appends a decision of now to the ledger. It is the last statement of a transaction.
func (db *DB) note(ctx context.Context, tx sqldb.Tx, e ledger.Entry) error {
	e.At = db.Now()
	return sqldb.AppendLedger(ctx, tx, db.Dialect, []ledger.Entry{e})
}

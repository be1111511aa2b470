// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// The names of settings with times.
const (
	doneSetting     = "retention_done"     // when the work ended last
	archivedSetting = "retention_archived" // until when the objects that arrived were copied, and removed
)

// readDone returns when the work ended last, and notes it in the state.
func (k *Keeper) readDone(ctx context.Context) (done time.Time, err error) {
	if sqldb.Of(k.Store) == nil {
		return k.State().Done, nil
	}
	if done, err = readTime(ctx, k.Store, doneSetting); err == nil && !done.IsZero() {
		k.update(func(s *State) { s.Done = done })
	}
	return done, err
}

// readTime returns the time in a setting of the database, zero without the setting.
func readTime(ctx context.Context, s store.Sink, setting string) (at time.Time, err error) {
	db := sqldb.Of(s)
	if db == nil {
		return at, nil
	}
	var text string
	err = db.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		_, err := sqldb.ReadRow(ctx, tx, "SELECT value FROM settings WHERE name = $1", []any{setting}, &text)
		return err
	})
	if err != nil || text == "" {
		return at, db.Failure(ctx, "settings", err)
	}
	return time.Parse(time.RFC3339, text)
}

// writeTime notes a time in a setting of the database.
func writeTime(ctx context.Context, s store.Sink, setting string, at time.Time) error {
	db := sqldb.Of(s)
	if db == nil {
		return nil
	}
	return db.Failure(ctx, "settings", db.Update(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
			setting, at.UTC().Format(time.RFC3339))
		return err
	}))
}

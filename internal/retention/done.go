// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// setting is the name of the setting with the time at which the work ended last.
const setting = "retention_done"

// readDone returns when the work ended last, and notes it in the state.
func (k *Keeper) readDone(ctx context.Context) (done time.Time, err error) {
	db := sqldb.Of(k.Store)
	if db == nil {
		return k.State().Done, nil
	}
	var text string
	err = db.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		_, err := sqldb.ReadRow(ctx, tx, "SELECT value FROM settings WHERE name = $1", []any{setting}, &text)
		return err
	})
	if err != nil || text == "" {
		return done, db.Failure(ctx, "settings", err)
	}
	if done, err = time.Parse(time.RFC3339, text); err == nil {
		k.update(func(s *State) { s.Done = done })
	}
	return done, err
}

// writeDone notes in the database when the work ended.
func writeDone(ctx context.Context, s store.Sink, at time.Time) error {
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

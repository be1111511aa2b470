// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/spool"
)

var _ spool.Keeper = (*Store)(nil)

// Spool returns the database's spool, which uses the same connections.
func (s *Store) Spool() *spool.Spool {
	return &spool.Spool{
		Write: s.sql, Read: s.sql, Numbered: true, Now: time.Now,
		Failure: func(operation string, err error) error { return s.failure(context.Background(), operation, err) },
	}
}

// note notes the changes of a load in its transaction, where somebody watches.
// It comes after all merges: of two loads with an object in common, the later one
// has waited for the end of the other by then, and gets the greater number.
func note(ctx context.Context, tx pgx.Tx, at time.Time, changes []store.Change) error {
	if len(changes) == 0 {
		return nil
	}
	var watched bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM watch)").Scan(&watched)
	if err != nil || !watched {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO changes (at, objects, data) VALUES ($1, $2, $3)",
		at.UnixMicro(), len(changes), store.EncodeChanges(changes))
	return err
}

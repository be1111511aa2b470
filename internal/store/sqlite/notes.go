// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/spool"
)

var _ spool.Keeper = (*Store)(nil)

// Spool returns the database's spool. A database in memory has one connection,
// which a transaction of the spool has for itself.
func (s *Store) Spool() *spool.Spool {
	return &spool.Spool{
		Write: s.write, Read: s.read, Now: s.now,
		Failure: func(operation string, err error) error { return s.failure(context.Background(), operation, err) },
	}
}

// note notes the changes of a load in its transaction, where somebody watches.
func note(ctx context.Context, tx *sql.Tx, at int64, changes []store.Change) error {
	if len(changes) == 0 {
		return nil
	}
	var watched bool
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM watch)").Scan(&watched)
	if err != nil || !watched {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO changes (at, objects, data) VALUES (?, ?, ?)", at, len(changes), store.EncodeChanges(changes))
	return err
}

// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
)

// Receipt returns the receipt of the submission with the ID.
func (s *Store) Receipt(ctx context.Context, id string) (store.Receipt, error) {
	r, err := s.receipt(ctx, id)
	return r, s.failure(ctx, "receipt", err)
}

func (s *Store) receipt(ctx context.Context, id string) (store.Receipt, error) {
	v, err := s.view(ctx)
	if err != nil {
		return store.Receipt{}, err
	}
	defer v.close()
	r := store.Receipt{ID: id}
	var received, finished int64
	err = v.do(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT origin, received, finished, bytes, objects, failure FROM receipts WHERE id = ?", id).
			Scan(&r.Origin, &received, &finished, &r.Bytes, &r.Objects, &r.Failure)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return store.Receipt{}, fmt.Errorf("%w: %s", store.ErrNoReceipt, id)
	}
	if err != nil {
		return store.Receipt{}, err
	}
	r.Received, r.Finished = time.UnixMicro(received).UTC(), time.UnixMicro(finished).UTC()
	return r, nil
}

// SaveReceipts keeps receipts; those of success that are there stay as they are.
func (s *Store) SaveReceipts(ctx context.Context, receipts []store.Receipt) error {
	return s.failure(ctx, "save receipts", s.update(ctx, func(tx *sql.Tx) error { return saveReceipts(tx, receipts) }))
}

// refuseLoaded returns ErrLoaded where one of the submissions was loaded before.
func refuseLoaded(tx *sql.Tx, receipts []store.Receipt) error {
	for _, r := range receipts {
		var loaded bool
		err := tx.QueryRow("SELECT EXISTS (SELECT 1 FROM receipts WHERE id = ? AND failure = '')", r.ID).Scan(&loaded)
		if err != nil {
			return err
		}
		if loaded {
			return fmt.Errorf("%w: %s", store.ErrLoaded, r.ID)
		}
	}
	return nil
}

func saveReceipts(tx *sql.Tx, receipts []store.Receipt) error {
	if len(receipts) == 0 {
		return nil
	}
	insert, err := tx.Prepare(`INSERT INTO receipts (id, origin, received, finished, bytes, objects, failure)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET received = excluded.received, finished = excluded.finished,
			bytes = excluded.bytes, objects = excluded.objects, failure = excluded.failure
		WHERE receipts.failure != ''`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, r := range receipts {
		_, err := insert.Exec(r.ID, r.Origin, r.Received.UnixMicro(), r.Finished.UnixMicro(), r.Bytes, r.Objects, r.Failure)
		if err != nil {
			return err
		}
	}
	return nil
}

// PurgeReceipts removes receipts of submissions finished before the time given.
func (s *Store) PurgeReceipts(ctx context.Context, before time.Time) error {
	return s.failure(ctx, "purge receipts", s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM receipts WHERE finished < ?", before.UnixMicro())
		return err
	}))
}

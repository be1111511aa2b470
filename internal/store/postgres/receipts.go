// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
)

var _ store.Store = (*Store)(nil)

// Receipt returns the receipt of the submission with the ID.
func (s *Store) Receipt(ctx context.Context, id string) (store.Receipt, error) {
	r, err := s.receipt(ctx, id)
	return r, s.failure(ctx, "receipt", err)
}

func (s *Store) receipt(ctx context.Context, id string) (store.Receipt, error) {
	ctx, cancel := s.patient(ctx)
	defer cancel()
	if err := s.ready(ctx, s.pool); err != nil {
		return store.Receipt{}, err
	}
	r := store.Receipt{ID: id}
	err := s.pool.QueryRow(ctx, "SELECT origin, received, finished, bytes, objects, failure FROM receipts WHERE id = $1", id).
		Scan(&r.Origin, &r.Received, &r.Finished, &r.Bytes, &r.Objects, &r.Failure)
	if errors.Is(err, pgx.ErrNoRows) {
		err = fmt.Errorf("%w: %s", store.ErrNoReceipt, id)
	}
	if err != nil {
		return store.Receipt{}, err
	}
	r.Received, r.Finished = r.Received.UTC(), r.Finished.UTC()
	return r, nil
}

// SaveReceipts keeps receipts; those of success that are there stay as they are.
func (s *Store) SaveReceipts(ctx context.Context, receipts []store.Receipt) error {
	err := s.retry(ctx, func() error {
		return s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
			_, err := saveReceipts(ctx, tx, receipts)
			return err
		})
	})
	return s.failure(ctx, "save receipts", err)
}

// claim keeps the receipts of submissions about to be loaded. Another loader
// that has one of them waits until this one is done.
func claim(ctx context.Context, tx pgx.Tx, receipts []store.Receipt) error {
	kept, err := saveReceipts(ctx, tx, receipts)
	if err != nil {
		return err
	}
	for _, r := range receipts {
		if !kept[r.ID] {
			return fmt.Errorf("%w: %s", store.ErrLoaded, r.ID)
		}
	}
	return nil
}

// saveReceipts returns the IDs of those that were kept. They are put down in
// the order of these, so that nobody waits in a circle.
func saveReceipts(ctx context.Context, tx pgx.Tx, receipts []store.Receipt) (kept map[string]bool, err error) {
	batch := &pgx.Batch{}
	for _, r := range slices.SortedFunc(slices.Values(receipts), func(a, b store.Receipt) int { return cmp.Compare(a.ID, b.ID) }) {
		batch.Queue(`INSERT INTO receipts (id, origin, received, finished, bytes, objects, failure)
			VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (id) DO UPDATE SET received = excluded.received, finished = excluded.finished,
				bytes = excluded.bytes, objects = excluded.objects, failure = excluded.failure
			WHERE receipts.failure != '' RETURNING id`,
			r.ID, r.Origin, r.Received, r.Finished, r.Bytes, r.Objects, r.Failure)
	}
	results := tx.SendBatch(ctx, batch)
	kept = make(map[string]bool, len(receipts))
	for range receipts {
		var id string
		switch err := results.QueryRow().Scan(&id); {
		case errors.Is(err, pgx.ErrNoRows):
		case err != nil:
			results.Close()
			return nil, err
		default:
			kept[id] = true
		}
	}
	return kept, results.Close()
}

// PurgeReceipts removes receipts of submissions finished before the time given.
func (s *Store) PurgeReceipts(ctx context.Context, before time.Time) error {
	return s.failure(ctx, "purge receipts", s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM receipts WHERE finished < $1", before)
		return err
	}))
}

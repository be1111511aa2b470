// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
)

// Receipt returns the receipt of the submission with the ID.
func (s Store) Receipt(ctx context.Context, id string) (store.Receipt, error) {
	r := store.Receipt{ID: id}
	var received, finished int64
	err := s.db.ReadCommitted(ctx, func(ctx context.Context, tx Tx) error {
		found, err := ReadRow(ctx, tx, fmt.Sprintf("SELECT origin, token, %s, %s, bytes, digest, objects, failure FROM receipts WHERE id = $1",
			s.db.Micros("received"), s.db.Micros("finished")), []any{id},
			&r.Origin, &r.Token, &received, &finished, &r.Bytes, &r.Digest, &r.Objects, &r.Failure)
		if err == nil && !found {
			err = fmt.Errorf("%w: %s", store.ErrNoReceipt, id)
		}
		return err
	})
	if err != nil {
		return store.Receipt{}, s.db.Failure(ctx, "receipt", err)
	}
	r.Received, r.Finished = time.UnixMicro(received).UTC(), time.UnixMicro(finished).UTC()
	return r, nil
}

// Loaded returns those of the submissions that have a receipt of success.
func (s Store) Loaded(ctx context.Context, submissions []string) (loaded []string, err error) {
	err = s.db.ReadCommitted(ctx, func(ctx context.Context, tx Tx) error {
		loaded = nil
		var id string
		return Read(ctx, tx, "SELECT id FROM receipts WHERE "+s.db.In("id", 1)+" AND failure = ''",
			[]any{s.db.List(submissions)}, []any{&id}, func() error { loaded = append(loaded, id); return nil })
	})
	return loaded, s.db.Failure(ctx, "look for receipts", err)
}

// SaveReceipts keeps receipts, but leaves receipts of success as they are.
func (s Store) SaveReceipts(ctx context.Context, receipts []store.Receipt) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx Tx) error {
		fresh, err := withoutSuccess(ctx, tx, s.db, receipts)
		if err != nil {
			return err
		}
		if _, err := saveReceipts(ctx, tx, s.db, fresh); err != nil {
			return err
		}
		return NoteReceived(ctx, tx, s.db, fresh)
	})
	return s.db.Failure(ctx, "save receipts", err)
}

// withoutSuccess returns the receipts of submissions that have no receipt of success.
func withoutSuccess(ctx context.Context, tx Tx, d Dialect, receipts []store.Receipt) ([]store.Receipt, error) {
	var ids []string
	for _, r := range receipts {
		ids = append(ids, r.ID)
	}
	loaded := map[string]bool{}
	var id string
	err := Read(ctx, tx, "SELECT id FROM receipts WHERE "+d.In("id", 1)+" AND failure = ''", []any{d.List(ids)}, []any{&id}, func() error {
		loaded[id] = true
		return nil
	})
	return slices.DeleteFunc(slices.Clone(receipts), func(r store.Receipt) bool { return loaded[r.ID] }), err
}

// PurgeReceipts removes receipts of submissions finished before the time given.
func (s Store) PurgeReceipts(ctx context.Context, before time.Time) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM receipts WHERE finished < "+s.db.Moment(1), before.UnixMicro())
		return err
	})
	return s.db.Failure(ctx, "purge receipts", err)
}

// Claim keeps the receipts of submissions that the transaction is about to load. If
// another transaction loads one of them, Claim waits until that transaction ends. It
// returns ErrLoaded if one of the submissions was loaded before.
func Claim(ctx context.Context, tx Tx, d Dialect, receipts []store.Receipt) error {
	refused, err := saveReceipts(ctx, tx, d, receipts)
	if err != nil || refused == 0 {
		return err
	}
	var ids []string
	for _, r := range receipts {
		ids = append(ids, r.ID)
	}
	if len(ids) == 1 {
		return fmt.Errorf("%w: %s", store.ErrLoaded, ids[0])
	}
	return fmt.Errorf("%w: %d of %s", store.ErrLoaded, refused, strings.Join(ids, ", "))
}

var receiptColumns = Columns("id origin token received@ finished@ bytes# digest objects# failure")

// failureColumn is the place of the failure in receiptColumns.
const failureColumn = 8

// saveReceipts keeps receipts, and returns how many it did not keep because their
// submissions were loaded before. It writes in the order of the IDs, so that no two
// transactions wait for each other.
func saveReceipts(ctx context.Context, tx Tx, d Dialect, receipts []store.Receipt) (refused int64, err error) {
	receipts = slices.SortedStableFunc(slices.Values(receipts), func(a, b store.Receipt) int { return strings.Compare(a.ID, b.ID) })
	var rows [][]any
	for i, r := range receipts {
		row := []any{r.ID, r.Origin, r.Token, r.Received.UnixMicro(), r.Finished.UnixMicro(), r.Bytes, r.Digest, int64(r.Objects), r.Failure}
		switch {
		case i == 0 || receipts[i-1].ID != r.ID:
			rows = append(rows, row)
		case rows[len(rows)-1][failureColumn] != "": // a receipt of success stays
			rows[len(rows)-1] = row
		}
	}
	if len(rows) == 0 {
		return 0, nil
	}
	kept, err := tx.Each(ctx, d.Insert("receipts", receiptColumns)+`
		ON CONFLICT (id) DO UPDATE SET received = excluded.received, finished = excluded.finished,
			bytes = excluded.bytes, digest = excluded.digest, token = excluded.token, objects = excluded.objects, failure = excluded.failure
		WHERE receipts.failure <> ''`, receiptColumns, rows)
	return int64(len(rows)) - kept, err
}

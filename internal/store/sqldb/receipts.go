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
	var r store.Receipt
	err := s.db.ReadCommitted(ctx, func(ctx context.Context, tx Tx) error {
		err := ReadReceipts(ctx, tx, s.db, "details", "WHERE id = $1", []any{id}, func(found store.Receipt) { r = found })
		if err == nil && r.ID == "" {
			err = fmt.Errorf("%w: %s", store.ErrNoReceipt, id)
		}
		return err
	})
	return r, s.db.Failure(ctx, "receipt", err)
}

// ReadReceipts calls f with each receipt of the query that ends with rest. details is the
// expression of their details: "details", or "NULL" for none.
func ReadReceipts(ctx context.Context, tx Tx, d Dialect, details, rest string, args []any, f func(store.Receipt)) error {
	var r store.Receipt
	var received, finished int64
	var data []byte
	query := fmt.Sprintf("SELECT id, origin, token, %s, %s, bytes, digest, objects, version, rejected, failure, %s FROM receipts %s",
		d.Micros("received"), d.Micros("finished"), details, rest)
	into := []any{&r.ID, &r.Origin, &r.Token, &received, &finished, &r.Bytes, &r.Digest, &r.Objects, &r.Version, &r.Rejected, &r.Failure, &data}
	return Read(ctx, tx, query, args, into, func() (err error) {
		r.Received, r.Finished = time.UnixMicro(received).UTC(), time.UnixMicro(finished).UTC()
		if r.Details, err = store.DecodeDetails(data); err == nil {
			f(r)
		}
		return err
	})
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
		if _, err := saveReceipts(ctx, tx, s.db, fresh, nil); err != nil {
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

// PurgeReceipts removes receipts of submissions finished before the time given, and the
// rejected objects of submissions received before.
func (s Store) PurgeReceipts(ctx context.Context, before time.Time) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM receipts WHERE finished < "+s.db.Moment(1), before.UnixMicro())
		if err == nil {
			_, err = tx.Exec(ctx, "DELETE FROM rejected WHERE received < $1", before.UnixMicro())
		}
		return err
	})
	return s.db.Failure(ctx, "purge receipts", err)
}

// KeepReceipts keeps the receipts of a load, with what became of the objects. The load calls
// it in its transaction after all merges. If another transaction loads one of the
// submissions, KeepReceipts waits until that transaction ends. It returns ErrLoaded if one of
// the submissions was loaded before.
func KeepReceipts(ctx context.Context, tx Tx, d Dialect, opts *store.LoadOptions, changes []store.Change) error {
	receipts := opts.Receipts
	refused, err := saveReceipts(ctx, tx, d, receipts, store.EncodeDetails(opts, changes))
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

var receiptColumns = Columns("id origin token received@ finished@ bytes# digest objects# version rejected# failure details%")

// failureColumn is the place of the failure in receiptColumns.
const failureColumn = 10

// saveReceipts keeps receipts. details has those of each receipt, or is empty. It returns how
// many receipts it did not keep because their submissions were loaded before. It writes in
// the order of the IDs, so that no two transactions wait for each other.
func saveReceipts(ctx context.Context, tx Tx, d Dialect, receipts []store.Receipt, details [][]byte) (refused int64, err error) {
	var rows [][]any
	for i, r := range receipts {
		detail := []byte{}
		if i < len(details) {
			detail = details[i]
		}
		rows = append(rows, []any{r.ID, r.Origin, r.Token, r.Received.UnixMicro(), r.Finished.UnixMicro(), r.Bytes, r.Digest,
			int64(r.Objects), r.Version, int64(r.Rejected), r.Failure, detail})
	}
	rows = eachOnce(rows)
	if len(rows) == 0 {
		return 0, nil
	}
	kept, err := tx.Each(ctx, d.Insert("receipts", receiptColumns)+`
		ON CONFLICT (id) DO UPDATE SET received = excluded.received, finished = excluded.finished,
			bytes = excluded.bytes, digest = excluded.digest, token = excluded.token, objects = excluded.objects,
			version = excluded.version, rejected = excluded.rejected, failure = excluded.failure, details = excluded.details
		WHERE receipts.failure <> ''`, receiptColumns, rows)
	return int64(len(rows)) - kept, err
}

// eachOnce returns the rows of receipts in the order of their IDs, one for each ID: the first
// of success, or else the last of failure.
func eachOnce(rows [][]any) (once [][]any) {
	slices.SortStableFunc(rows, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
	for i, row := range rows {
		switch {
		case i == 0 || rows[i-1][0] != row[0]:
			once = append(once, row)
		case once[len(once)-1][failureColumn] != "":
			once[len(once)-1] = row
		}
	}
	return once
}

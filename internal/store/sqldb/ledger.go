// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/ledger"
)

var ledgerColumns = Columns("number# at# kind subject origin token digest hash")

// AppendLedger appends entries to the ledger, in the transaction that does what they say.
// It gives them their numbers and hashes. Another transaction that appends waits for the end
// of this one, so a transaction appends as its last statement.
func AppendLedger(ctx context.Context, tx Tx, d Dialect, entries []ledger.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	if err := d.Lock(ctx, tx, LedgerLock, true); err != nil {
		return err
	}
	var end ledger.Chain
	if _, err := ReadRow(ctx, tx, "SELECT number, hash FROM ledger ORDER BY number DESC LIMIT 1", nil, &end.Number, &end.Hash); err != nil {
		return err
	}
	rows := make([][]any, len(entries))
	for i := range entries {
		e := &entries[i]
		end.Add(e)
		rows[i] = []any{e.Number, Micros(e.At), string(e.Kind), e.Subject, e.Origin, e.Token, e.Digest, e.Hash}
	}
	_, err := tx.Each(ctx, d.Insert("ledger", ledgerColumns), ledgerColumns, rows)
	return err
}

// NoteReceived appends the submissions of receipts to the ledger. A load calls it at the end
// of its transaction.
func NoteReceived(ctx context.Context, tx Tx, d Dialect, receipts []store.Receipt) error {
	var entries []ledger.Entry
	for _, r := range receipts {
		e := ledger.Entry{At: r.Received, Kind: ledger.Submission, Subject: r.ID, Origin: r.Origin, Token: r.Token, Digest: r.Digest}
		if r.Failure != "" {
			e.Kind = ledger.Refused
		}
		entries = append(entries, e)
	}
	return AppendLedger(ctx, tx, d, entries)
}

// NotePurge appends that objects which arrived before a time are removed. A purge calls it
// before its first batch, so that the ledger has purges that were interrupted, too.
func (db *DB) NotePurge(ctx context.Context, before time.Time) error {
	return db.Update(ctx, func(ctx context.Context, tx Tx) error {
		e := ledger.Entry{At: db.Now(), Kind: ledger.Purge, Subject: before.UTC().Format(time.RFC3339Nano)}
		return AppendLedger(ctx, tx, db.Dialect, []ledger.Entry{e})
	})
}

// Ledger returns at most n entries of the ledger behind a number.
func (db *DB) Ledger(ctx context.Context, after int64, n int) (entries []ledger.Entry, err error) {
	err = db.ReadCommitted(ctx, func(ctx context.Context, tx Tx) error {
		entries, err = readLedger(ctx, tx, "WHERE number > $1 ORDER BY number LIMIT $2", after, n)
		return err
	})
	return entries, db.Failure(ctx, "read the ledger", err)
}

// readLedger returns the entries of the query that ends with rest.
func readLedger(ctx context.Context, tx Tx, rest string, args ...any) (entries []ledger.Entry, err error) {
	var e ledger.Entry
	var at int64
	var kind string
	err = Read(ctx, tx, "SELECT "+Names(ledgerColumns)+" FROM ledger "+rest, args,
		[]any{&e.Number, &at, &kind, &e.Subject, &e.Origin, &e.Token, &e.Digest, &e.Hash}, func() error {
			e.At, e.Kind = Time(at), ledger.Kind(kind)
			entries = append(entries, e)
			return nil
		})
	return entries, err
}

// ReceiptsOf returns the receipts of the submissions of rows, by ID, with the fields that the
// ledger has, too, and their failures.
func (db *DB) ReceiptsOf(ctx context.Context, rows []ledger.Entry) (map[string]store.Receipt, error) {
	var ids []string
	for _, e := range rows {
		ids = append(ids, e.Subject)
	}
	all := map[string]store.Receipt{}
	err := db.ReadCommitted(ctx, func(ctx context.Context, tx Tx) error {
		var r store.Receipt
		var received int64
		query := "SELECT id, origin, token, digest, failure, " + db.Micros("received") + " FROM receipts WHERE " + db.InMany("id", 1)
		return Read(ctx, tx, query, []any{db.List(ids)}, []any{&r.ID, &r.Origin, &r.Token, &r.Digest, &r.Failure, &received}, func() error {
			r.Received = Time(received)
			all[r.ID] = r
			return nil
		})
	})
	return all, db.Failure(ctx, "read receipts", err)
}

// ReceiptsWithoutRow returns the IDs of at most n submissions whose receipts have digests,
// and which the ledger does not have.
func (db *DB) ReceiptsWithoutRow(ctx context.Context, n int) (ids []string, err error) {
	err = db.ReadCommitted(ctx, func(ctx context.Context, tx Tx) error {
		var id string
		query := "SELECT id FROM receipts WHERE digest <> '' AND NOT EXISTS (SELECT 1 FROM ledger WHERE subject = receipts.id) ORDER BY id LIMIT $1"
		return Read(ctx, tx, query, []any{n}, []any{&id}, func() error {
			ids = append(ids, id)
			return nil
		})
	})
	return ids, db.Failure(ctx, "read receipts", err)
}

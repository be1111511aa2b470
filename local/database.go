// SPDX-License-Identifier: Apache-2.0

package local

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/kcidb-go/kcidb"
	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// OpenDatabase returns a client of a database, such as "sqlite:FILE" or
// "postgresql:PARAMETERS"; "kcidb query --database-help" explains each kind. The
// database must exist and have a schema: "kcidb db init" makes both. Close the client
// at the end.
//
// Submit returns when the report is loaded. Status knows submissions of this and other
// clients, if the kind of database keeps receipts. Match needs SQLite or PostgreSQL.
func OpenDatabase(ctx context.Context, database string) (*kcidb.Client, error) {
	s, err := all.Open(ctx, database)
	if err != nil {
		return nil, err
	}
	return kcidb.NewClient(&databaseBackend{s}), nil
}

type databaseBackend struct{ store store.Sink }

func (b *databaseBackend) Submit(ctx context.Context, text []byte, r *report.Report) (string, error) {
	now := time.Now()
	receipt := store.Receipt{
		ID:       arrival.NewID(),
		Received: now,
		Finished: now,
		Bytes:    int64(len(text)),
		Objects:  r.Count(),
	}
	_, err := b.store.Load(ctx, r, store.LoadOptions{Receipts: []store.Receipt{receipt}})
	if err != nil {
		return "", fmt.Errorf("submitting: %w", err)
	}
	return receipt.ID, nil
}

func (b *databaseBackend) Status(ctx context.Context, id string) (kcidb.Status, error) {
	receipts, ok := store.As[store.Store](b.store)
	if !ok {
		return kcidb.Status{}, fmt.Errorf("status of a submission: %w", kcidb.ErrUnsupported)
	}
	receipt, err := receipts.Receipt(ctx, id)
	switch {
	case errors.Is(err, store.ErrNoReceipt):
		return kcidb.Status{}, fmt.Errorf("submission %q: %w in the database", id, kcidb.ErrNotFound)
	case err != nil:
		return kcidb.Status{}, fmt.Errorf("submission %q: %w", id, err)
	case receipt.Failure != "":
		return kcidb.Status{State: kcidb.StateFailed, Message: receipt.Failure}, nil
	}
	return kcidb.Status{State: kcidb.StateProcessed, Message: fmt.Sprintf("%d objects loaded", receipt.Objects)}, nil
}

func (b *databaseBackend) Query(ctx context.Context, q kcidb.Query) iter.Seq2[*report.Report, error] {
	asked := store.Query{
		Checkouts: q.Checkouts,
		Builds:    q.Builds,
		Tests:     q.Tests,
		Incidents: q.Incidents,
		Parents:   q.Parents,
		Children:  q.Children,
		Metadata:  q.Metadata,
		PerReport: q.PerReport,
	}
	for _, key := range q.Issues {
		asked.Issues = append(asked.Issues, store.Key{ID: key.ID, Version: key.Version})
	}
	return b.store.Query(ctx, asked)
}

func (b *databaseBackend) Match(ctx context.Context, patterns []object.Pattern) iter.Seq2[*object.Set, error] {
	objects, ok := store.As[store.Store](b.store)
	if !ok {
		return func(yield func(*object.Set, error) bool) {
			yield(nil, fmt.Errorf("match: %w: this database does not find objects by patterns", kcidb.ErrUnsupported))
		}
	}
	return objects.Match(ctx, patterns, store.MatchOptions{Metadata: true})
}

func (b *databaseBackend) Close() error { return b.store.Close() }

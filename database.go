// SPDX-License-Identifier: Apache-2.0

package kcidb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/kcidb-go/kcidb/internal/engines"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// OpenDatabase returns a client of a database: "sqlite:FILE", for example;
// "kcidb query --database-help" explains what there is. The database must be
// there and initialized. Close the client at the end.
func OpenDatabase(ctx context.Context, database string) (*Client, error) {
	s, err := engines.OpenStore(ctx, database)
	if err != nil {
		return nil, err
	}
	return &Client{&stored{s}}, nil
}

// stored is the backend of a database.
type stored struct{ store store.Store }

func (c *stored) submit(ctx context.Context, text []byte, r *report.Report) (string, error) {
	now := time.Now()
	receipt := store.Receipt{
		ID:       submissionID(),
		Received: now,
		Finished: now,
		Bytes:    int64(len(text)),
		Objects:  r.Count(),
	}
	_, err := c.store.Load(ctx, r, store.LoadOptions{Receipts: []store.Receipt{receipt}})
	if err != nil {
		return "", fmt.Errorf("submitting: %w", err)
	}
	return receipt.ID, nil
}

func (c *stored) status(ctx context.Context, id string) (Status, error) {
	receipts, ok := c.store.(store.Receipts)
	if !ok {
		return Status{}, fmt.Errorf("status of a submission: %w", ErrUnsupported)
	}
	receipt, err := receipts.Receipt(ctx, id)
	switch {
	case errors.Is(err, store.ErrNoReceipt):
		return Status{}, fmt.Errorf("submission %q: %w in the database", id, ErrNotFound)
	case err != nil:
		return Status{}, fmt.Errorf("submission %q: %w", id, err)
	case receipt.Failure != "":
		return Status{State: StateFailed, Message: receipt.Failure}, nil
	}
	return Status{State: StateProcessed, Message: fmt.Sprintf("%d objects loaded", receipt.Objects)}, nil
}

func (c *stored) query(ctx context.Context, q Query) iter.Seq2[*report.Report, error] {
	return c.store.Query(ctx, q.stored())
}

func (c *stored) close() error { return c.store.Close() }

// submissionID returns a new ID of the form services give: 32 letters and digits.
func submissionID() string {
	return (rand.Text() + rand.Text())[:32]
}

// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"time"
)

// MostBatches is how many batches Changes returns at most, and how many Settle takes.
const MostBatches = 400

// Source is where changes come from: the database that notes them, or a topic. Its
// methods may be called concurrently, by several processes.
//
// A source sends a batch until Done. So it may send a batch again that is settled, if
// the process died between Settle and Done. Settle then returns ErrTaken, Settled
// returns these batches, and Done ends them.
type Source interface {
	// Watch makes the source keep the changes from now on.
	Watch(ctx context.Context) error
	// Changes returns the oldest changes that wait to be considered: at most
	// MostBatches, as many as have no more than the given number of objects together, and
	// at least one if there is one. It does not wait for changes.
	Changes(ctx context.Context, objects int) ([]Batch, error)
	// Done ends batches, by ID: they are settled, and the source does not send them
	// again.
	Done(ctx context.Context, batches []string) error
	// Backlog returns how many changes wait to be considered.
	Backlog(ctx context.Context) (Backlog, error)
}

// Batch is changes that a source sends together, such as those of one transaction. They
// are considered together, and settled together.
type Batch struct {
	ID      string // the same each time the source sends the batch, and no other batch's
	At      time.Time
	Objects int
	Data    []byte // as store.EncodeChanges made it
	// Stateless says that the changes do not say what was before: neither whether the
	// objects are new, nor their status.
	Stateless bool
}

// Backlog is the changes that wait to be considered.
type Backlog struct {
	Batches, Objects int64
	Oldest           time.Time // zero without changes, or if the source does not know
}

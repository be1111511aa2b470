// SPDX-License-Identifier: Apache-2.0

package kcidb

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/engines"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/report"
)

// OpenQueue returns a client of a queue: "nats://HOST/KCIDB" for one that a
// NATS cluster keeps, "embedded:DIR" for files of this process; "kcidb mq
// --help" has them all. The queue must be there. Close the client at the end.
func OpenQueue(ctx context.Context, url string) (*Client, error) {
	q, err := engines.OpenQueue(ctx, url)
	if err != nil {
		return nil, err
	}
	return &Client{&queued{queue: q, clock: arrival.NewClock(time.Now)}}, nil
}

// queued is the backend of a queue.
type queued struct {
	queue queue.Queue
	clock *arrival.Clock

	mu    sync.Mutex
	asked bool // for the newest message, to seed the clock
}

// received returns the time of a submission, later than those before it: those of this
// client, and those in the queue if the client may read it. An account that may only
// publish may not.
func (c *queued) received(ctx context.Context) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.asked {
		_ = c.clock.SeedBy(ctx, c.queue.Newest)
		c.asked = ctx.Err() == nil
	}
	return c.clock.Next()
}

func (c *queued) submit(ctx context.Context, text []byte, r *report.Report) (string, error) {
	m := queue.Message{ID: submissionID(), Objects: r.Count(), Received: c.received(ctx), Data: text}
	if err := c.queue.Publish(ctx, m); err != nil {
		return "", fmt.Errorf("submitting: %w", err)
	}
	return m.ID, nil
}

func (c *queued) status(ctx context.Context, id string) (Status, error) {
	pending, err := c.queue.Pending(ctx, id)
	if err != nil {
		return Status{}, fmt.Errorf("submission %q: %w", id, err)
	}
	if pending {
		return Status{State: StateReady, Message: "waiting in the queue"}, nil
	}
	dead, err := c.queue.DeadLetter(ctx, id)
	switch {
	case err == nil:
		return Status{State: StateFailed, Message: dead.Reason}, nil
	case errors.Is(err, queue.ErrNotFound):
		return Status{}, fmt.Errorf("submission %q: %w in the queue", id, ErrNotFound)
	}
	return Status{}, fmt.Errorf("submission %q: %w", id, err)
}

func (c *queued) query(context.Context, Query) iter.Seq2[*report.Report, error] {
	return func(yield func(*report.Report, error) bool) {
		yield(nil, fmt.Errorf("query of a queue: %w: open the database instead", ErrUnsupported))
	}
}

func (c *queued) close() error { return c.queue.Close() }

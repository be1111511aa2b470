// SPDX-License-Identifier: Apache-2.0

package local

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb"
	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/queue"
	queues "github.com/kcidb-go/kcidb/internal/queue/all"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// OpenQueue returns a client of a queue: "nats://HOST/KCIDB" for a queue in a NATS
// cluster or a service that sets queue_listen, "embedded:DIR" for files that only this
// process opens, and so no running service; "pubsub:PROJECT/TOPIC" for a queue on Google
// Pub/Sub. "kcidb mq --help" explains them. The queue
// must exist: a service or "kcidb mq io-publisher init" makes it. Close the client at the
// end.
//
// Submit returns when the report is on the disk of the queue. Status knows submissions
// until they are loaded, and those that the loader gave up. Query and Match return
// [kcidb.ErrUnsupported], and so does Status of a queue on Pub/Sub, which does not say what
// waits.
func OpenQueue(ctx context.Context, queue string) (*kcidb.Client, error) {
	q, err := queues.Open(ctx, queue, queues.Options{})
	if err != nil {
		return nil, err
	}
	return kcidb.NewClient(&queueBackend{queue: q, clock: arrival.NewClock(time.Now)}), nil
}

type queueBackend struct {
	queue queue.Queue
	clock *arrival.Clock

	mu     sync.Mutex
	seeded bool // the clock knows the newest message, or cannot
}

// received returns the time of a submission, later than the times of all submissions
// before it: those of this client, and those in the queue if the client may read it.
// An account that may only publish may not.
func (b *queueBackend) received(ctx context.Context) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.seeded {
		_ = b.clock.SeedBy(ctx, b.queue.Newest)
		b.seeded = ctx.Err() == nil
	}
	return b.clock.Next()
}

func (b *queueBackend) Submit(ctx context.Context, text []byte, r *report.Report) (string, error) {
	m := queue.Message{ID: arrival.NewID(), Objects: r.Count(), Received: b.received(ctx), Data: text}
	if err := b.queue.Publish(ctx, m); err != nil {
		return "", fmt.Errorf("submitting: %w", err)
	}
	return m.ID, nil
}

func (b *queueBackend) Status(ctx context.Context, id string) (kcidb.Status, error) {
	pending, err := b.queue.Pending(ctx, id)
	if errors.Is(err, queue.ErrUnsupported) {
		return kcidb.Status{}, fmt.Errorf("submission %q: %w: ask the service or the database", id, kcidb.ErrUnsupported)
	}
	if err != nil {
		return kcidb.Status{}, fmt.Errorf("submission %q: %w", id, err)
	}
	if pending {
		return kcidb.Status{State: kcidb.StateReady, Message: "waiting in the queue"}, nil
	}
	dead, err := b.queue.DeadLetter(ctx, id)
	switch {
	case err == nil:
		return kcidb.Status{State: kcidb.StateFailed, Message: dead.Reason}, nil
	case errors.Is(err, queue.ErrNotFound):
		return kcidb.Status{}, fmt.Errorf("submission %q: %w in the queue", id, kcidb.ErrNotFound)
	}
	return kcidb.Status{}, fmt.Errorf("submission %q: %w", id, err)
}

func (b *queueBackend) Query(context.Context, kcidb.Query) iter.Seq2[*report.Report, error] {
	return func(yield func(*report.Report, error) bool) { yield(nil, errNoAnswers) }
}

func (b *queueBackend) Match(context.Context, []object.Pattern) iter.Seq2[*object.Set, error] {
	return func(yield func(*object.Set, error) bool) { yield(nil, errNoAnswers) }
}

var errNoAnswers = fmt.Errorf("query of a queue: %w: open the database instead", kcidb.ErrUnsupported)

func (b *queueBackend) Close() error { return b.queue.Close() }

// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"errors"
	"time"

	js "github.com/nats-io/nats.go/jetstream"
)

// Init implements queue.Queue. Existing streams stay as they are. The consumer
// gets the visibility time of the Config.
func (q *jsQueue) Init(ctx context.Context) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return q.translate("create queue", err)
	}
	defer cancel()
	for _, cfg := range []js.StreamConfig{
		{Name: q.cfg.Stream, Retention: js.WorkQueuePolicy, Duplicates: q.cfg.Dedup, MaxBytes: q.cfg.MaxBytes},
		{Name: q.deadStream(), Retention: js.LimitsPolicy, MaxBytes: q.cfg.MaxBytes},
	} {
		cfg.Subjects = []string{cfg.Name + ".>"}
		cfg.Replicas = q.cfg.Replicas
		cfg.Discard = js.DiscardNew
		cfg.AllowAtomicPublish = true
		err := q.retry(ctx, func(ctx context.Context) error {
			ctx, cancel := q.attemptContext(ctx)
			defer cancel()
			return q.createStream(ctx, cfg)
		})
		if err != nil && !errors.Is(err, js.ErrStreamNameAlreadyInUse) {
			return q.translate("create queue", err)
		}
	}
	err = q.retry(ctx, func(ctx context.Context) error {
		ctx, cancel := q.attemptContext(ctx)
		defer cancel()
		_, err := q.js.CreateOrUpdateConsumer(ctx, q.cfg.Stream, js.ConsumerConfig{
			Durable:       q.cfg.Consumer,
			FilterSubject: head(q.cfg.Stream, "*"),
			AckPolicy:     js.AckExplicitPolicy,
			AckWait:       q.cfg.Visibility,
			MaxDeliver:    -1, // moveToDead gives messages up, with a reason
			MaxAckPending: maxUnacked,
		})
		return err
	})
	return q.translate("create queue", err)
}

// Cleanup implements queue.Queue.
func (q *jsQueue) Cleanup(ctx context.Context) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return q.translate("remove queue", err)
	}
	defer cancel()
	q.dropHeld()
	// The dead letters go first: after a failure the queue is still found and
	// can be removed again.
	err = q.js.DeleteStream(ctx, q.deadStream())
	if err != nil && !errors.Is(err, js.ErrStreamNotFound) {
		return q.translate("remove queue", err)
	}
	return q.translate("remove queue", q.js.DeleteStream(ctx, q.cfg.Stream))
}

// createStream creates a stream. The server removes the folder of all streams a moment
// after their last was deleted, also if a new stream is just being created in it. Creating
// a stream then fails, so createStream tries three times.
func (q *jsQueue) createStream(ctx context.Context, cfg js.StreamConfig) error {
	const storeFailed js.ErrorCode = 10049
	for try := 1; ; try++ {
		_, err := q.js.CreateStream(ctx, cfg)
		if e, is := errors.AsType[*js.APIError](err); !is || e.ErrorCode != storeFailed || try == 3 {
			return err
		}
		select {
		case <-time.After(tryPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// delivery is a message that was handed out, or that waits to be handed out.
type delivery struct {
	q       *jsQueue
	msg     *nats.Msg
	info    info
	message queue.Message
	attempt int
	since   time.Time // when the server handed it out
}

func (q *jsQueue) delivery(msg *nats.Msg) *delivery {
	d := &delivery{q: q, msg: msg, attempt: 1, since: time.Now()}
	arrived := d.since
	if meta, err := msg.Metadata(); err == nil {
		d.attempt = int(meta.NumDelivered)
		arrived = meta.Timestamp
	}
	d.info = decode(msg.Subject, msg.Header, msg.Data, arrived)
	return d
}

// Message implements queue.Delivery.
func (d *delivery) Message() queue.Message { return d.message }

// Attempt implements queue.Delivery.
func (d *delivery) Attempt() int { return d.attempt }

// Ack implements queue.Delivery.
func (d *delivery) Ack(ctx context.Context) error {
	ctx, cancel, err := d.q.begin(ctx)
	if err != nil {
		return d.q.translate("acknowledge to", err)
	}
	defer cancel()
	return d.q.translate("acknowledge to", d.remove(ctx))
}

// remove takes the message out of the queue. The head goes first: pieces that
// stay behind are swept later, but a head without pieces would be damaged.
func (d *delivery) remove(ctx context.Context) error {
	if err := d.msg.AckSync(nats.Context(ctx)); err != nil && !errors.Is(err, nats.ErrMsgAlreadyAckd) {
		return err
	}
	return d.q.purgePieces(ctx, d.q.cfg.Stream, d.info)
}

// Refuse implements queue.Delivery.
func (d *delivery) Refuse(ctx context.Context, reason string, final bool) error {
	ctx, cancel, err := d.q.begin(ctx)
	if err != nil {
		return d.q.translate("give back to", err)
	}
	defer cancel()
	if final || d.q.attemptsUsedUp(d.attempt) {
		return d.q.translate("give back to", d.moveToDead(ctx, reason, d.attempt))
	}
	return d.q.translate("give back to", d.msg.NakWithDelay(d.q.cfg.RetryDelay))
}

// attemptsUsedUp reports whether a message was handed out as many times as MaxAttempts
// allows.
func (q *jsQueue) attemptsUsedUp(attempts int) bool {
	return q.cfg.MaxAttempts > 0 && attempts >= q.cfg.MaxAttempts
}

// Postpone implements queue.Delivery.
func (d *delivery) Postpone(ctx context.Context, delay time.Duration) error {
	_, cancel, err := d.q.begin(ctx)
	if err != nil {
		return d.q.translate("give back to", err)
	}
	defer cancel()
	return d.q.translate("give back to", d.msg.NakWithDelay(delay))
}

// Extend implements queue.Delivery.
func (d *delivery) Extend(ctx context.Context) error {
	_, cancel, err := d.q.begin(ctx)
	if err != nil {
		return d.q.translate("extend in", err)
	}
	defer cancel()
	d.since = time.Now()
	return d.q.translate("extend in", d.msg.InProgress())
}

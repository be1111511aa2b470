// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/kcidb-go/kcidb/internal/queue"
)

const (
	// serverAttempts is after how many deliveries Pub/Sub itself moves a message to the dead
	// letters: the most that it allows. It counts deliveries only for a subscription with
	// such a limit.
	serverAttempts = 100
	// renewAttempts is after how many deliveries a message without a limit of attempts is
	// published again, so that Pub/Sub counts from 0.
	renewAttempts = 80
)

// delivery is a message, or a piece of one, that was handed out, or that waits to be
// handed out.
type delivery struct {
	q         *pubsubQueue
	ackIDs    []string
	messages  []*pb.PubsubMessage // the pieces; nil when the message is handed out
	info      info
	broken    error // of the attributes
	message   queue.Message
	delivered int // deliveries that the server counted
	attempt   int

	mu       sync.Mutex
	since    time.Time // when the deadline began
	released bool      // it was given back
}

// deliveries returns what was received, the first pieces of messages first.
func (q *pubsubQueue) deliveries(received []*pb.ReceivedMessage) []*delivery {
	out := make([]*delivery, len(received))
	for i, r := range received {
		d := &delivery{q: q, ackIDs: []string{r.AckId}, messages: []*pb.PubsubMessage{r.Message}, since: time.Now()}
		d.info, d.broken = decode(r.Message)
		d.delivered = max(int(r.DeliveryAttempt), 1)
		d.attempt = d.info.attempts + d.delivered
		out[i] = d
	}
	slices.SortStableFunc(out, func(a, b *delivery) int { return cmp.Compare(a.info.piece, b.info.piece) })
	return out
}

// data returns the data of the message.
func (d *delivery) data() ([]byte, error) {
	if d.broken != nil {
		return nil, d.broken
	}
	pieces := make([][]byte, len(d.messages))
	for i, m := range d.messages {
		pieces[i] = m.Data
	}
	return d.info.unpack(pieces)
}

// age returns how long ago the deadline began.
func (d *delivery) age() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Since(d.since)
}

// extended notes that the deadline begins now.
func (d *delivery) extended() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.since = time.Now()
}

// Message implements queue.Delivery.
func (d *delivery) Message() queue.Message { return d.message }

// Attempt implements queue.Delivery.
func (d *delivery) Attempt() int { return d.attempt }

// Ack implements queue.Delivery.
func (d *delivery) Ack(ctx context.Context) error {
	return d.q.translate("acknowledge to", d.remove(ctx))
}

// remove acknowledges the message.
func (d *delivery) remove(ctx context.Context) error {
	ctx, cancel, err := d.q.begin(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	return d.q.sub.ack(ctx, d.ackIDs)
}

// Refuse implements queue.Delivery.
func (d *delivery) Refuse(ctx context.Context, reason string, final bool) error {
	if final || d.q.attemptsUsedUp(d.attempt) {
		return d.q.translate("give back to", d.moveToDead(ctx, reason))
	}
	return d.q.translate("give back to", d.giveBack(ctx, d.q.cfg.RetryDelay))
}

// attemptsUsedUp reports whether a message was handed out as many times as MaxAttempts
// allows.
func (q *pubsubQueue) attemptsUsedUp(attempts int) bool {
	return q.cfg.MaxAttempts > 0 && attempts >= q.cfg.MaxAttempts
}

// Postpone implements queue.Delivery. Pub/Sub waits for 10 minutes at most.
func (d *delivery) Postpone(ctx context.Context, delay time.Duration) error {
	return d.q.translate("give back to", d.giveBack(ctx, delay))
}

func (d *delivery) giveBack(ctx context.Context, delay time.Duration) error {
	ctx, cancel, err := d.q.begin(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.released = true
	return d.q.sub.hide(ctx, d.ackIDs, delay)
}

// Extend implements queue.Delivery. It does nothing while most of the time is left, so
// that a caller may call it often.
func (d *delivery) Extend(ctx context.Context) error {
	ctx, cancel, err := d.q.begin(ctx)
	if err != nil {
		return d.q.translate("extend in", err)
	}
	defer cancel()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.released || time.Since(d.since) < d.q.cfg.AckDeadline/4 {
		return nil
	}
	if err := d.q.sub.hide(ctx, d.ackIDs, d.q.cfg.AckDeadline); err != nil {
		return d.q.translate("extend in", err)
	}
	d.since = time.Now()
	return nil
}

// renew publishes a message again, with its attempts, and removes the old message. If the
// process ends between the two, the message comes twice.
func (d *delivery) renew(ctx context.Context) error {
	i := d.info
	i.attempts = d.attempt
	if err := d.q.publish(ctx, d.q.topic, i, d.message.Data); err != nil {
		return err
	}
	return d.remove(ctx)
}

// moveToDead moves a message that was handed out to the dead letters. The old message is
// removed when the server has the new one, so that nothing is lost.
func (d *delivery) moveToDead(ctx context.Context, reason string) error {
	i := info{Message: d.message, attempts: d.attempt, reason: reason, givenUp: time.Now()}
	if err := d.q.publish(ctx, d.q.deadTopic, i, d.message.Data); err != nil {
		return err
	}
	d.logGivenUp(i)
	return d.remove(ctx)
}

// bury moves a message to the dead letters as it is, without reading its data.
func (d *delivery) bury(ctx context.Context, reason string, attempts int) error {
	i := info{Message: d.info.Message, attempts: attempts, reason: reason, givenUp: time.Now()}
	var copies []*pb.PubsubMessage
	for _, m := range d.messages {
		attributes := map[string]string{}
		maps.Copy(attributes, m.Attributes)
		maps.Copy(attributes, i.attributes())
		copies = append(copies, &pb.PubsubMessage{Data: m.Data, Attributes: attributes})
	}
	if err := d.q.send(ctx, d.q.deadTopic, copies); err != nil {
		return err
	}
	d.logGivenUp(i)
	return d.remove(ctx)
}

func (d *delivery) logGivenUp(i info) {
	d.q.cfg.Logger.Warn("message given up", "id", i.ID, "origin", i.Origin, "attempts", i.attempts, "reason", i.reason)
}

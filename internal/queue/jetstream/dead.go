// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// bury moves a message to the dead letters.
func (d *delivery) bury(ctx context.Context, reason string, attempts int) error {
	i := infoOf(d.message)
	i.Reason, i.Attempts, i.Time = cut(reason, maxReason), attempts, time.Now().UTC()
	msgs, err := encode(d.q.deadStream(), i, d.message.Data)
	if err != nil {
		return err
	}
	if err := d.q.publish(ctx, msgs, len(d.message.Data)); err != nil {
		return err
	}
	d.q.cfg.Logger.Warn("message given up", "id", i.ID, "origin", i.Origin, "attempts", attempts, "reason", i.Reason)
	return d.remove(ctx)
}

func (i info) deadLetter(data []byte) queue.DeadLetter {
	return queue.DeadLetter{Message: i.message(data), Reason: i.Reason, Attempts: i.Attempts, Time: i.Time}
}

// DeadLetters implements queue.Queue.
func (q *jsQueue) DeadLetters(ctx context.Context) ([]queue.DeadLetter, error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return nil, q.translate("list dead letters of", err)
	}
	defer cancel()
	letters, err := q.deadLetters(ctx)
	return letters, q.translate("list dead letters of", err)
}

func (q *jsQueue) deadLetters(ctx context.Context) ([]queue.DeadLetter, error) {
	consumer, err := q.js.CreateConsumer(ctx, q.deadStream(), js.ConsumerConfig{
		FilterSubject:     head(q.deadStream(), "*"),
		AckPolicy:         js.AckNonePolicy,
		HeadersOnly:       true,
		MemoryStorage:     true,
		InactiveThreshold: time.Minute,
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		_ = q.js.DeleteConsumer(ctx, q.deadStream(), consumer.CachedInfo().Name)
	}()
	var letters []queue.DeadLetter
	for {
		batch, err := consumer.FetchNoWait(fetchMessages)
		if err != nil {
			return nil, err
		}
		n := 0
		for msg := range batch.Messages() {
			letters = append(letters, decode(msg.Subject(), msg.Headers(), nil, time.Time{}).deadLetter(nil))
			n++
		}
		if err := batch.Error(); err != nil || n == 0 {
			return letters, err
		}
	}
}

// DeadLetter implements queue.Queue.
func (q *jsQueue) DeadLetter(ctx context.Context, id string) (queue.DeadLetter, error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return queue.DeadLetter{}, q.translate("get dead letter of", err)
	}
	defer cancel()
	i, body, err := q.deadHead(ctx, id)
	if err != nil {
		return queue.DeadLetter{}, q.translate("get dead letter "+cut(id, maxName)+" of", err)
	}
	data, err := q.data(ctx, q.deadStream(), i, body)
	return i.deadLetter(data), q.translate("get dead letter "+id+" of", err)
}

func (q *jsQueue) deadHead(ctx context.Context, id string) (info, []byte, error) {
	if !validName(id) {
		return info{}, nil, queue.ErrNotFound
	}
	s, err := q.js.Stream(ctx, q.deadStream())
	if err != nil {
		return info{}, nil, err
	}
	msg, err := s.GetLastMsgForSubject(ctx, head(q.deadStream(), id))
	if err != nil {
		return info{}, nil, err
	}
	return decode(msg.Subject, msg.Header, msg.Data, msg.Time), msg.Data, nil
}

// Restore implements queue.Queue.
func (q *jsQueue) Restore(ctx context.Context, id string) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return q.translate("restore to", err)
	}
	defer cancel()
	return q.translate("restore "+cut(id, maxName)+" to", q.restore(ctx, id))
}

func (q *jsQueue) restore(ctx context.Context, id string) error {
	i, body, err := q.deadHead(ctx, id)
	if err != nil {
		return err
	}
	data, err := q.data(ctx, q.deadStream(), i, body)
	if err != nil {
		return err
	}
	msgs, err := encode(q.cfg.Stream, infoOf(i.message(data)), data)
	if err != nil {
		return err
	}
	if err := q.publish(ctx, msgs, len(data)); err != nil {
		return err
	}
	return q.discard(ctx, i)
}

// Discard implements queue.Queue.
func (q *jsQueue) Discard(ctx context.Context, id string) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return q.translate("discard from", err)
	}
	defer cancel()
	i, _, err := q.deadHead(ctx, id)
	if err == nil {
		err = q.discard(ctx, i)
	}
	return q.translate("discard "+cut(id, maxName)+" from", err)
}

// discard removes a dead letter, the head first, as in delivery.remove.
func (q *jsQueue) discard(ctx context.Context, i info) error {
	if err := q.purge(ctx, q.deadStream(), head(q.deadStream(), i.ID)); err != nil {
		return err
	}
	return q.purgePieces(ctx, q.deadStream(), i)
}

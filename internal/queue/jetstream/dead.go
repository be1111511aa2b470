// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"iter"
	"sync"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// bury moves a message to the dead letters.
func (d *delivery) bury(ctx context.Context, reason string, attempts int) error {
	i := d.q.behind(ctx, d.q.deadStream(), infoOf(d.message))
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

// behind returns what a head says of a message that was received some time ago and
// becomes the last of a stream: with the latest time of those before it. What is
// published between this and its own publication may be missed. A stream that cannot be
// read keeps no message from being moved.
func (q *jsQueue) behind(ctx context.Context, stream string, i info) info {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	last, err := q.last(ctx, stream)
	if err != nil {
		q.cfg.Logger.Warn("the latest time in the queue is not known", "id", i.ID, "stream", stream, "error", err)
	}
	if latest := last.latest(time.Now()); latest.After(i.Received) {
		i.Latest = latest
	}
	return i
}

func (i info) deadLetter(data []byte) queue.DeadLetter {
	return queue.DeadLetter{Message: i.message(data), Reason: i.Reason, Attempts: i.Attempts, Time: i.Time}
}

const (
	// deadPage is how many dead letters are read at a time: their headers, of at
	// most 64 KiB each.
	deadPage = 256
	// listingTime is how long whoever lists dead letters may take between pages.
	listingTime = time.Hour
)

// DeadLetters implements queue.Queue.
func (q *jsQueue) DeadLetters(ctx context.Context) iter.Seq2[queue.DeadLetter, error] {
	return func(yield func(queue.DeadLetter, error) bool) {
		if err := q.eachDead(ctx, yield); err != nil {
			yield(queue.DeadLetter{}, q.translate("list dead letters of", err))
		}
	}
}

// eachDead yields the dead letters up to the one that is the last when it begins:
// some of those restored meanwhile may soon be given up again.
func (q *jsQueue) eachDead(ctx context.Context, yield func(queue.DeadLetter, error) bool) error {
	consumer, last, err := q.deadConsumer(ctx, listingTime)
	if err != nil {
		return err
	}
	defer q.dropConsumer(ctx, consumer)
	for {
		page, err := q.deadPage(ctx, consumer)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, msg := range page {
			meta, err := msg.Metadata()
			if err != nil {
				return err
			}
			if meta.Sequence.Stream > last || !yield(decode(msg.Subject(), msg.Headers(), nil, meta.Timestamp).deadLetter(nil), nil) {
				return nil
			}
		}
	}
}

// deadPage returns the next heads of dead letters, none at the end.
func (q *jsQueue) deadPage(ctx context.Context, consumer js.Consumer) ([]js.Msg, error) {
	_, cancel, err := q.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	batch, err := consumer.FetchNoWait(deadPage)
	if err != nil {
		return nil, err
	}
	var page []js.Msg
	for msg := range batch.Messages() {
		page = append(page, msg)
	}
	return page, batch.Error()
}

// deadConsumer makes a consumer of the heads of dead letters, which lasts as long
// as it is used at least so often. last is the sequence number of the newest
// message that is there.
func (q *jsQueue) deadConsumer(ctx context.Context, inactive time.Duration) (_ js.Consumer, last uint64, err error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer cancel()
	stream, err := q.js.Stream(ctx, q.deadStream())
	if err != nil {
		return nil, 0, err
	}
	consumer, err := stream.CreateConsumer(ctx, js.ConsumerConfig{
		FilterSubject:     head(q.deadStream(), "*"),
		AckPolicy:         js.AckNonePolicy,
		HeadersOnly:       true,
		MemoryStorage:     true,
		InactiveThreshold: inactive,
	})
	return consumer, stream.CachedInfo().State.LastSeq, err
}

func (q *jsQueue) dropConsumer(ctx context.Context, consumer js.Consumer) {
	ctx, cancel, err := q.begin(context.WithoutCancel(ctx))
	if err != nil {
		return // it goes by itself
	}
	defer cancel()
	_ = q.js.DeleteConsumer(ctx, q.deadStream(), consumer.CachedInfo().Name)
}

// deadCount remembers the number of dead letters, and the state of their stream
// that it is of.
type deadCount struct {
	mu    sync.Mutex
	state js.StreamState
	count int
}

// countDead returns the number of dead letters. A server that makes a consumer
// counts what that will get, by the index of subjects that it has in memory, so no
// message and no list of subjects is read. It is asked again if the stream has
// changed.
func (q *jsQueue) countDead(ctx context.Context) (int, error) {
	stream, err := q.js.Stream(ctx, q.deadStream())
	if err != nil {
		return 0, err
	}
	now, d := stream.CachedInfo().State, &q.dead
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Msgs == 0 {
		return 0, nil
	}
	if now.Msgs == d.state.Msgs && now.FirstSeq == d.state.FirstSeq && now.LastSeq == d.state.LastSeq {
		return d.count, nil
	}
	consumer, _, err := q.deadConsumer(ctx, answerTimeout)
	if err != nil {
		return 0, err
	}
	defer q.dropConsumer(ctx, consumer)
	d.state, d.count = now, int(consumer.CachedInfo().NumPending)
	return d.count, nil
}

// DeadLetter implements queue.Queue.
func (q *jsQueue) DeadLetter(ctx context.Context, id string) (queue.DeadLetter, error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return queue.DeadLetter{}, q.translate("get dead letter of", err)
	}
	defer cancel()
	i, body, _, err := q.deadHead(ctx, id)
	if err != nil {
		return queue.DeadLetter{}, q.translate("get dead letter "+cut(id, maxName)+" of", err)
	}
	data, err := q.data(ctx, q.deadStream(), i, body)
	return i.deadLetter(data), q.translate("get dead letter "+id+" of", err)
}

// deadHead returns a head of a dead letter: what it says, the data in it, and its
// sequence number.
func (q *jsQueue) deadHead(ctx context.Context, id string) (_ info, body []byte, number uint64, err error) {
	if !validName(id) {
		return info{}, nil, 0, queue.ErrNotFound
	}
	s, err := q.js.Stream(ctx, q.deadStream())
	if err != nil {
		return info{}, nil, 0, err
	}
	msg, err := s.GetLastMsgForSubject(ctx, head(q.deadStream(), id))
	if err != nil {
		return info{}, nil, 0, err
	}
	return decode(msg.Subject, msg.Header, msg.Data, msg.Time), msg.Data, msg.Sequence, nil
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
	i, body, number, err := q.deadHead(ctx, id)
	if err != nil {
		return err
	}
	data, err := q.data(ctx, q.deadStream(), i, body)
	if err != nil {
		return err
	}
	msgs, err := encode(q.cfg.Stream, q.behind(ctx, q.cfg.Stream, infoOf(i.message(data))), data)
	if err != nil {
		return err
	}
	if err := q.publish(ctx, msgs, len(data)); err != nil {
		return err
	}
	return q.discard(ctx, i, number)
}

// Discard implements queue.Queue.
func (q *jsQueue) Discard(ctx context.Context, id string) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return q.translate("discard from", err)
	}
	defer cancel()
	i, _, number, err := q.deadHead(ctx, id)
	if err == nil {
		err = q.discard(ctx, i, number)
	}
	return q.translate("discard "+cut(id, maxName)+" from", err)
}

// discard removes a dead letter, the head first, as in delivery.remove. The head
// is removed by its number: after a purge by subject the server would count again
// what each consumer has left.
func (q *jsQueue) discard(ctx context.Context, i info, number uint64) error {
	s, err := q.js.Stream(ctx, q.deadStream())
	if err != nil {
		return err
	}
	if err := s.DeleteMsg(ctx, number); err != nil {
		return err
	}
	return q.purgePieces(ctx, q.deadStream(), i)
}

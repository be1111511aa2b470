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

// moveToDead moves a message to the dead letters.
func (d *delivery) moveToDead(ctx context.Context, reason string, attempts int) error {
	i := d.q.withLatest(ctx, d.q.deadStream(), infoOf(d.message))
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

// withLatest returns i with Latest set, for a message that becomes the last of a stream
// although it was received some time ago: Latest is the latest time of the messages
// before it. Messages published between this call and the publication of i may be
// missed. If the stream cannot be read, the message is moved nevertheless.
func (q *jsQueue) withLatest(ctx context.Context, stream string, i info) info {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	last, err := q.lastInfo(ctx, stream)
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
	// deadPage is how many dead letters are read at a time: only their headers,
	// of at most 64 KiB each.
	deadPage = 256
	// listingTime is how long the caller of DeadLetters may take between pages.
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

// eachDead yields the dead letters up to the last one at the start. Later ones
// are left out, because a message restored during the listing may soon be given
// up again.
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

// deadPage returns the heads of the next dead letters, and nothing at the end.
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

// deadConsumer creates a consumer of the heads of dead letters. The server
// removes it if it is unused for the time inactive. last is the sequence number
// of the newest message at this moment.
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
		return // the server removes the consumer
	}
	defer cancel()
	_ = q.js.DeleteConsumer(ctx, q.deadStream(), consumer.CachedInfo().Name)
}

// deadCount caches the number of dead letters, and the state of their stream
// for which it is valid.
type deadCount struct {
	mu    sync.Mutex
	state js.StreamState
	count int
}

// countDead returns the number of dead letters. A server that creates a consumer
// counts the consumer's messages in its index of subjects, which is in memory; so
// no message and no list of subjects is read. countDead asks again only if the
// stream has changed.
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

// deadHead returns the head of a dead letter: its header, its data, and its
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
	msgs, err := encode(q.cfg.Stream, q.withLatest(ctx, q.cfg.Stream, infoOf(i.message(data))), data)
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
// is removed by its number, because a purge by subject makes the server count
// again the messages that each consumer has left.
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

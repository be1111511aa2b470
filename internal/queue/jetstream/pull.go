// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kcidb-go/kcidb/internal/queue"
)

const (
	// fetchMessages is how many heads are requested at a time. As many may be
	// left over if another limit than the number of messages is reached.
	fetchMessages = 32
	// waitAtMost bounds one request for a message.
	waitAtMost = 5 * time.Second
	// grace is the minimum time that Pull waits for a first message: the
	// server's consumer learns of a message a little later than its stream, in
	// particular on a busy machine.
	grace = 250 * time.Millisecond
)

// pulling is shared by all callers of Pull.
//
// The number of objects and the size of a message are known only after it has
// arrived. So messages that exceed a limit are held for the next Pull. A
// message that arrives after its Pull has ended is held, too.
type pulling struct {
	mu         sync.Mutex
	prepared   bool          // prepareConsumer has succeeded
	visibility time.Duration // of the consumer on the server
	held       []*delivery
	waiting    bool          // a request to the server waits
	arrived    chan struct{} // closed, and replaced, when that request ends
}

// Pull implements queue.Queue.
func (q *jsQueue) Pull(ctx context.Context, limits queue.Limits, wait time.Duration) ([]queue.Delivery, error) {
	// The bound prevents an overflow into the past.
	deadline := time.Now().Add(min(max(wait, grace), 100*365*24*time.Hour))
	for {
		deliveries, err := q.pullNow(ctx, limits)
		if err != nil || len(deliveries) > 0 {
			return deliveries, err
		}
		left := time.Until(deadline)
		if left <= 0 {
			return nil, nil
		}
		select {
		case <-q.await(min(left, waitAtMost)):
		case <-time.After(left):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// pullNow returns the messages that are available. After an error it returns
// the messages collected so far; the next Pull meets the error again.
func (q *jsQueue) pullNow(ctx context.Context, limits queue.Limits) ([]queue.Delivery, error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return nil, q.translate("pull from", err)
	}
	defer cancel()
	var out []queue.Delivery
	objects, bytes := 0, 0
	for limits.Messages <= 0 || len(out) < limits.Messages {
		want := fetchMessages
		if limits.Messages > 0 {
			want = min(want, limits.Messages-len(out))
		}
		d, err := q.next(ctx, want)
		if err != nil && len(out) == 0 {
			return nil, q.translate("pull from", err)
		}
		if err != nil || d == nil {
			break
		}
		objects += d.info.Objects
		bytes += d.info.Size
		if len(out) > 0 && (limits.Objects > 0 && objects > limits.Objects || limits.Bytes > 0 && bytes > limits.Bytes) {
			q.hold(d)
			break
		}
		ready, err := q.prepare(ctx, d)
		if err != nil {
			q.hold(d)
			if len(out) == 0 {
				return nil, q.translate("pull from", err)
			}
			break
		}
		if ready {
			out = append(out, d)
		} else {
			objects -= d.info.Objects
			bytes -= d.info.Size
		}
	}
	return out, nil
}

// next returns the oldest held message, or requests messages from the server.
// It returns nil if there is no message.
func (q *jsQueue) next(ctx context.Context, want int) (*delivery, error) {
	p := &q.pulling
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.takeHeld(); d != nil {
		return d, nil
	}
	if err := q.prepareConsumer(ctx); err != nil {
		return nil, err
	}
	msgs, err := q.fetch(want, 0)
	q.holdLast(msgs)
	if d := p.takeHeld(); d != nil {
		return d, nil
	}
	return nil, q.fetchError(ctx, err)
}

// takeHeld returns the first held message that is safe to hand out. It drops
// messages held for so long that the server is about to hand them out again.
func (p *pulling) takeHeld() *delivery {
	for len(p.held) > 0 {
		d := p.held[0]
		p.held = p.held[1:]
		if time.Since(d.since) < p.visibility/2 {
			return d
		}
	}
	return nil
}

// hold puts a message before the other held messages.
func (q *jsQueue) hold(d *delivery) {
	q.pulling.mu.Lock()
	defer q.pulling.mu.Unlock()
	q.pulling.held = append([]*delivery{d}, q.pulling.held...)
}

// holdLast puts messages behind the other held messages. The lock must be held.
func (q *jsQueue) holdLast(msgs []*nats.Msg) {
	for _, msg := range msgs {
		q.pulling.held = append(q.pulling.held, q.delivery(msg))
	}
}

func (q *jsQueue) dropHeld() {
	q.pulling.mu.Lock()
	defer q.pulling.mu.Unlock()
	q.pulling.held = nil
}

// releaseHeld gives held messages back to the server, which hands them out
// again at once.
func (q *jsQueue) releaseHeld() {
	q.pulling.mu.Lock()
	defer q.pulling.mu.Unlock()
	for _, d := range q.pulling.held {
		_ = d.msg.Nak()
	}
	q.pulling.held = nil
}

// prepareConsumer reads the settings of the consumer, and reclaims messages, once. The lock
// must be held.
func (q *jsQueue) prepareConsumer(ctx context.Context) error {
	p := &q.pulling
	if p.prepared {
		return nil
	}
	consumer, err := q.js.Consumer(ctx, q.cfg.Stream, q.cfg.Consumer)
	if err != nil {
		return err
	}
	if consumer, err = q.reclaim(ctx, consumer); err != nil {
		return err
	}
	p.prepared, p.visibility = true, consumer.CachedInfo().Config.AckWait
	q.startBackground(q.sweep)
	return nil
}

// fetchError returns the reason for a failed request: no server answers a request
// to a consumer that was removed.
func (q *jsQueue) fetchError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, infoErr := q.js.Consumer(ctx, q.cfg.Stream, q.cfg.Consumer); infoErr != nil {
		return infoErr
	}
	return err
}

// await returns a channel that is closed when a message may be available. All
// waiting callers share one request, which may outlast them: a message that
// arrives after they left is held for the next Pull.
func (q *jsQueue) await(d time.Duration) <-chan struct{} {
	p := &q.pulling
	p.mu.Lock()
	defer p.mu.Unlock()
	arrived := p.arrived
	if !p.waiting && len(p.held) == 0 {
		p.waiting = q.startBackground(func() {
			msgs, _ := q.fetch(1, d) // the next Pull meets the error
			p.mu.Lock()
			defer p.mu.Unlock()
			q.holdLast(msgs)
			p.waiting = false
			p.arrived = make(chan struct{})
			close(arrived)
		})
	}
	if !p.waiting || len(p.held) > 0 {
		// The queue is closed, or another caller held a message since this caller looked.
		ready := make(chan struct{})
		close(ready)
		return ready
	}
	return arrived
}

// prepare makes a message ready to be handed out: it joins the pieces and
// restarts the visibility time. It returns false if the message was given up
// or is gone.
func (q *jsQueue) prepare(ctx context.Context, d *delivery) (bool, error) {
	data, err := q.data(ctx, q.cfg.Stream, d.info, d.msg.Data)
	if err != nil {
		return false, q.handleUnreadable(ctx, d, err)
	}
	d.message = d.info.message(data)
	if q.attemptsUsedUp(d.attempt - 1) {
		return false, d.moveToDead(ctx, fmt.Sprintf("handed out %d times and never acknowledged", q.cfg.MaxAttempts), q.cfg.MaxAttempts)
	}
	if time.Since(d.since) > time.Second {
		return true, d.Extend(ctx)
	}
	return true, nil
}

// handleUnreadable handles a message whose data cannot be read. The message becomes a dead
// letter only if its data is gone or damaged for good. After any other error that
// concerns only this message, the message waits, so that it does not stop the
// messages behind it.
func (q *jsQueue) handleUnreadable(ctx context.Context, d *delivery, cause error) error {
	kind := q.kind(cause)
	if kind != nil && !errors.Is(kind, queue.ErrNotFound) || ctx.Err() != nil {
		return cause
	}
	if kind == nil && !errors.Is(cause, queue.ErrDamaged) {
		q.cfg.Logger.Error("message cannot be read, it waits", "id", d.info.ID, "attempt", d.attempt, "error", cause)
		return d.msg.NakWithDelay(q.cfg.RetryDelay)
	}
	n, err := q.count(ctx, q.cfg.Stream, head(q.cfg.Stream, d.info.ID))
	if err != nil || n == 0 { // 0: another process acknowledged it
		return err
	}
	q.cfg.Logger.Error("message is damaged", "id", d.info.ID, "error", cause)
	d.message = d.info.message(nil)
	return d.moveToDead(ctx, queue.ErrDamaged.Error(), d.attempt)
}

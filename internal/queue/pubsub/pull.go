// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"

	"github.com/kcidb-go/kcidb/internal/queue"
)

const (
	// fetchMessages is how many messages are requested at a time.
	fetchMessages = 256
	// pollTime bounds one request for messages, which waits at the server. It is longer than
	// the server waits, because messages on their way to a request that ends come back late.
	pollTime = 2 * time.Minute
)

// pulling is shared by all callers of Pull.
//
// One request to the server at a time waits for messages, while callers wait. It outlasts
// its callers, and its messages are held for the next Pull, because the messages of a
// request that is given up come back only after the deadline.
type pulling struct {
	mu       sync.Mutex
	held     []*delivery
	sets     map[string]*set // of pieces, by name
	setBytes int             // of memory for sets
	waiting  bool            // a request to the server waits
	stop     func()          // ends that request
	arrived  chan struct{}   // closed, and replaced, when that request ends
	err      error           // of the last request, until a Pull returns it
	keeping  bool            // keep runs
}

// Pull implements queue.Queue.
func (q *pubsubQueue) Pull(ctx context.Context, limits queue.Limits, wait time.Duration) ([]queue.Delivery, error) {
	// The bound prevents an overflow into the past.
	deadline := time.Now().Add(min(max(wait, q.cfg.grace), 100*365*24*time.Hour))
	want := fetchMessages
	if limits.Messages > 0 {
		want = min(want, limits.Messages)
	}
	for {
		deliveries, err := q.take(ctx, limits)
		if err != nil || len(deliveries) > 0 {
			return deliveries, q.translate("pull from", err)
		}
		left := time.Until(deadline)
		if left <= 0 {
			return nil, nil
		}
		select {
		case <-q.await(want):
		case <-time.After(left):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take returns the held messages within the limits. A message that should become a dead
// letter, and cannot, is given back, so that it does not hold up the others.
func (q *pubsubQueue) take(ctx context.Context, limits queue.Limits) ([]queue.Delivery, error) {
	if err := q.usable(ctx); err != nil {
		return nil, err
	}
	var out []queue.Delivery
	objects, bytes := 0, 0
	for limits.Messages <= 0 || len(out) < limits.Messages {
		d := q.next()
		if d == nil {
			break
		}
		tooMuch := limits.Objects > 0 && objects+d.info.Objects > limits.Objects ||
			limits.Bytes > 0 && bytes+d.info.size > limits.Bytes
		if len(out) > 0 && tooMuch {
			q.hold(d)
			break
		}
		ready, err := d.prepare(ctx)
		if ctx.Err() != nil {
			q.hold(d)
			if len(out) == 0 {
				return nil, ctx.Err()
			}
			break
		}
		if err != nil {
			q.cfg.Logger.Error("message not moved to the dead letters; trying again later", "id", d.info.ID, "error", err)
			err = d.giveBack(ctx, q.cfg.RetryDelay)
		}
		if err != nil {
			q.cfg.Logger.Warn("message comes back after its deadline", "id", d.info.ID, "error", err)
		}
		if ready {
			out = append(out, d)
			objects += d.info.Objects
			bytes += d.info.size
		}
	}
	if len(out) == 0 {
		return nil, q.lastError()
	}
	return out, nil
}

// next returns the first held message that is safe to hand out, or nil. It drops messages
// whose deadline could not be extended, so that the server is about to hand them out
// again.
func (q *pubsubQueue) next() *delivery {
	p := &q.pulling
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.held) > 0 {
		d := p.held[0]
		p.held = p.held[1:]
		if d.age() < q.cfg.AckDeadline*3/4 {
			return d
		}
	}
	return nil
}

// hold puts a message before the other held messages.
func (q *pubsubQueue) hold(d *delivery) {
	q.pulling.mu.Lock()
	defer q.pulling.mu.Unlock()
	q.pulling.held = append([]*delivery{d}, q.pulling.held...)
}

// lastError returns the error of the last request, once.
func (q *pubsubQueue) lastError() error {
	q.pulling.mu.Lock()
	defer q.pulling.mu.Unlock()
	err := q.pulling.err
	q.pulling.err = nil
	return err
}

// await returns a channel that is closed when messages, or an error, may be available.
// All waiting callers share one request.
func (q *pubsubQueue) await(n int) <-chan struct{} {
	p := &q.pulling
	p.mu.Lock()
	defer p.mu.Unlock()
	arrived := p.arrived
	if !p.keeping {
		p.keeping = q.startBackground(q.keep)
	}
	if !p.waiting && len(p.held) == 0 && p.err == nil {
		ctx, stop := context.WithTimeout(q.alive, pollTime)
		p.stop = stop
		p.waiting = q.startBackground(func() {
			defer stop()
			err := q.fetch(ctx, n)
			p.mu.Lock()
			defer p.mu.Unlock()
			p.err = err
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

// fetch requests messages, and holds them.
func (q *pubsubQueue) fetch(ctx context.Context, n int) error {
	received, err := q.sub.pull(ctx, n)
	if ctx.Err() != nil || isCode(err, codes.DeadlineExceeded) {
		return nil // nothing came in time, or the queue is closed or removed
	}
	if err != nil || len(received) == 0 {
		return err
	}
	if err := q.sub.hide(ctx, ackIDs(received), q.cfg.AckDeadline); err != nil {
		q.cfg.Logger.Warn("messages may come back early", "error", err)
	}
	q.receive(ctx, received)
	return nil
}

// receive holds the messages received, and gives back those that it does not hold.
func (q *pubsubQueue) receive(ctx context.Context, received []*pb.ReceivedMessage) {
	p := &q.pulling
	var rest []*delivery
	p.mu.Lock()
	for _, d := range q.deliveries(received) {
		switch {
		case d.info.set == "":
			p.held = append(p.held, d)
		case p.collect(d):
			if whole := p.complete(d.info.set); whole != nil {
				p.held = append(p.held, whole)
			}
		default:
			rest = append(rest, d)
		}
	}
	p.mu.Unlock()
	for _, d := range rest {
		q.returnPiece(ctx, d)
	}
}

// keep extends the deadlines of held messages and pieces, until the queue is closed.
func (q *pubsubQueue) keep() {
	tick := time.NewTicker(q.cfg.AckDeadline / 4)
	defer tick.Stop()
	for {
		select {
		case <-q.alive.Done():
			return
		case <-tick.C:
		}
		ids, expired := q.toKeep(time.Now())
		if err := q.sub.hide(q.alive, ids, q.cfg.AckDeadline); err == nil {
			q.kept(ids)
		} else if q.alive.Err() == nil {
			q.cfg.Logger.Warn("held messages may come back early", "error", err)
		}
		for _, d := range expired {
			q.returnPiece(q.alive, d)
		}
	}
}

// toKeep returns the deliveries that are held, and removes sets that stayed incomplete.
func (q *pubsubQueue) toKeep(now time.Time) (ids []string, expired []*delivery) {
	p := &q.pulling
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.held {
		ids = append(ids, d.ackIDs...)
	}
	for name, s := range p.sets {
		if now.Sub(s.since) > setTime {
			expired = append(expired, p.drop(name)...)
			continue
		}
		for _, d := range s.all() {
			ids = append(ids, d.ackIDs...)
		}
	}
	return ids, expired
}

// kept notes that the deadlines of held messages and pieces were extended.
func (q *pubsubQueue) kept(ids []string) {
	extended := map[string]bool{}
	for _, id := range ids {
		extended[id] = true
	}
	q.pulling.mu.Lock()
	defer q.pulling.mu.Unlock()
	all := slices.Clone(q.pulling.held)
	for _, s := range q.pulling.sets {
		all = append(all, s.all()...)
	}
	for _, d := range all {
		if extended[d.ackIDs[0]] {
			d.extended()
		}
	}
}

// releaseHeld gives held messages back to the server, which hands them out again at once.
func (q *pubsubQueue) releaseHeld(ctx context.Context) {
	p := &q.pulling
	ids, _ := q.toKeep(time.Time{}) // no set has expired at that time
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.sets, p.setBytes = nil, map[string]*set{}, 0
	_ = q.sub.hide(ctx, ids, 0)
}

// prepare makes a message ready to be handed out: it joins and decompresses the data. It
// returns false if the message was given up, or published again.
func (d *delivery) prepare(ctx context.Context) (bool, error) {
	most := d.q.cfg.MaxAttempts
	if d.q.attemptsUsedUp(d.attempt - 1) {
		// Decompressing the data may be what ended the processes that had it.
		return false, d.bury(ctx, fmt.Sprintf("handed out %d times and never acknowledged", most), most)
	}
	data, err := d.data()
	if errors.Is(err, queue.ErrDamaged) {
		d.q.cfg.Logger.Error("message is damaged", "id", d.info.ID, "error", err)
		return false, d.bury(ctx, err.Error(), d.attempt)
	}
	if err != nil {
		return false, err
	}
	d.message = d.info.Message
	d.message.Data = data
	if most < 0 && d.delivered >= renewAttempts {
		return false, d.renew(ctx)
	}
	d.messages = nil
	return true, nil
}

// dropHeld forgets the held messages of a queue that is removed, and ends the request that
// waits for more.
func (q *pubsubQueue) dropHeld() {
	q.pulling.mu.Lock()
	defer q.pulling.mu.Unlock()
	q.pulling.held, q.pulling.sets, q.pulling.setBytes = nil, map[string]*set{}, 0
	if q.pulling.waiting {
		q.pulling.stop()
	}
}

// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// Pub/Sub cannot list messages, nor find one. So the dead letters are pulled from their
// subscription, hidden while this process works with them, and given back after it. Other
// processes do not see them meanwhile.
const (
	deadDeadline = time.Minute
	// deadIdle is how long after the last call the dead letters are given back.
	deadIdle = time.Minute
	deadPage = 256
	// deadBytes bounds the data that is kept in memory. Data beyond it is pulled again when
	// it is asked for.
	deadBytes = 64 << 20
	// The subscription is at its end if it has no message deadQuiet times in a row, because
	// a server of Pub/Sub may not see all messages at once.
	deadQuiet = 4
)

// Attributes that Pub/Sub adds to a message that it moves to the dead letters itself.
const (
	sourceDeliveries = "CloudPubSubDeadLetterSourceDeliveryCount"
	sourceTime       = "CloudPubSubDeadLetterSourceTopicPublishTime"
)

// deadLetters are those that this process has pulled.
type deadLetters struct {
	mu      sync.Mutex // held for a whole operation
	letters map[string]*deadLetter
	bytes   int       // of data in memory
	used    time.Time // the last call
	keeping bool      // keepDead runs
}

// deadLetter is a message that was given up. There may be several copies of it: Pub/Sub
// delivers a message at least once.
type deadLetter struct {
	copies map[string]*deadCopy // by the name of the set, or the ID of Pub/Sub
}

type deadCopy struct {
	info    info
	at      time.Time             // when it was published
	pieces  []*pb.ReceivedMessage // nil if missing
	dropped bool                  // the data, for lack of memory
}

// best returns the first complete copy, or the first.
func (l *deadLetter) best() *deadCopy {
	var all []*deadCopy
	for _, c := range l.copies {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *deadCopy) int { return a.at.Compare(b.at) })
	for _, c := range all {
		if !slices.Contains(c.pieces, nil) {
			return c
		}
	}
	return all[0]
}

func (l *deadLetter) ackIDs() (ids []string) {
	for _, c := range l.copies {
		for _, p := range c.pieces {
			if p != nil {
				ids = append(ids, p.AckId)
			}
		}
	}
	return ids
}

func (c *deadCopy) bytes() (n int) {
	for _, p := range c.pieces {
		n += len(p.GetMessage().GetData())
	}
	return n
}

// head returns the dead letter without Data.
func (c *deadCopy) head() queue.DeadLetter {
	i := c.info
	out := queue.DeadLetter{Message: i.Message, Reason: i.reason, Attempts: i.attempts, Time: i.givenUp}
	if i.givenUp.IsZero() {
		// Pub/Sub moved it.
		for _, p := range c.pieces {
			if a := p.GetMessage().GetAttributes(); a[sourceDeliveries] != "" {
				out.Attempts += number(a[sourceDeliveries])
				if at, err := time.Parse(time.RFC3339Nano, a[sourceTime]); err == nil && a[receivedAttribute] == "" {
					out.Received = at.UTC()
				}
				break
			}
		}
		out.Time = c.at
		out.Reason = fmt.Sprintf("Pub/Sub delivered it %d times, and it was never acknowledged", max(out.Attempts, 1))
	}
	return out
}

// whole returns the dead letter with Data.
func (c *deadCopy) whole() (queue.DeadLetter, error) {
	out := c.head()
	var pieces [][]byte
	for n, p := range c.pieces {
		if p == nil {
			return out, fmt.Errorf("piece %d of %d: %w", n+1, len(c.pieces), queue.ErrNotFound)
		}
		pieces = append(pieces, p.Message.Data)
	}
	if _, err := decode(c.pieces[0].Message); err != nil {
		return out, err
	}
	var err error
	out.Data, err = c.info.unpack(pieces)
	return out, err
}

// DeadLetters implements queue.Queue.
func (q *pubsubQueue) DeadLetters(ctx context.Context) iter.Seq2[queue.DeadLetter, error] {
	return func(yield func(queue.DeadLetter, error) bool) {
		heads, err := q.deadHeads(ctx)
		if err != nil {
			yield(queue.DeadLetter{}, q.translate("list dead letters of", err))
			return
		}
		for _, head := range heads {
			if !yield(head, nil) {
				return
			}
		}
	}
}

// deadHeads returns all dead letters without Data, oldest first.
func (q *pubsubQueue) deadHeads(ctx context.Context) (heads []queue.DeadLetter, err error) {
	defer q.useDead()()
	if err := q.scan(ctx, ""); err != nil {
		return nil, err
	}
	for _, l := range q.dead.letters {
		heads = append(heads, l.best().head())
	}
	slices.SortFunc(heads, func(a, b queue.DeadLetter) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID))
	})
	return heads, nil
}

// useDead begins an operation on the dead letters, and returns its end.
func (q *pubsubQueue) useDead() (end func()) {
	q.dead.mu.Lock()
	return func() {
		q.dead.used = time.Now()
		q.dead.mu.Unlock()
	}
}

// scan pulls dead letters until it has the data of the letter with an ID, or until the
// end.
func (q *pubsubQueue) scan(ctx context.Context, id string) error {
	for quiet := 0; quiet < deadQuiet; {
		if l := q.dead.letters[id]; l != nil && !l.best().dropped && !slices.Contains(l.best().pieces, nil) {
			return nil
		}
		received, err := q.pullDead(ctx)
		if err != nil {
			return err
		}
		if len(received) > 0 {
			quiet = 0
			q.addDead(received, id)
			continue
		}
		quiet++
		select {
		case <-time.After(q.cfg.quiet):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (q *pubsubQueue) pullDead(ctx context.Context) ([]*pb.ReceivedMessage, error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	received, err := q.deadSub.pullNow(ctx, deadPage)
	if err != nil || len(received) == 0 {
		return nil, err
	}
	return received, q.deadSub.hide(ctx, ackIDs(received), deadDeadline)
}

// addDead notes dead letters. It drops data beyond the bound of memory, except that of the
// letter with the ID keep.
func (q *pubsubQueue) addDead(received []*pb.ReceivedMessage, keep string) {
	d := &q.dead
	if !d.keeping {
		d.keeping = q.startBackground(q.keepDead)
	}
	for _, r := range received {
		i, _ := decode(r.Message) // an error shows again when the data is asked for
		l := d.letters[i.ID]
		if l == nil {
			l = &deadLetter{copies: map[string]*deadCopy{}}
			d.letters[i.ID] = l
		}
		name := cmp.Or(i.set, r.Message.MessageId)
		c := l.copies[name]
		if c == nil || len(c.pieces) != i.pieces {
			c = &deadCopy{info: i, at: r.Message.PublishTime.AsTime(), pieces: make([]*pb.ReceivedMessage, i.pieces)}
			l.copies[name] = c
		}
		d.bytes -= len(c.pieces[i.piece].GetMessage().GetData())
		c.pieces[i.piece] = r
		if size := len(r.Message.Data); i.ID == keep || d.bytes+size <= deadBytes {
			d.bytes += size
		} else {
			r.Message.Data, c.dropped = nil, true
		}
	}
}

// findDead returns a dead letter. If withData is set, its data is in memory.
func (q *pubsubQueue) findDead(ctx context.Context, id string, withData bool) (*deadLetter, error) {
	if !validID(id) {
		return nil, queue.ErrNotFound
	}
	if l := q.dead.letters[id]; l != nil && withData && l.best().dropped {
		// Pulled again, the letter has its data.
		if err := q.deadSub.hide(ctx, l.ackIDs(), 0); err != nil {
			return nil, err
		}
		q.forgetDead(id)
	}
	if q.dead.letters[id] == nil || withData {
		if err := q.scan(ctx, id); err != nil {
			return nil, err
		}
	}
	if l := q.dead.letters[id]; l != nil {
		return l, nil
	}
	return nil, queue.ErrNotFound
}

func (q *pubsubQueue) forgetDead(id string) {
	for _, c := range q.dead.letters[id].copies {
		q.dead.bytes -= c.bytes()
	}
	delete(q.dead.letters, id)
}

// DeadLetter implements queue.Queue.
func (q *pubsubQueue) DeadLetter(ctx context.Context, id string) (queue.DeadLetter, error) {
	defer q.useDead()()
	l, err := q.findDead(ctx, id, true)
	if err != nil {
		return queue.DeadLetter{}, q.translate("get dead letter "+cut(id, maxID)+" of", err)
	}
	letter, err := l.best().whole()
	return letter, q.translate("get dead letter "+id+" of", err)
}

// Restore implements queue.Queue.
func (q *pubsubQueue) Restore(ctx context.Context, id string) error {
	defer q.useDead()()
	return q.translate("restore "+cut(id, maxID)+" to", q.restore(ctx, id))
}

func (q *pubsubQueue) restore(ctx context.Context, id string) error {
	l, err := q.findDead(ctx, id, true)
	if err != nil {
		return err
	}
	letter, err := l.best().whole()
	if err != nil {
		return err
	}
	if len(letter.Data) > q.cfg.MaxMessageBytes {
		return fmt.Errorf("%w: %d bytes of at most %d", queue.ErrTooLarge, len(letter.Data), q.cfg.MaxMessageBytes)
	}
	if err := q.publish(ctx, q.topic, info{Message: letter.Message}, letter.Data); err != nil {
		return err
	}
	return q.discard(ctx, id, l)
}

// Discard implements queue.Queue.
func (q *pubsubQueue) Discard(ctx context.Context, id string) error {
	defer q.useDead()()
	l, err := q.findDead(ctx, id, false)
	if err == nil {
		err = q.discard(ctx, id, l)
	}
	return q.translate("discard "+cut(id, maxID)+" from", err)
}

func (q *pubsubQueue) discard(ctx context.Context, id string, l *deadLetter) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	if err := q.deadSub.ack(ctx, l.ackIDs()); err != nil {
		return err
	}
	q.forgetDead(id)
	return nil
}

// keepDead extends the deadlines of the dead letters that this process has pulled, and
// gives them back when they are not used any more.
func (q *pubsubQueue) keepDead() {
	tick := time.NewTicker(deadDeadline / 4)
	defer tick.Stop()
	for {
		select {
		case <-q.alive.Done():
			return
		case <-tick.C:
		}
		q.dead.mu.Lock()
		if time.Since(q.dead.used) > deadIdle {
			q.giveDeadBack(q.alive)
		} else if err := q.deadSub.hide(q.alive, q.deadAckIDs(), deadDeadline); err != nil && q.alive.Err() == nil {
			q.cfg.Logger.Warn("dead letters may be listed twice", "error", err)
		}
		q.dead.mu.Unlock()
	}
}

func (q *pubsubQueue) deadAckIDs() (ids []string) {
	for _, l := range q.dead.letters {
		ids = append(ids, l.ackIDs()...)
	}
	return ids
}

func (q *pubsubQueue) giveDeadBack(ctx context.Context) {
	_ = q.deadSub.hide(ctx, q.deadAckIDs(), 0)
	clear(q.dead.letters)
	q.dead.bytes = 0
}

// dropDead forgets the dead letters of a queue that is removed.
func (q *pubsubQueue) dropDead() {
	q.dead.mu.Lock()
	defer q.dead.mu.Unlock()
	clear(q.dead.letters)
	q.dead.bytes = 0
}

// ShowDeadLetters implements queue.Hiding.
func (q *pubsubQueue) ShowDeadLetters(ctx context.Context) {
	q.dead.mu.Lock()
	defer q.dead.mu.Unlock()
	q.giveDeadBack(ctx)
}

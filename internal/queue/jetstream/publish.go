// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// A server syncs its file once per message, or once per atomic batch. A batch
// costs some ten syncs for the file it is gathered in. So messages are
// published one by one while few callers wait, and in batches while many wait:
// then the rate grows with the number of waiting callers.
const (
	batchFrom     = 12
	batchMessages = 256
	batchBytes    = 8 << 20
	// batchWindow is how many messages of a batch are sent before the client
	// waits for the server to confirm them. The server drops messages that it
	// cannot buffer (128 MiB).
	batchWindow = 32
)

// publishing is shared by all callers of Publish. They form groups: while a
// group is being sent, the next group gathers.
type publishing struct {
	mu      sync.Mutex
	waiting []*publication
	turn    chan struct{} // held by the goroutine that sends a group
}

type publication struct {
	msgs []*nats.Msg
	size int
	err  error
	done chan struct{}
}

// Publish implements queue.Queue.
func (q *jsQueue) Publish(ctx context.Context, m queue.Message) error {
	switch {
	case !validName(m.ID):
		return fmt.Errorf("publish: message ID %.80q: only letters, digits, \"-\" and \"_\" are allowed, at most %d", m.ID, maxName)
	case len(m.Data) > min(q.cfg.MaxMessageBytes, maxPieces*pieceSize):
		return fmt.Errorf("publish %s: %w: %d bytes of at most %d", m.ID, queue.ErrTooLarge, len(m.Data), q.cfg.MaxMessageBytes)
	}
	msgs, err := encode(q.cfg.Stream, infoOf(m), m.Data)
	if err != nil {
		return fmt.Errorf("publish %s: %w", m.ID, err)
	}
	// With this header the server remembers the ID for a while after the
	// message is gone.
	msgs[len(msgs)-1].Header.Set(js.MsgIDHeader, m.ID)
	return q.translate("publish to", q.publish(ctx, msgs, len(m.Data)))
}

// publish publishes msgs, which belong together, and returns when they are on
// disk.
func (q *jsQueue) publish(ctx context.Context, msgs []*nats.Msg, size int) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	if q.srv != nil {
		if err := q.srv.checkSpace(size); err != nil {
			return err
		}
	}
	p := &publication{msgs: msgs, size: size, done: make(chan struct{})}
	q.publishing.mu.Lock()
	q.publishing.waiting = append(q.publishing.waiting, p)
	q.publishing.mu.Unlock()
	for {
		select {
		case <-p.done:
			return p.err
		case <-ctx.Done():
			return ctx.Err()
		case q.publishing.turn <- struct{}{}:
			group := q.publishing.take()
			if len(group) == 0 {
				<-q.publishing.turn
				continue
			}
			// Other callers depend on the group, so it does not end with this
			// caller.
			started := q.startBackground(func() {
				ctx, cancel := context.WithTimeout(q.alive, requestTimeout)
				defer cancel()
				q.send(ctx, group)
				<-q.publishing.turn
			})
			if !started {
				for _, p := range group {
					p.finish(queue.ErrClosed)
				}
				<-q.publishing.turn
			}
		}
	}
}

// take removes the next group from the waiting publications.
func (p *publishing) take() []*publication {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, messages, bytes := 0, 0, 0
	for _, w := range p.waiting {
		messages += len(w.msgs)
		bytes += w.size
		if n > 0 && (messages > batchMessages || bytes > batchBytes) {
			break
		}
		n++
	}
	group := p.waiting[:n:n]
	p.waiting = p.waiting[n:]
	return group
}

// send publishes a group.
func (q *jsQueue) send(ctx context.Context, group []*publication) {
	if len(group) >= batchFrom {
		var all []*nats.Msg
		for _, p := range group {
			all = append(all, p.msgs...)
		}
		err := q.commit(ctx, all)
		if err == nil || asAPIError(err) == nil && q.srv != nil {
			for _, p := range group {
				p.finish(err)
			}
			return
		}
		// A batch fails if the server refuses a single message, such as a
		// duplicate, or if a cluster loses its leader. Sent one by one, each
		// publication gets its own result.
	}
	var sending sync.WaitGroup
	for _, p := range group {
		sending.Go(func() {
			p.finish(q.retry(ctx, func(ctx context.Context) error {
				err := q.commit(ctx, p.msgs)
				if isDuplicate(err) { // perhaps of the message that was sent before
					return nil
				}
				return err
			}))
		})
	}
	sending.Wait()
}

func (p *publication) finish(err error) {
	p.err = err
	close(p.done)
}

// isDuplicate reports whether the server already has the message.
func isDuplicate(err error) bool {
	apiErr := asAPIError(err)
	if apiErr == nil {
		return false
	}
	switch apiErr.ErrorCode {
	case codeWrongLastSequence, codeWrongLastConstant, codeDuplicateInBatch:
		return true
	}
	return false
}

// commit publishes all of msgs or none to one stream, and returns when they
// are on disk.
func (q *jsQueue) commit(ctx context.Context, msgs []*nats.Msg) error {
	if len(msgs) == 1 {
		return q.request(ctx, msgs[0])
	}
	id := nuid.Next()
	for i, m := range msgs {
		// If this batch fails, the messages are sent again without a batch, so
		// commit must not change them.
		header := nats.Header{
			"Nats-Batch-Id":       {id},
			"Nats-Batch-Sequence": {strconv.Itoa(i + 1)},
		}
		for name, values := range m.Header {
			header[name] = values
		}
		m = &nats.Msg{Subject: m.Subject, Header: header, Data: m.Data}
		switch last := i == len(msgs)-1; {
		case last:
			header.Set("Nats-Batch-Commit", "1")
			return q.request(ctx, m)
		case i%batchWindow == 0:
			if err := q.request(ctx, m); err != nil {
				return err
			}
		default:
			if err := q.nc.PublishMsg(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// request publishes a message and returns the server's answer as an error. The
// answer to a message in the middle of a batch is empty.
func (q *jsQueue) request(ctx context.Context, m *nats.Msg) error {
	ctx, cancel := q.attemptContext(ctx)
	defer cancel()
	answer, err := q.nc.RequestMsgWithContext(ctx, m)
	if errors.Is(err, nats.ErrNoResponders) {
		// No stream accepts this subject. Either the queue does not exist, or
		// no server answers.
		stream, _, _ := strings.Cut(m.Subject, ".")
		if _, infoErr := q.js.Stream(ctx, stream); infoErr != nil {
			return infoErr
		}
		return err
	}
	if err != nil || len(answer.Data) == 0 {
		return err
	}
	var ack struct {
		Error *js.APIError `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &ack); err != nil {
		return fmt.Errorf("the server's answer: %w", err)
	}
	if ack.Error != nil {
		return ack.Error
	}
	return nil
}

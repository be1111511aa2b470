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

// A server syncs its file once a message, or once an atomic batch; but a batch
// has costs of its own, some ten syncs for the file it is gathered in. So
// messages are published one by one as long as few wait, and in batches when
// many do: then the rate grows with the number of those who wait.
const (
	batchFrom     = 12
	batchMessages = 256
	batchBytes    = 8 << 20
	// batchWindow is how many messages of a batch are sent before the server is
	// asked whether it has them: it drops what it cannot buffer (128 MiB).
	batchWindow = 32
)

// publishing is what those who publish share. They form groups: while one
// group is on its way, the next one gathers.
type publishing struct {
	mu      sync.Mutex
	waiting []*publication
	turn    chan struct{} // held by the one that takes a group away
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
	// The server knows the IDs of messages gone already, for a while.
	msgs[len(msgs)-1].Header.Set(js.MsgIDHeader, m.ID)
	return q.translate("publish to", q.publish(ctx, msgs, len(m.Data)))
}

// publish returns once msgs, which belong together, are on disk.
func (q *jsQueue) publish(ctx context.Context, msgs []*nats.Msg, size int) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	if q.srv != nil {
		if err := q.srv.room(size); err != nil {
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
			// Others depend on the group, so it does not end with this caller.
			q.background.Go(func() {
				ctx, cancel := context.WithTimeout(q.alive, requestTimeout)
				defer cancel()
				q.send(ctx, group)
				<-q.publishing.turn
			})
		}
	}
}

// take removes the next group from those that wait.
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
		// One message that the server refuses, such as a duplicate, fails the
		// batch, and so does a cluster that loses its leader. One by one each
		// gets the answer it deserves.
	}
	var sending sync.WaitGroup
	for _, p := range group {
		sending.Go(func() {
			p.finish(q.patiently(ctx, func(ctx context.Context) error {
				err := q.commit(ctx, p.msgs)
				if isDuplicate(err) { // of this one sent before, perhaps
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

// isDuplicate tells that the server has the message already.
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

// commit publishes msgs to one stream, all or none, and returns once they are
// on disk.
func (q *jsQueue) commit(ctx context.Context, msgs []*nats.Msg) error {
	if len(msgs) == 1 {
		return q.request(ctx, msgs[0])
	}
	id := nuid.Next()
	for i, m := range msgs {
		// The messages are sent again outside of a batch if this one fails, so
		// they must stay as they are.
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

// request publishes a message and returns the server's verdict. The answer to
// a message in the middle of a batch is empty.
func (q *jsQueue) request(ctx context.Context, m *nats.Msg) error {
	ctx, cancel := q.untilAnswered(ctx)
	defer cancel()
	answer, err := q.nc.RequestMsgWithContext(ctx, m)
	if errors.Is(err, nats.ErrNoResponders) {
		// Nobody takes messages of this subject. Is it that there is no such
		// queue, or does nobody answer at all?
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

// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"fmt"
	"time"

	"cloud.google.com/go/pubsub/v2"
	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// publishDelay is how long a message waits for others to be sent with it. A submitter
// waits for the answer, so it is shorter than the client's default of 10 ms.
const publishDelay = 2 * time.Millisecond

// publisher returns a publisher to a topic.
func (q *pubsubQueue) publisher(topic string) *pubsub.Publisher {
	p := q.client.Publisher(q.topicName(topic))
	p.PublishSettings.DelayThreshold = publishDelay
	p.PublishSettings.Timeout = q.cfg.request
	return p
}

// Publish implements queue.Queue.
func (q *pubsubQueue) Publish(ctx context.Context, m queue.Message) error {
	switch {
	case !validID(m.ID):
		return fmt.Errorf("publish: message ID %.80q: only letters, digits, \"-\" and \"_\" are allowed, at most %d", m.ID, maxID)
	case len(m.Data) > q.cfg.MaxMessageBytes:
		return fmt.Errorf("publish %s: %w: %d bytes of at most %d", m.ID, queue.ErrTooLarge, len(m.Data), q.cfg.MaxMessageBytes)
	}
	return q.translate("publish to", q.publish(ctx, q.topic, info{Message: m}, m.Data))
}

// publish publishes a message, and returns when the server has it.
func (q *pubsubQueue) publish(ctx context.Context, to *pubsub.Publisher, i info, data []byte) error {
	if err := q.usable(ctx); err != nil {
		return err
	}
	messages, err := i.encode(data)
	if err != nil {
		return err
	}
	return q.send(ctx, to, messages)
}

// send publishes messages of Pub/Sub that belong together. The server has them all if it
// returns nil; after an error it may have some.
func (q *pubsubQueue) send(ctx context.Context, to *pubsub.Publisher, messages []*pb.PubsubMessage) error {
	return q.inTurn(ctx, messages, func(ctx context.Context, m *pb.PubsubMessage) error {
		_, err := to.Publish(ctx, &pubsub.Message{Data: m.Data, Attributes: m.Attributes}).Get(ctx)
		return err
	})
}

// inTurn sends one message after the other, so that the memory of the client is bounded.
// Each has the time of a request, so that a slow line carries a message of many pieces.
func (q *pubsubQueue) inTurn(ctx context.Context, messages []*pb.PubsubMessage, send func(context.Context, *pb.PubsubMessage) error) error {
	sendOne := func(m *pb.PubsubMessage) error {
		ctx, cancel, err := q.begin(ctx)
		if err != nil {
			return err
		}
		defer cancel()
		return send(ctx, m)
	}
	for n, m := range messages {
		if err := sendOne(m); err != nil {
			if len(messages) > 1 {
				err = fmt.Errorf("piece %d of %d: %w", n+1, len(messages), err)
			}
			return err
		}
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

// Package pubsub keeps the queue of submissions in Google Pub/Sub.
//
// A queue is a topic, a subscription, a topic for dead letters, and a subscription that
// keeps them. Data is sent as it is, with everything else in attributes, so that the
// programs of the Python system read our messages; and messages without our attributes,
// which these programs publish, are read as well. Data beyond Pub/Sub's limit of 10 MB
// is compressed, and sent in pieces if that is not enough. See message.go and pieces.go.
//
// Pub/Sub has no order, keeps no IDs, and does not say what waits. So Publish accepts an
// ID twice, and Pending and Newest fail with queue.ErrUnsupported; Stats knows no
// numbers.
package pubsub

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"google.golang.org/api/option"
	"google.golang.org/grpc"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/queue"
)

// requestTimeout bounds a request, or some requests without data, whose context has no
// earlier deadline. Google's client repeats requests meanwhile. Each piece of a message has
// this time, so that a line of 3 Mbit/s carries messages of any size.
const requestTimeout = 30 * time.Second

// pubsubQueue implements queue.Queue.
type pubsubQueue struct {
	cfg     Config
	client  *pubsub.Client
	closed  atomic.Bool
	refusal refusal

	topic, deadTopic *pubsub.Publisher
	sub, deadSub     subscription
	pulling          pulling
	dead             deadLetters

	// Background work ends with the context alive.
	alive      context.Context
	end        context.CancelFunc
	starting   sync.Mutex // held to start background work, and to set closed
	background sync.WaitGroup
}

var (
	_ queue.Queue  = (*pubsubQueue)(nil)
	_ queue.Sided  = (*pubsubQueue)(nil)
	_ queue.Hiding = (*pubsubQueue)(nil)
)

func dial(ctx context.Context, cfg Config) (*pubsubQueue, error) {
	options := cfg.Options
	if options == nil {
		options = google.GRPC(google.PubSubEmulator)
	}
	q := &pubsubQueue{cfg: cfg}
	q.alive, q.end = context.WithCancel(context.WithoutCancel(ctx))
	options = append(slices.Clone(options), option.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(q.refusal.note)))
	var err error
	if q.client, err = pubsub.NewClient(context.WithoutCancel(ctx), cfg.Project, options...); err != nil {
		q.end()
		return nil, q.translate("open queue", err)
	}
	q.topic, q.deadTopic = q.publisher(cfg.Topic), q.publisher(cfg.DeadTopic)
	q.sub = subscription{q.client.SubscriptionAdminClient, q.subscriptionName(cfg.Subscription)}
	q.deadSub = subscription{q.client.SubscriptionAdminClient, q.subscriptionName(cfg.DeadSubscription)}
	q.pulling.arrived = make(chan struct{})
	q.pulling.sets = map[string]*set{}
	q.dead.letters = map[string]*deadLetter{}
	return q, nil
}

func (q *pubsubQueue) topicName(name string) string {
	return "projects/" + q.cfg.Project + "/topics/" + name
}

func (q *pubsubQueue) subscriptionName(name string) string {
	return "projects/" + q.cfg.Project + "/subscriptions/" + name
}

// usable returns an error if the queue is closed or the context has ended.
func (q *pubsubQueue) usable(ctx context.Context) error {
	if q.closed.Load() {
		return queue.ErrClosed
	}
	return ctx.Err()
}

// begin starts a request: it fails if the queue is not usable, and bounds the time of the
// request.
func (q *pubsubQueue) begin(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if err := q.usable(ctx); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, q.cfg.request)
	return ctx, cancel, nil
}

// startBackground runs f in a goroutine that Close waits for. It returns false if the
// queue is closed.
func (q *pubsubQueue) startBackground(f func()) bool {
	q.starting.Lock()
	defer q.starting.Unlock()
	if q.closed.Load() {
		return false
	}
	q.background.Go(f)
	return true
}

// closeTime bounds the time for giving messages back when the queue is closed.
const closeTime = 5 * time.Second

// Close implements queue.Queue.
func (q *pubsubQueue) Close() error {
	q.starting.Lock()
	closed := q.closed.Swap(true)
	q.starting.Unlock()
	if closed {
		return nil
	}
	q.end()
	q.background.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	q.releaseHeld(ctx)
	q.ShowDeadLetters(ctx)
	q.topic.Stop()
	q.deadTopic.Stop()
	return q.client.Close()
}

// SPDX-License-Identifier: Apache-2.0

// Package jetstream keeps the queue of submissions in NATS JetStream: either
// in a server embedded in the process, with its files in a directory and no
// open port, or in a cluster of servers given by URL. Only the way to connect
// differs between the two.
//
// A queue is a stream with the subjects
//
//	STREAM.m.ID    a message's head: a header with all its properties,
//	               and its data, if that is small
//	STREAM.p.ID.N  the N-th piece of larger data, from 0
//
// and a consumer of the heads. The pieces and the head of a message are
// published as one atomic batch, so that no head is ever without its pieces. A
// message that is given up moves, in the same form, to the stream STREAM-dead.
//
// Messages that wait to be published share a batch as well, and with it the
// cost of making them durable. See publish.go.
package jetstream

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/kcidb-go/kcidb/internal/queue"
)

const (
	// requestTimeout bounds an operation whose context has no earlier
	// deadline.
	requestTimeout = 30 * time.Second
	// answerTimeout bounds one request to a cluster, because the cluster may
	// lose a request. The operation repeats it.
	answerTimeout  = 5 * time.Second
	tryPause       = 200 * time.Millisecond
	connectTimeout = 5 * time.Second
	// maxUnacked bounds the messages that are handed out and not acknowledged,
	// to all processes together. It includes messages that wait to come again.
	// The server keeps a record of some 100 bytes in memory for each.
	maxUnacked = 100_000
)

// jsQueue implements queue.Queue for both kinds of servers. srv is nil for
// remote servers.
type jsQueue struct {
	cfg    Config
	nc     *nats.Conn
	js     js.JetStream
	srv    *embedded
	closed atomic.Bool

	publishing publishing
	pulling    pulling
	dead       deadCount

	// Background work ends with the context alive.
	alive      context.Context
	end        context.CancelFunc
	background sync.WaitGroup
}

var _ queue.Queue = (*jsQueue)(nil)

// dial connects to srv, or to the servers of cfg if srv is nil.
func dial(ctx context.Context, cfg Config, srv *embedded) (*jsQueue, error) {
	q := &jsQueue{cfg: cfg, srv: srv}
	q.alive, q.end = context.WithCancel(context.WithoutCancel(ctx))
	q.publishing.turn = make(chan struct{}, 1)
	q.pulling.arrived = make(chan struct{})
	opts := []nats.Option{
		nats.Name("kcidb"),
		nats.Timeout(connectTimeout),
		nats.MaxReconnects(-1),
		nats.CustomReconnectDelay(func(attempts int) time.Duration {
			return min(50*time.Millisecond<<min(attempts, 10), 10*time.Second)
		}),
		// Publish waits for the answer, so buffering messages until a
		// reconnection gains nothing.
		nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if !q.closed.Load() {
				cfg.Logger.Warn("queue disconnected", "servers", cfg.Servers, "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			cfg.Logger.Info("queue reconnected", "server", nc.ConnectedAddr())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			cfg.Logger.Warn("queue connection", "error", err)
		}),
	}
	switch {
	case cfg.CredsFile != "":
		opts = append(opts, nats.UserCredentials(cfg.CredsFile))
	case cfg.Password != "":
		opts = append(opts, nats.UserInfo(cfg.User, cfg.Password))
	case cfg.User != "":
		opts = append(opts, nats.Token(cfg.User))
	}
	if cfg.TLS {
		opts = append(opts, nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	if srv != nil {
		opts = append(opts, nats.InProcessServer(srv))
	}
	if deadline, ok := ctx.Deadline(); ok {
		opts = append(opts, nats.Timeout(min(connectTimeout, max(time.Until(deadline), time.Millisecond))))
	}
	var err error
	if q.nc, err = nats.Connect("nats://"+strings.Join(cfg.Servers, ",nats://"), opts...); err != nil {
		return nil, q.translate("open queue", err)
	}
	if version := q.nc.ConnectedServerVersion(); !atomicBatches(version) {
		q.nc.Close()
		return nil, fmt.Errorf("open queue %s: NATS server %s is too old, 2.12 or newer is needed", cfg.Stream, version)
	}
	if q.js, err = js.New(q.nc); err != nil {
		q.nc.Close()
		return nil, err
	}
	return q, nil
}

// atomicBatches reports whether a server version has atomic batches.
func atomicBatches(version string) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, err1 := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	return err1 == nil && err2 == nil && (a > 2 || a == 2 && b >= 12)
}

func (q *jsQueue) deadStream() string { return q.cfg.Stream + "-dead" }

func head(stream, id string) string { return stream + ".m." + id }

func piece(stream, id string, n int) string { return stream + ".p." + id + "." + strconv.Itoa(n) }

// begin starts an operation: it fails at once without a connection, and bounds
// the time of the operation.
func (q *jsQueue) begin(ctx context.Context) (context.Context, context.CancelFunc, error) {
	switch {
	case q.closed.Load():
		return nil, nil, queue.ErrClosed
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case !q.nc.IsConnected():
		return nil, nil, queue.ErrUnavailable
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	return ctx, cancel, nil
}

// Close implements queue.Queue.
func (q *jsQueue) Close() error {
	if q.closed.Swap(true) {
		return nil
	}
	q.end()
	q.background.Wait()
	q.releaseHeld()
	if q.nc.IsConnected() {
		// The messages given back must reach the server, but a server that hangs
		// must not block Close.
		_ = q.nc.FlushTimeout(time.Second)
	}
	q.nc.Close()
	if q.srv != nil {
		q.srv.stop()
	}
	return nil
}

// retry repeats a request while the servers of a cluster do not answer:
// one of them was lost, or they have just been started and have no leader yet.
func (q *jsQueue) retry(ctx context.Context, request func(context.Context) error) error {
	for {
		err := request(ctx)
		if q.srv != nil || ctx.Err() != nil || !q.nc.IsConnected() ||
			!errors.Is(q.kind(err), queue.ErrUnavailable) || errors.Is(err, js.ErrJetStreamNotEnabled) {
			return err
		}
		select {
		case <-time.After(tryPause):
		case <-ctx.Done():
			return err
		}
	}
}

// attemptContext returns the context for one request within retry. An
// embedded server loses no request, so the request may take all the time of
// ctx.
func (q *jsQueue) attemptContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if q.srv != nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, answerTimeout)
}

// Init implements queue.Queue. Existing streams stay as they are. The consumer
// gets the visibility time of the Config.
func (q *jsQueue) Init(ctx context.Context) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return q.translate("create queue", err)
	}
	defer cancel()
	for _, cfg := range []js.StreamConfig{
		{Name: q.cfg.Stream, Retention: js.WorkQueuePolicy, Duplicates: q.cfg.Dedup, MaxBytes: q.cfg.MaxBytes},
		{Name: q.deadStream(), Retention: js.LimitsPolicy, MaxBytes: q.cfg.MaxBytes},
	} {
		cfg.Subjects = []string{cfg.Name + ".>"}
		cfg.Replicas = q.cfg.Replicas
		cfg.Discard = js.DiscardNew
		cfg.AllowAtomicPublish = true
		err := q.retry(ctx, func(ctx context.Context) error {
			ctx, cancel := q.attemptContext(ctx)
			defer cancel()
			_, err := q.js.CreateStream(ctx, cfg)
			return err
		})
		if err != nil && !errors.Is(err, js.ErrStreamNameAlreadyInUse) {
			return q.translate("create queue", err)
		}
	}
	err = q.retry(ctx, func(ctx context.Context) error {
		ctx, cancel := q.attemptContext(ctx)
		defer cancel()
		_, err := q.js.CreateOrUpdateConsumer(ctx, q.cfg.Stream, js.ConsumerConfig{
			Durable:       q.cfg.Consumer,
			FilterSubject: head(q.cfg.Stream, "*"),
			AckPolicy:     js.AckExplicitPolicy,
			AckWait:       q.cfg.Visibility,
			MaxDeliver:    -1, // moveToDead gives messages up, with a reason
			MaxAckPending: maxUnacked,
		})
		return err
	})
	return q.translate("create queue", err)
}

// Cleanup implements queue.Queue.
func (q *jsQueue) Cleanup(ctx context.Context) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return q.translate("remove queue", err)
	}
	defer cancel()
	q.dropHeld()
	// The dead letters go first: after a failure the queue is still found and
	// can be removed again.
	err = q.js.DeleteStream(ctx, q.deadStream())
	if err != nil && !errors.Is(err, js.ErrStreamNotFound) {
		return q.translate("remove queue", err)
	}
	return q.translate("remove queue", q.js.DeleteStream(ctx, q.cfg.Stream))
}

// Pending implements queue.Queue.
func (q *jsQueue) Pending(ctx context.Context, id string) (bool, error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return false, q.translate("look into queue", err)
	}
	defer cancel()
	if !validName(id) {
		return false, nil
	}
	n, err := q.count(ctx, q.cfg.Stream, head(q.cfg.Stream, id))
	return n > 0, q.translate("look into queue", err)
}

// Newest implements queue.Queue.
func (q *jsQueue) Newest(ctx context.Context) (newest time.Time, err error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return newest, q.translate("look into queue", err)
	}
	defer cancel()
	for _, stream := range []string{q.cfg.Stream, q.deadStream()} {
		last, err := q.lastInfo(ctx, stream)
		if err != nil {
			return newest, q.translate("look into queue", err)
		}
		for _, received := range []time.Time{last.Received, last.Latest} {
			if received.After(newest) {
				newest = received
			}
		}
	}
	return newest, nil
}

// lastInfo returns the info of the last head in a stream, or the zero info if the stream
// is empty.
func (q *jsQueue) lastInfo(ctx context.Context, stream string) (info, error) {
	s, err := q.js.Stream(ctx, stream)
	if err != nil {
		return info{}, err
	}
	msg, err := s.GetLastMsgForSubject(ctx, head(stream, "*"))
	if errors.Is(err, js.ErrMsgNotFound) {
		return info{}, nil
	}
	if err != nil {
		return info{}, err
	}
	return decode(msg.Subject, msg.Header, msg.Data, msg.Time), nil
}

// count returns the number of subjects in use that match a filter. The stream
// has an index of subjects, so that a single subject is found at once.
func (q *jsQueue) count(ctx context.Context, stream, filter string) (int, error) {
	s, err := q.js.Stream(ctx, stream)
	if err != nil {
		return 0, err
	}
	info, err := s.Info(ctx, js.WithSubjectFilter(filter))
	if err != nil {
		return 0, err
	}
	return len(info.State.Subjects), nil
}

// Stats implements queue.Queue. Bytes are bytes on disk.
func (q *jsQueue) Stats(ctx context.Context) (queue.Stats, error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return queue.Stats{}, q.translate("look into queue", err)
	}
	defer cancel()
	stream, err1 := q.js.Stream(ctx, q.cfg.Stream)
	consumer, err2 := q.js.Consumer(ctx, q.cfg.Stream, q.cfg.Consumer)
	dead, err3 := q.countDead(ctx)
	if err := cmp.Or(err1, err2, err3); err != nil {
		return queue.Stats{}, q.translate("look into queue", err)
	}
	waiting, unacked := consumer.CachedInfo().NumPending, consumer.CachedInfo().NumAckPending
	return queue.Stats{
		Messages:    int(waiting) + unacked,
		Bytes:       int64(stream.CachedInfo().State.Bytes),
		Unacked:     unacked,
		DeadLetters: dead,
	}, nil
}

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
	starting   sync.Mutex // held to start background work, and to set closed
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
		// The server may have a new password before it is known here.
		nats.IgnoreAuthErrorAbort(),
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
		opts = append(opts, nats.UserInfoHandler(cfg.Credentials))
	case cfg.User != "":
		token := func() string { user, _ := cfg.Credentials(); return user }
		opts = append(opts, nats.TokenHandler(token))
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

// startBackground runs f in a goroutine that Close waits for. It returns false if the queue
// is closed.
func (q *jsQueue) startBackground(f func()) bool {
	q.starting.Lock()
	defer q.starting.Unlock()
	if q.closed.Load() {
		return false
	}
	q.background.Go(f)
	return true
}

// Close implements queue.Queue.
func (q *jsQueue) Close() error {
	q.starting.Lock()
	closed := q.closed.Swap(true)
	q.starting.Unlock()
	if closed {
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

// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// TestReconnect stops the server and starts it again while the same queue is
// open.
func TestReconnect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	host, port := reservePort(t)
	srv := startRemote(t, dir, port)
	cfg := testConfig(t)
	cfg.Servers = []string{host}
	cfg.User, cfg.Password = "ci", "secret"
	q := openNew(t, cfg)
	if err := q.Publish(t.Context(), queue.Message{ID: "before"}); err != nil {
		t.Fatal(err)
	}
	first, err := q.Pull(t.Context(), queue.Limits{}, time.Minute)
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}

	srv.Shutdown()
	srv.WaitForShutdown()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, pullErr := q.Pull(ctx, queue.Limits{}, time.Minute)
	for what, err := range map[string]error{
		"Publish": q.Publish(ctx, queue.Message{ID: "meanwhile"}),
		"Pull":    pullErr,
		"Ack":     first[0].Ack(ctx),
		"Init":    q.Init(ctx),
	} {
		if !errors.Is(err, queue.ErrUnavailable) {
			t.Errorf("%s while there is no server: %v, want %v", what, err, queue.ErrUnavailable)
		}
	}

	startRemote(t, dir, port)
	// The queue keeps one message, even if the answer to a try was lost.
	untilDone(t, "publish after the restart", func() error { return q.Publish(t.Context(), queue.Message{ID: "after"}) })
	if err := first[0].Ack(t.Context()); err != nil {
		t.Errorf("a message pulled before the restart: %v", err)
	}
	if pending, err := q.Pending(t.Context(), "before"); err != nil || pending {
		t.Errorf("acknowledged and pending: %v, %v", pending, err)
	}
	got, err := q.Pull(t.Context(), queue.Limits{}, time.Minute)
	if err != nil || len(got) != 1 {
		t.Errorf("pulled %d messages, %v", len(got), err)
	}
}

// TestCredentialsAreReplaced: a queue whose server has another token connects again when it
// has the token, too, however often the server refused it before.
func TestCredentialsAreReplaced(t *testing.T) {
	t.Parallel()
	var theirs, ours atomic.Pointer[string]
	var asked atomic.Int32
	set := func(p *atomic.Pointer[string], token string) { p.Store(&token) }
	set(&theirs, "old")
	set(&ours, "old")

	cfg := testConfig(t)
	cfg.Dir, cfg.Listen, cfg.User = t.TempDir(), address.Reserve(t), "old"
	cfg.Credentials = func() (string, string) { asked.Add(1); return *theirs.Load(), "" }
	server := open(t, cfg)
	remote := testConfig(t)
	remote.Servers, remote.User = []string{cfg.Listen}, "old"
	remote.Credentials = func() (string, string) { return *ours.Load(), "" }
	q := openNew(t, remote)

	set(&theirs, "new")
	for _, token := range []string{"old", "newer", ""} {
		other := remote
		other.User, other.Credentials = token, nil
		if _, err := other.Open(t.Context()); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("with the token %q: %v", token, err)
		}
	}
	set(&theirs, "")
	other := remote
	other.User, other.Credentials = "", nil
	if _, err := other.Open(t.Context()); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("without a token, while the server has none: %v", err)
	}

	set(&theirs, "new")
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, cfg)
	before := asked.Load()
	eventually.True(t, "the server refuses the old token again and again", func() bool { return asked.Load() > before+3 })
	set(&ours, "new")
	untilDone(t, "publish with the new token", func() error { return q.Publish(t.Context(), queue.Message{ID: "after"}) })
}

// TestSlowAnswers: a message that the server hands out to a waiting Pull, and that arrives
// when the Pull has ended, is there for the next Pull. It need not wait for its
// visibility time.
func TestSlowAnswers(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.User, cfg.Password = "ci", "secret"
	remote := startRemote(t, t.TempDir(), server.RANDOM_PORT).Addr().String()
	cfg.Servers = []string{remote}
	near := openNew(t, cfg)
	proxy := startGate(t, remote)
	cfg.Servers = []string{proxy.address}
	far := open(t, cfg)

	// A busy machine may publish too late for the request, or open the gate too late for
	// fetch. Then the message proves nothing, and another is tried.
	for late, n := 0, 0; late < 2; n++ {
		if n == 10 {
			t.Fatalf("%d messages of %d arrived late", late, n)
		}
		id := fmt.Sprint("m", n)
		handedOut := publishLate(t, near, far, proxy, id)
		got, err := far.Pull(t.Context(), queue.Limits{}, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range got {
			if handedOut && d.Message().ID == id && d.Attempt() == 1 {
				late++
			}
			if err := d.Ack(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// publishLate publishes a message that the server hands out to a Pull of the queue far. The
// message arrives when the Pull has ended, and later than the NATS client would listen. It
// returns false if the server handed the message out to no Pull.
func publishLate(t *testing.T, near, far *jsQueue, proxy *gate, id string) (handedOut bool) {
	t.Helper()
	const wait = time.Second
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	// The request of a Pull waits at the server for a second at most, so a busy machine
	// may miss it.
	var pulled chan []queue.Delivery
	eventually.True(t, "a Pull waits at the server", func() bool {
		if pulled == nil || len(pulled) > 0 {
			pulled = make(chan []queue.Delivery, 1)
			go func() {
				got, err := far.Pull(ctx, queue.Limits{}, wait)
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				pulled <- got
			}()
		}
		return consumerInfo(t, near).NumWaiting > 0
	})
	proxy.shut()
	leave()
	before := consumerInfo(t, near).Delivered.Consumer
	if err := near.Publish(t.Context(), queue.Message{ID: id}); err != nil {
		t.Fatal(err)
	}
	eventually.True(t, "the request has ended", func() bool { return consumerInfo(t, near).NumWaiting == 0 })
	handedOut = consumerInfo(t, near).Delivered.Consumer > before
	if got := <-pulled; len(got) > 0 {
		t.Fatalf("a Pull got %v through a shut gate", got)
	}
	// The NATS client would stop listening a second after the end of the request.
	time.AfterFunc(wait+1200*time.Millisecond, proxy.open)
	return handedOut
}

// TestAwait: a Pull that is about to wait learns of a message that another Pull held
// meanwhile, and that the queue was closed meanwhile.
func TestAwait(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir = t.TempDir()
	q := openNew(t, cfg)
	if err := q.Publish(t.Context(), queue.Message{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	var d *delivery
	eventually.True(t, "the consumer learns of the message", func() bool {
		var err error
		if d, err = q.next(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		return d != nil
	})
	waits := q.await(time.Minute)
	requireWait := func(c <-chan struct{}, what string, want bool) {
		t.Helper()
		select {
		case <-c:
			if want {
				t.Errorf("%s: a Pull does not wait", what)
			}
		default:
			if !want {
				t.Errorf("%s: a Pull waits", what)
			}
		}
	}
	requireWait(waits, "no message", true)
	q.hold(d)
	requireWait(q.await(time.Minute), "a message is held", false)
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	requireWait(waits, "the queue was closed", false)
	requireWait(q.await(time.Minute), "the queue is closed", false)
}

// consumerInfo returns the server's account of the messages of a queue.
func consumerInfo(t *testing.T, q *jsQueue) *js.ConsumerInfo {
	t.Helper()
	consumer, err := q.js.Consumer(t.Context(), q.cfg.Stream, q.cfg.Consumer)
	if err != nil {
		t.Fatal(err)
	}
	return consumer.CachedInfo()
}

// gate is a proxy for a server. It holds the answers of the server while it is shut.
type gate struct {
	address string
	pass    sync.RWMutex // held for reading while a piece of an answer passes
}

func (g *gate) shut() { g.pass.Lock() }
func (g *gate) open() { g.pass.Unlock() }

func startGate(t *testing.T, server string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	g := &gate{address: l.Addr().String()}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			go func() {
				defer upstream.Close()
				_, _ = io.Copy(upstream, client)
			}()
			go g.answers(client, upstream)
		}
	}()
	return g
}

// answers passes answers from the server to a client.
func (g *gate) answers(client, upstream net.Conn) {
	defer client.Close()
	data := make([]byte, 32<<10)
	for {
		n, err := upstream.Read(data)
		if err != nil {
			return
		}
		g.pass.RLock()
		_, err = client.Write(data[:n])
		g.pass.RUnlock()
		if err != nil {
			return
		}
	}
}

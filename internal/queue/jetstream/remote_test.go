// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// TestReconnect stops the server and starts it again while the same queue is
// open.
func TestReconnect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv := startRemote(t, dir, server.RANDOM_PORT)
	address := srv.Addr().(*net.TCPAddr)
	cfg := testConfig(t)
	cfg.Servers = []string{address.String()}
	cfg.User, cfg.Password = "ci", "secret"
	q := open(t, cfg)
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := q.Publish(t.Context(), queue.Message{ID: "before"}); err != nil {
		t.Fatal(err)
	}
	first, err := q.Pull(t.Context(), queue.Limits{}, 0)
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}

	srv.Shutdown()
	srv.WaitForShutdown()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
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

	startRemote(t, dir, address.Port)
	tries := 0
	untilDone(t, "publish after the restart", func() error {
		tries++
		return q.Publish(t.Context(), queue.Message{ID: fmt.Sprintf("after%d", tries)})
	})
	if err := first[0].Ack(t.Context()); err != nil {
		t.Errorf("a message pulled before the restart: %v", err)
	}
	if pending, err := q.Pending(t.Context(), "before"); err != nil || pending {
		t.Errorf("acknowledged and pending: %v, %v", pending, err)
	}
	got, err := q.Pull(t.Context(), queue.Limits{}, 5*time.Second)
	if err != nil || len(got) != 1 {
		t.Errorf("pulled %d messages, %v", len(got), err)
	}
}

// TestSlowAnswers: a message that the server hands out to a waiting Pull, and that arrives
// when the Pull has ended, is there for the next Pull. It need not wait for its
// visibility time.
func TestSlowAnswers(t *testing.T) {
	t.Parallel()
	const delay = 400 * time.Millisecond
	cfg := testConfig(t)
	cfg.User, cfg.Password = "ci", "secret"
	address := startRemote(t, t.TempDir(), server.RANDOM_PORT).Addr().String()
	cfg.Servers = []string{address}
	near := open(t, cfg)
	if err := near.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg.Servers = []string{delayAnswers(t, address, delay)}
	far := open(t, cfg)
	pull := func(wait time.Duration) []queue.Delivery {
		got, err := far.Pull(t.Context(), queue.Limits{}, wait)
		if err != nil {
			t.Error(err)
		}
		return got
	}
	pull(0) // looks up the consumer

	late := 0
	for i := range 5 {
		pulled := make(chan []queue.Delivery)
		// The Pull waits for some 150 ms when the server has answered that it has no
		// message: too short for an answer.
		go func() { pulled <- pull(delay + 150*time.Millisecond) }()
		eventually.True(t, "a Pull waits at the server", func() bool {
			consumer, err := near.js.Consumer(t.Context(), near.cfg.Stream, near.cfg.Consumer)
			return err == nil && consumer.CachedInfo().NumWaiting > 0
		})
		if err := near.Publish(t.Context(), queue.Message{ID: fmt.Sprint("m", i)}); err != nil {
			t.Fatal(err)
		}
		got := <-pulled
		if len(got) == 0 {
			late++
			got = pull(20 * time.Second)
		}
		if len(got) != 1 || got[0].Attempt() != 1 {
			t.Fatalf("message %d: got %v, want it at its first attempt", i, got)
		}
		if err := got[0].Ack(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of 5 messages arrived after their Pull", late)
}

// TestAwait: a Pull that is about to wait learns of a message that another Pull held
// meanwhile, and that the queue was closed meanwhile.
func TestAwait(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir = t.TempDir()
	q := open(t, cfg)
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := q.Publish(t.Context(), queue.Message{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	d, err := q.next(t.Context(), 1)
	if err != nil || d == nil {
		t.Fatal(d, err)
	}
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

// delayAnswers returns the address of a proxy for a server. The proxy passes each answer
// on after a while.
func delayAnswers(t *testing.T, server string, delay time.Duration) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
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
			go passLate(client, upstream, delay)
		}
	}()
	return l.Addr().String()
}

// passLate passes data from one connection to another, each piece after a while.
func passLate(to, from net.Conn, delay time.Duration) {
	defer to.Close()
	type piece struct {
		data []byte
		at   time.Time
	}
	pieces := make(chan piece, 1000)
	go func() {
		defer close(pieces)
		for {
			data := make([]byte, 32<<10)
			n, err := from.Read(data)
			if n > 0 {
				pieces <- piece{data[:n], time.Now().Add(delay)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		<-time.After(time.Until(p.at))
		if _, err := to.Write(p.data); err != nil {
			return
		}
	}
}

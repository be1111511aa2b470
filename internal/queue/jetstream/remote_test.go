// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/kcidb-go/kcidb/internal/queue"
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

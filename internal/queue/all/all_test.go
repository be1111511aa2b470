// SPDX-License-Identifier: Apache-2.0

package all

import (
	"errors"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub/pubsubtest"
)

// TestOpen opens a queue of each driver by its specification.
func TestOpen(t *testing.T) {
	t.Setenv("PUBSUB_EMULATOR_HOST", pubsubtest.Start(t).Address)
	for _, spec := range []string{"embedded:" + t.TempDir(), "pubsub:project/topic?subscription=mine&deadline=60"} {
		q, err := Open(t.Context(), spec, Options{MaxMessageBytes: 10})
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		if err := q.Init(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := q.Publish(t.Context(), queue.Message{ID: "a", Data: make([]byte, 11)}); !errors.Is(err, queue.ErrTooLarge) {
			t.Errorf("%s: published with %v, want %v", spec, err, queue.ErrTooLarge)
		}
	}
}

func TestOpenRefused(t *testing.T) {
	for _, spec := range []string{"", "nowhere", "amqp://secret@host/q", "nats://secret@/q", "pubsub:secret", "pubsub:p/t?x=secret", "embedded:"} {
		_, err := Open(t.Context(), spec, Options{})
		if err == nil || strings.Contains(err.Error(), "secret") && strings.HasPrefix(spec, "amqp") {
			t.Errorf("%q: %v", spec, err)
		}
	}
}

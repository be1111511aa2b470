// SPDX-License-Identifier: Apache-2.0

package local_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/kcidb-go/kcidb"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/local"
	"github.com/kcidb-go/kcidb/object"
)

func TestQueue(t *testing.T) {
	url := "embedded:" + t.TempDir()
	q, err := jetstream.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(q.Init(t.Context()), q.Close()); err != nil {
		t.Fatal(err)
	}
	client, err := local.OpenQueue(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	id, err := client.Submit(t.Context(), oneCheckout)
	if err != nil || len(id) != 32 {
		t.Fatalf("got %q, %v", id, err)
	}
	status, err := client.Status(t.Context(), id)
	if err != nil || status.State != kcidb.StateReady {
		t.Errorf("got %v, %v", status, err)
	}
	if _, err := client.Status(t.Context(), "nothing"); !errors.Is(err, kcidb.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	for r, err := range client.Query(t.Context(), kcidb.Query{Tests: []string{"ci:t"}}) {
		if r != nil || !errors.Is(err, kcidb.ErrUnsupported) {
			t.Errorf("Query: got %v, %v, want ErrUnsupported", r, err)
		}
	}
	for set, err := range client.Match(t.Context(), []object.Pattern{object.All(object.TypeTest)}) {
		if set != nil || !errors.Is(err, kcidb.ErrUnsupported) {
			t.Errorf("Match: got %v, %v, want ErrUnsupported", set, err)
		}
	}
}

// TestSubmitWithoutReading submits from an account that may publish, and may not read:
// the server leaves what it asks without an answer.
func TestSubmitWithoutReading(t *testing.T) {
	t.Parallel()
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true,
		Users: []*server.User{
			{Username: "loader", Password: "secret"},
			{Username: "ci", Password: "secret", Permissions: &server.Permissions{
				Publish:   &server.SubjectPermission{Allow: []string{"KCIDB.>"}},
				Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(2 * time.Minute) {
		t.Fatal("the server does not start")
	}
	q, err := jetstream.Open(t.Context(), "nats://loader:secret@"+srv.Addr().String()+"/KCIDB")
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}

	client, err := local.OpenQueue(t.Context(), "nats://ci:secret@"+srv.Addr().String()+"/KCIDB")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var ids []string
	for range 2 {
		id, err := client.SubmitJSON(t.Context(), []byte(`{"version":{"major":5,"minor":3}}`))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	var got []queue.Delivery
	for len(got) < len(ids) {
		more, err := q.Pull(t.Context(), queue.Limits{}, time.Minute)
		if err != nil || len(more) == 0 {
			t.Fatalf("pulled %d, then %d, %v", len(got), len(more), err)
		}
		got = append(got, more...)
	}
	for i, d := range got {
		if m := d.Message(); m.ID != ids[i] || i > 0 && !m.Received.After(got[i-1].Message().Received) {
			t.Errorf("message %d is %s of %v", i, m.ID, m.Received)
		}
	}
}

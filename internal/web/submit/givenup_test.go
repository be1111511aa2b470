// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc/codes"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub/pubsubtest"
	"github.com/kcidb-go/kcidb/internal/store"
)

// newPubSubReceiver returns a receiver whose queue is on Google Pub/Sub, and its clock.
func newPubSubReceiver(t *testing.T, server *pubsubtest.Server) (d *Receiver, h http.Handler, now *time.Time) {
	t.Helper()
	d, h = newReceiver(t, 0)
	q, err := pubsub.Config{Project: "p", Topic: "new", MaxAttempts: -1, Logger: slog.New(slog.DiscardHandler), Options: server.Options()}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	now = new(time.Now())
	d.Queue, d.Now = q, func() time.Time { return *now }
	return d, h, now
}

// TestStatusesOnPubSub follows submissions through their states on a queue that cannot
// find a message.
func TestStatusesOnPubSub(t *testing.T) {
	server := pubsubtest.Start(t)
	d, h, now := newPubSubReceiver(t, server)
	is := func(id, want string) {
		t.Helper()
		got := ask(h, "GET", "/status?id="+id, "")
		if got.Code != http.StatusOK || !strings.HasPrefix(got.Body.String(), `{"id":"`+id+`","status":`+want) {
			t.Errorf("status of %s: %d %s, want %s", id, got.Code, got.Body, want)
		}
	}
	const waiting = `"ready","message":"File waiting for processing, or unknown"}`
	for _, id := range []string{"waiting", "loaded", "refused", "moved"} {
		if err := d.Queue.Publish(t.Context(), queue.Message{ID: id, Origin: "ci", Data: []byte(emptyReport)}); err != nil {
			t.Fatal(err)
		}
		is(id, waiting)
	}
	is("unknown", waiting)

	for id, failure := range map[string]string{"loaded": "", "refused": "no good"} {
		if err := d.Store.SaveReceipts(t.Context(), []store.Receipt{{ID: id, Origin: "ci", Failure: failure}}); err != nil {
			t.Fatal(err)
		}
	}
	// Pub/Sub moves a message with its attributes. The server for tests drops them.
	if _, err := server.Fake.GServer.Publish(t.Context(), &pb.PublishRequest{Topic: "projects/p/topics/new_dead", Messages: []*pb.PubsubMessage{{
		Data: []byte(emptyReport), Attributes: map[string]string{
			"kcidb_id": "moved", "kcidb_origin": "ci", "CloudPubSubDeadLetterSourceDeliveryCount": "100",
		},
	}}}); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(listEvery)
	is("moved", `"failed","message":"File failed to pass validation","origin":"ci",`)
	if got := ask(h, "GET", "/status?id=moved", "").Body.String(); !strings.Contains(got, "Pub/Sub delivered it 100 times") {
		t.Errorf("no reason: %s", got)
	}
	is("waiting", waiting)
	is("unknown", waiting)
	is("loaded", `"processed","message":"File archived",`)
	is("refused", `"failed","message":"File failed to pass validation","origin":"ci",`)

	// Other processes see the dead letter after the list.
	other, err := pubsub.Config{Project: "p", Topic: "new", Options: server.Options()}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Restore(t.Context(), "moved"); err != nil {
		t.Errorf("the dead letter is hidden: %v", err)
	}
	is("moved", `"failed"`) // as of the last list
	*now = now.Add(listEvery)
	is("moved", waiting)
}

// TestStatusWithoutDeadLetters: if dead letters cannot be listed, a submission without a
// receipt counts as waiting, and the next try comes later.
func TestStatusWithoutDeadLetters(t *testing.T) {
	for _, code := range []codes.Code{codes.PermissionDenied, codes.NotFound} {
		server := pubsubtest.Start(t, pstest.WithErrorInjection("Pull", code, "no"))
		d, h, now := newPubSubReceiver(t, server)
		first := *now
		for range 2 {
			if got := ask(h, "GET", "/status?id=x", ""); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `"ready"`) {
				t.Errorf("%v: %d %s", code, got.Code, got.Body)
			}
			*now = first.Add(listEvery - 1)
		}
		if !d.dead.listed.Equal(first) {
			t.Errorf("%v: listed again after %v", code, d.dead.listed.Sub(first))
		}
	}
}

// heldQueue is a queue whose list of dead letters ends when the channel is closed.
type heldQueue struct {
	queue.Queue
	listing, end chan struct{}
}

func (q heldQueue) Pending(context.Context, string) (bool, error) { return false, queue.ErrUnsupported }

func (q heldQueue) DeadLetters(context.Context) iter.Seq2[queue.DeadLetter, error] {
	return func(func(queue.DeadLetter, error) bool) {
		close(q.listing)
		<-q.end
	}
}

// TestStatusWhileListing: while a request lists the dead letters, others are answered.
func TestStatusWhileListing(t *testing.T) {
	d, h := newReceiver(t, 0)
	q := heldQueue{d.Queue, make(chan struct{}), make(chan struct{})}
	d.Queue = q
	var first sync.WaitGroup
	first.Go(func() { ask(h, "GET", "/status?id=first", "") })
	<-q.listing
	if got := ask(h, "GET", "/status?id=second", ""); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `"ready"`) {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	close(q.end)
	first.Wait()
}

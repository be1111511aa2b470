// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cloud.google.com/go/pubsub/v2"
	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/klauspost/compress/zstd"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub/pubsubtest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// send publishes a message as another program may.
func send(t *testing.T, q *pubsubQueue, data []byte, attributes map[string]string) {
	t.Helper()
	if _, err := q.topic.Publish(t.Context(), &pubsub.Message{Data: data, Attributes: attributes}).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// pullAll pulls until a message with the ID comes. It acknowledges all.
func pullUntil(t *testing.T, q *pubsubQueue, id string) (all []queue.Message) {
	t.Helper()
	eventually.True(t, id+" comes", func() bool {
		deliveries, err := q.Pull(t.Context(), queue.Limits{Messages: 1}, time.Second)
		if err != nil {
			t.Log(err)
		}
		for _, d := range deliveries {
			all = append(all, d.Message())
			if err := d.Ack(t.Context()); err != nil {
				t.Error(err)
			}
		}
		return len(all) > 0 && all[len(all)-1].ID == id
	})
	return all
}

// A message that cannot be moved to the dead letters, because their topic is missing or
// refuses it, does not hold up the others.
func TestMessageThatCannotBeBuried(t *testing.T) {
	server := pubsubtest.Start(t)
	q := open(t, testConfig(t, server))
	topic := q.topicName(q.cfg.Topic)
	if _, err := q.client.TopicAdminClient.CreateTopic(t.Context(), &pb.Topic{Name: topic}); err != nil {
		t.Fatal(err)
	}
	if _, err := q.client.SubscriptionAdminClient.CreateSubscription(t.Context(), &pb.Subscription{Name: q.sub.name, Topic: topic, AckDeadlineSeconds: 60}); err != nil {
		t.Fatal(err)
	}
	send(t, q, []byte("x"), map[string]string{idAttribute: "damaged", encodingAttribute: "unknown"})
	eventually.True(t, "it is pulled", func() bool {
		_, _ = q.Pull(t.Context(), queue.Limits{}, time.Second)
		return server.Fake.Messages()[0].Deliveries > 0
	})
	send(t, q, []byte("{}"), map[string]string{idAttribute: "good"})
	if all := pullUntil(t, q, "good"); len(all) != 1 {
		t.Errorf("got %d messages", len(all))
	}
}

// A message that was handed out too often is moved to the dead letters without being
// decompressed, which may be what ends each process that pulls it.
func TestUsedUpIsNotDecompressed(t *testing.T) {
	server := pubsubtest.Start(t)
	q := openNew(t, testConfig(t, server))
	w, _ := zstd.NewWriter(nil)
	bomb := w.EncodeAll(make([]byte, 200<<20), nil)
	send(t, q, bomb, map[string]string{idAttribute: "bomb", encodingAttribute: zstdEncoding, sizeAttribute: strconv.Itoa(200 << 20), attemptsAttribute: "100"})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	eventually.True(t, "it is given up", func() bool {
		if deliveries, err := q.Pull(t.Context(), queue.Limits{}, time.Second); err != nil || len(deliveries) > 0 {
			t.Fatalf("got %d messages, %v", len(deliveries), err)
		}
		return server.Fake.Messages()[0].Acks > 0
	})
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 100<<20 {
		t.Errorf("it took %d MB", grown>>20)
	}
	d, err := q.DeadLetter(t.Context(), "bomb")
	if err != nil || len(d.Data) != 200<<20 || d.Attempts < q.cfg.MaxAttempts {
		t.Errorf("%d bytes after %d attempts, %v", len(d.Data), d.Attempts, err)
	}
}

// Messages of other programs, with any attributes, are handed out or become dead letters.
func TestForeignMessages(t *testing.T) {
	q := openNew(t, testConfig(t, pubsubtest.Start(t)))
	long := strings.Repeat("x", maxAttribute)
	many := map[string]string{encodingAttribute: "x"}
	for i := range 99 {
		many["a"+strconv.Itoa(i)] = "x"
	}
	all := []map[string]string{
		nil,
		{"content-type": "application/json"},
		{idAttribute: ""}, {idAttribute: "a/b"}, {idAttribute: long}, {idAttribute: "a\x00"},
		{idAttribute: "ok", originAttribute: long, objectsAttribute: "-1", receivedAttribute: "yesterday", attemptsAttribute: "-3"},
		{idAttribute: "ok2", objectsAttribute: "99999999999999999999", receivedAttribute: "9999-12-31T23:59:59Z", attemptsAttribute: "x"},
		{encodingAttribute: "gzip"}, {encodingAttribute: zstdEncoding}, {encodingAttribute: zstdEncoding, sizeAttribute: "9"},
		{encodingAttribute: zstdEncoding, sizeAttribute: strconv.Itoa(maxSize + 1)},
		{setAttribute: "s"}, {pieceAttribute: "0/2"}, {setAttribute: "s", pieceAttribute: "0/2"},
		{encodingAttribute: zstdEncoding, sizeAttribute: "9", setAttribute: "s", pieceAttribute: "2/2"},
		{encodingAttribute: zstdEncoding, sizeAttribute: "9", setAttribute: "s", pieceAttribute: "0/65"},
		{encodingAttribute: zstdEncoding, sizeAttribute: "9", setAttribute: "s", pieceAttribute: "-1/2"},
		{encodingAttribute: zstdEncoding, sizeAttribute: "9", setAttribute: "s", pieceAttribute: "0/2/3"},
		{givenUpAttribute: "x", reasonAttribute: long},
		many,
	}
	for _, attributes := range all {
		send(t, q, []byte("{}"), maps.Clone(attributes))
		if len(attributes) > 0 {
			send(t, q, nil, maps.Clone(attributes))
		}
	}
	send(t, q, []byte("{}"), map[string]string{idAttribute: "last"})
	pulled := 0
	for _, m := range pullUntil(t, q, "last") {
		pulled++
		if !validID(m.ID) {
			t.Errorf("a message has the ID %q", m.ID)
		}
	}
	for range 20 {
		more, err := q.Pull(t.Context(), queue.Limits{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		pulled += len(more)
		for _, d := range more {
			if err := d.Refuse(t.Context(), "no", true); err != nil {
				t.Error(err)
			}
		}
	}
	for d, err := range q.DeadLetters(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.DeadLetter(t.Context(), d.ID); err != nil && !errors.Is(err, queue.ErrDamaged) && !errors.Is(err, queue.ErrNotFound) {
			t.Errorf("%s: %v", d.ID, err)
		}
		if err := q.Discard(t.Context(), d.ID); err != nil {
			t.Errorf("%s: %v", d.ID, err)
		}
	}
}

// Each piece of a large message has the time of a request, so that a slow line carries it.
func TestSlowLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &pubsubQueue{cfg: Config{request: requestTimeout}}
		for _, test := range []struct {
			piece time.Duration
			sent  int
			want  error
		}{
			{requestTimeout * 4 / 5, 3, nil},
			{requestTimeout * 6 / 5, 0, context.DeadlineExceeded},
		} {
			sent := 0
			err := q.inTurn(t.Context(), make([]*pb.PubsubMessage, 3), func(ctx context.Context, _ *pb.PubsubMessage) error {
				select {
				case <-time.After(test.piece):
					sent++
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
			if sent != test.sent || !errors.Is(err, test.want) {
				t.Errorf("pieces that take %v: %d are sent, %v", test.piece, sent, err)
			}
		}
	})
}

// An error of Pull names its kind, also if it comes after messages did, and the queue
// recovers when the server does.
func TestPullFails(t *testing.T) {
	t.Parallel()
	for code, want := range map[codes.Code]error{
		codes.PermissionDenied:  queue.ErrForbidden,
		codes.Unavailable:       queue.ErrUnavailable,
		codes.ResourceExhausted: queue.ErrUnavailable,
		codes.NotFound:          queue.ErrNotFound,
	} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			failing := &failure{code: code}
			q := openNew(t, testConfig(t, pubsubtest.Start(t, pstest.ServerReactorOption{FuncName: "Pull", Reactor: failing})))
			send(t, q, []byte("{}"), map[string]string{idAttribute: "first"})
			pullUntil(t, q, "first")
			failing.on.Store(true)
			if _, err := q.Pull(t.Context(), queue.Limits{}, 10*time.Second); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			failing.on.Store(false)
			send(t, q, []byte("{}"), map[string]string{idAttribute: "second"})
			pullUntil(t, q, "second")
		})
	}
}

// failure makes calls to the server fail while it is on.
type failure struct {
	code codes.Code
	on   atomic.Bool
}

func (f *failure) React(any) (bool, any, error) {
	if f.on.Load() {
		return true, nil, status.Error(f.code, "broken by the test")
	}
	return false, nil, nil
}

// The deadlines of the pieces of a set begin again each time that they are extended, so
// that the message is not dropped when its last piece comes.
func TestPiecesThatWait(t *testing.T) {
	cfg := testConfig(t, pubsubtest.Start(t))
	q := openNew(t, cfg)
	data := make([]byte, 2*pieceSize)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(data)
	messages, err := info{Message: queue.Message{ID: "large"}}.encode(data)
	if err != nil || len(messages) < 2 {
		t.Fatalf("%d pieces, %v", len(messages), err)
	}
	first := q.deliveries([]*pb.ReceivedMessage{{AckId: "first", Message: messages[0]}})[0]
	first.since = time.Now().Add(-cfg.AckDeadline * 7 / 8) // it has waited long
	q.pulling.mu.Lock()
	q.pulling.collect(first)
	q.pulling.mu.Unlock()
	ids, _ := q.toKeep(time.Now())
	q.kept(ids)
	rest := make([]*pb.ReceivedMessage, 0, len(messages)-1)
	for i, m := range messages[1:] {
		rest = append(rest, &pb.ReceivedMessage{AckId: fmt.Sprint(i), Message: m})
	}
	q.receive(t.Context(), rest)
	d := q.next()
	if d == nil {
		t.Fatal("the message was dropped")
	}
	if got, err := d.data(); err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

// The attributes of pieces without data take memory that is bounded as well, and a set that
// is dropped takes none.
func TestEmptyPiecesAreCounted(t *testing.T) {
	p := pulling{sets: map[string]*set{}}
	q := &pubsubQueue{}
	large := strings.Repeat("x", 1<<20)
	sets := 0
	for ; sets < 10_000; sets++ {
		d := q.deliveries([]*pb.ReceivedMessage{{Message: &pb.PubsubMessage{Attributes: map[string]string{
			encodingAttribute: zstdEncoding, sizeAttribute: "9", setAttribute: strconv.Itoa(sets), pieceAttribute: "0/64", "x": large,
		}}}})[0]
		if !p.collect(d) {
			break
		}
	}
	if sets == 0 || sets > maxSetBytes>>20 {
		t.Errorf("%d sets are collected", sets)
	}
	for name := range p.sets {
		p.drop(name)
	}
	if p.setBytes != 0 {
		t.Errorf("%d bytes are counted for no sets", p.setBytes)
	}
}

// Cancelled calls, and a server that ends, leave no goroutines behind after Close.
func TestNoGoroutinesStay(t *testing.T) {
	server := pubsubtest.Start(t)
	cfg := testConfig(t, server)
	first, err := cfg.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Init(t.Context()); err != nil { // the fake has goroutines for each subscription
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	before := runtime.NumGoroutine()
	for range 3 {
		opened, err := cfg.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		q := opened.(*pubsubQueue)
		for i := range 5 {
			if err := q.Publish(t.Context(), queue.Message{ID: fmt.Sprint("m", i), Data: []byte("{}")}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for ctx.Err() == nil {
				deliveries, _ := q.Pull(ctx, queue.Limits{}, time.Minute)
				for _, d := range deliveries {
					_ = d.Refuse(ctx, "no", true)
				}
			}
		}()
		for range q.DeadLetters(t.Context()) {
			break
		}
		cancel()
		<-done
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	}
	eventually.True(t, "all goroutines end", func() bool { return runtime.NumGoroutine() <= before })
}

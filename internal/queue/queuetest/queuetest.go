// SPDX-License-Identifier: Apache-2.0

// Package queuetest is the conformance suite of package queue. A driver calls
// Run from its test; a driver that passes implements queue.Queue correctly.
package queuetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// The settings with which the queues under test must be opened.
const (
	RetryDelay  = 100 * time.Millisecond
	MaxAttempts = 3
	// MaxMessageBytes is small enough for tests to exceed it.
	MaxMessageBytes = 24 << 20
)

// The visibility times of the queues under test: long, so that no message comes
// back while a test runs on a busy machine, or short if the test is about
// messages that come back.
const (
	long  = 5 * time.Minute
	short = 2 * time.Second
)

// soon is how long a test waits for an event that must happen.
const soon = time.Minute

// Capabilities are what a driver declares that its engine cannot do. The zero value is a
// queue that keeps the whole contract.
type Capabilities struct {
	NoPending  bool // Pending and Newest fail with queue.ErrUnsupported
	NoStats    bool // all numbers of Stats are queue.Unknown
	NoOrder    bool // messages come in any order
	Duplicates bool // an ID that is published twice comes twice
	Few        bool // the server is slow: fewer messages
}

// opener opens the queue of a test.
type opener struct {
	Capabilities
	open func() queue.Queue
}

// Setup returns a function that opens the queue of a test. The queue does not exist at
// first. Opening it again after Close opens the same queue. visibility is the time that the
// test needs; the other settings must be the constants above.
type Setup func(t *testing.T, visibility time.Duration) (open func() queue.Queue)

// Run checks that the queues of a driver keep the contract, except for what the driver
// declares. It calls setup once per test, and closes every queue it opens.
func Run(t *testing.T, setup Setup, lacks Capabilities) {
	for _, test := range []struct {
		name       string
		visibility time.Duration
		run        func(*testing.T, opener)
	}{
		{"Missing", long, testMissing},
		{"Init", long, testInit},
		{"Closed", long, testClosed},
		{"Publish", long, testPublish},
		{"PublishTwice", long, testPublishTwice},
		{"PublishRefused", long, testPublishRefused},
		{"Large", long, testLarge},
		{"Pending", long, testPending},
		{"Newest", long, testNewest},
		{"NewestRestored", long, testNewestRestored},
		{"Stats", long, testStats},
		{"Order", long, testOrder},
		{"Limits", long, testLimits},
		{"Wait", long, testWait},
		{"WaitCancelled", long, testWaitCancelled},
		{"Ack", short, testAck},
		{"Refuse", long, testRefuse},
		{"Postpone", long, testPostpone},
		{"Extend", short, testExtend},
		{"ComesBack", short, testComesBack},
		{"LateAck", short, testLateAck},
		{"DeadByRefusal", long, testDeadByRefusal},
		{"DeadByDecision", long, testDeadByDecision},
		{"DeadBySilence", short, testDeadBySilence},
		{"DeadLarge", long, testDeadLarge},
		{"Restore", long, testRestore},
		{"RestoreAll", long, testRestoreAll},
		{"Discard", long, testDiscard},
		{"Reopen", long, testReopen},
		{"ReopenHeld", long, testReopenHeld},
		{"Concurrency", long, testConcurrency},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			open := setup(t, test.visibility)
			test.run(t, opener{lacks, func() queue.Queue {
				t.Helper()
				q := open()
				t.Cleanup(func() { _ = q.Close() })
				return q
			}})
		})
	}
}

// start opens a queue and creates it.
func start(t *testing.T, o opener) queue.Queue {
	t.Helper()
	q := o.open()
	must(t, q.Init(t.Context()))
	return q
}

// needs skips a test of what the driver cannot do.
func needs(t *testing.T, lacks bool) {
	t.Helper()
	if lacks {
		t.Skip("the driver does not do this, as it declares")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// message returns a message whose data no other message has.
func message(id string) queue.Message {
	return queue.Message{
		ID:       id,
		Origin:   "origin_" + id,
		Token:    "token_" + id,
		Origins:  "origin_" + id + ",other",
		Objects:  len(id),
		Received: time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC),
		Data:     []byte(`{"report":"` + id + `"}`),
	}
}

func publish(t *testing.T, q queue.Queue, ids ...string) {
	t.Helper()
	for _, id := range ids {
		must(t, q.Publish(t.Context(), message(id)))
	}
}

// pull returns exactly n deliveries, waiting for them.
func pull(t *testing.T, q queue.Queue, n int) []queue.Delivery {
	t.Helper()
	var all []queue.Delivery
	end := time.Now().Add(soon)
	for len(all) < n {
		if time.Now().After(end) {
			t.Fatalf("pulled %d messages in %v, want %d: %q", len(all), soon, n, ids(all))
		}
		got, err := q.Pull(t.Context(), queue.Limits{Messages: n - len(all)}, soon)
		must(t, err)
		all = append(all, got...)
	}
	return all
}

// requireEmpty checks that no message is available.
func requireEmpty(t *testing.T, q queue.Queue) {
	t.Helper()
	got, err := q.Pull(t.Context(), queue.Limits{}, 0)
	must(t, err)
	if len(got) > 0 {
		t.Fatalf("pulled %q, want nothing", ids(got))
	}
}

func ack(t *testing.T, deliveries ...queue.Delivery) {
	t.Helper()
	for _, d := range deliveries {
		must(t, d.Ack(t.Context()))
	}
}

func ids(deliveries []queue.Delivery) []string {
	out := []string{}
	for _, d := range deliveries {
		out = append(out, d.Message().ID)
	}
	return out
}

func requireEqual[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if reflect.DeepEqual(got, want) {
		return // because package cmp takes seconds for large data
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// requireStats waits until the queue has the wanted numbers of messages. Bytes and Oldest
// must be zero exactly if there are no messages.
func (o opener) requireStats(t *testing.T, q queue.Queue, when string, want queue.Stats) {
	t.Helper()
	if o.NoStats {
		unknown := queue.Stats{Messages: queue.Unknown, Bytes: queue.Unknown, Unacked: queue.Unknown, DeadLetters: queue.Unknown}
		got, err := q.Stats(t.Context())
		must(t, err)
		requireEqual(t, when, got, unknown)
		return
	}
	eventually.Succeeds(t, func() error {
		got, err := q.Stats(t.Context())
		must(t, err)
		hasBytes, hasOldest := got.Bytes > 0, !got.Oldest.IsZero()
		got.Bytes, got.Oldest = 0, time.Time{}
		if has := want.Messages > 0; got == want && hasBytes == has && hasOldest == has {
			return nil
		}
		return fmt.Errorf("%s: the queue has %+v, some bytes: %v, an oldest message: %v, want %+v", when, got, hasBytes, hasOldest, want)
	})
}

// randomData returns n bytes, always the same, of which no two pieces are alike.
func randomData(n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(data)
	return data
}

func deadIDs(t *testing.T, q queue.Queue) []string {
	t.Helper()
	out := []string{}
	for l, err := range q.DeadLetters(t.Context()) {
		must(t, err)
		out = append(out, l.ID)
		if l.Data != nil {
			t.Errorf("the list of dead letters has the data of %s", l.ID)
		}
	}
	return out
}

// requirePending checks whether a message with the ID is in the queue.
func (o opener) requirePending(t *testing.T, q queue.Queue, when, id string, want bool) {
	t.Helper()
	got, err := q.Pending(t.Context(), id)
	if o.NoPending {
		if !errors.Is(err, queue.ErrUnsupported) {
			t.Errorf("%s: Pending of %s: %v, want %v", when, id, err, queue.ErrUnsupported)
		}
		return
	}
	must(t, err)
	if got != want {
		t.Errorf("%s: %s is pending: %v", when, id, got)
	}
}

// newIDs returns n IDs in their order.
func newIDs(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("m%05d", i)
	}
	return out
}

// pullAll pulls and acknowledges n messages, in rounds of limits.
func pullAll(t *testing.T, q queue.Queue, n int, limits queue.Limits) [][]string {
	t.Helper()
	rounds := [][]string{}
	end := time.Now().Add(soon)
	for n > 0 {
		if time.Now().After(end) {
			t.Fatalf("pulled %q in %v, %d messages are missing", rounds, soon, n)
		}
		got, err := q.Pull(t.Context(), limits, soon)
		must(t, err)
		if len(got) > 0 {
			rounds = append(rounds, ids(got))
			ack(t, got...)
			n -= len(got)
		}
	}
	requireEmpty(t, q)
	return rounds
}

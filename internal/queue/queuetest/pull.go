// SPDX-License-Identifier: Apache-2.0

package queuetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

func testOrder(t *testing.T, o opener) {
	needs(t, o.NoOrder)
	q := start(t, o)
	want := newIDs(100)
	publish(t, q, want...)
	requireEqual(t, "order", ids(pull(t, q, 100)), want)
}

func testLimits(t *testing.T, o opener) {
	q := start(t, o)
	for _, test := range []struct {
		name    string
		limits  queue.Limits
		objects []int // of the messages m00000, m00001, ...; as many kilobytes
		want    [][]string
	}{
		{"none", queue.Limits{}, []int{1, 9, 1}, [][]string{{"m00000", "m00001", "m00002"}}},
		{"messages", queue.Limits{Messages: 2}, []int{1, 1, 1}, [][]string{{"m00000", "m00001"}, {"m00002"}}},
		{"objects", queue.Limits{Objects: 5}, []int{2, 3, 1, 4, 1}, [][]string{{"m00000", "m00001"}, {"m00002", "m00003"}, {"m00004"}}},
		{"a large first one", queue.Limits{Objects: 5}, []int{9, 1}, [][]string{{"m00000"}, {"m00001"}}},
		{"a large next one", queue.Limits{Objects: 5}, []int{1, 9, 1}, [][]string{{"m00000"}, {"m00001"}, {"m00002"}}},
		{"bytes", queue.Limits{Bytes: 5000}, []int{2, 3, 1, 4, 1}, [][]string{{"m00000", "m00001"}, {"m00002", "m00003"}, {"m00004"}}},
		{"all", queue.Limits{Messages: 2, Objects: 5, Bytes: 4000}, []int{1, 1, 1, 4, 1}, [][]string{{"m00000", "m00001"}, {"m00002"}, {"m00003"}, {"m00004"}}},
	} {
		must(t, q.Cleanup(t.Context())) // IDs may be used again
		must(t, q.Init(t.Context()))
		for i, id := range newIDs(len(test.objects)) {
			m := message(id)
			m.Objects, m.Data = test.objects[i], randomData(test.objects[i]*1000)
			must(t, q.Publish(t.Context(), m))
		}
		o.requireStats(t, q, test.name, queue.Stats{Messages: len(test.objects)}) // a Pull knows them all
		got := pullAll(t, q, len(test.objects), test.limits)
		if !o.NoOrder {
			requireEqual(t, test.name, got, test.want)
			continue
		}
		objects := map[string]int{}
		for i, id := range newIDs(len(test.objects)) {
			objects[id] = test.objects[i]
		}
		requireWithin(t, test.name, got, test.limits, objects)
	}
}

// requireWithin checks that each round has one message or is within the limits, and that
// the rounds have each message once. objects are those of each message, which has as many
// kilobytes.
func requireWithin(t *testing.T, name string, rounds [][]string, limits queue.Limits, objects map[string]int) {
	t.Helper()
	all := slices.Concat(rounds...)
	slices.Sort(all)
	requireEqual(t, name, all, slices.Sorted(maps.Keys(objects)))
	for _, round := range rounds {
		sum := 0
		for _, id := range round {
			sum += objects[id]
		}
		over := limits.Messages > 0 && len(round) > limits.Messages || limits.Objects > 0 && sum > limits.Objects ||
			limits.Bytes > 0 && sum*1000 > limits.Bytes
		if over && len(round) > 1 {
			t.Errorf("%s: %q together exceed %+v", name, round, limits)
		}
	}
}

func testWait(t *testing.T, o opener) {
	q := start(t, o)
	requireEmpty(t, q)
	begin := time.Now()
	got, err := q.Pull(t.Context(), queue.Limits{}, 200*time.Millisecond)
	must(t, err)
	if waited := time.Since(begin); len(got) > 0 || waited < 150*time.Millisecond {
		t.Errorf("%q after %v, want nothing after 200ms", ids(got), waited)
	}
	pulled := make(chan []queue.Delivery, 1)
	go func() {
		got, err := q.Pull(t.Context(), queue.Limits{}, soon)
		if err != nil {
			t.Error(err)
		}
		pulled <- got
	}()
	time.Sleep(50 * time.Millisecond) // Pull most likely waits by now; either way it must get the message
	publish(t, q, "a")
	select {
	case got := <-pulled:
		requireEqual(t, "what came", ids(got), []string{"a"})
	case <-time.After(soon):
		t.Fatal("a message published while Pull waits does not arrive")
	}
	ended := make(chan error, 1)
	go func() {
		_, err := q.Pull(t.Context(), queue.Limits{}, soon)
		ended <- err
	}()
	time.Sleep(50 * time.Millisecond) // Pull most likely waits by now; either way it must not keep Close waiting
	must(t, q.Close())
	// A Pull that Close had waited for would end without an error.
	if err := <-ended; !errors.Is(err, queue.ErrClosed) {
		t.Errorf("Pull while the queue is closed: %v, want %v", err, queue.ErrClosed)
	}
}

// testWaitCancelled: a Pull that ends early does not lose a message.
func testWaitCancelled(t *testing.T, o opener) {
	q := start(t, o)
	for _, id := range newIDs(20) {
		ctx, cancel := context.WithCancel(t.Context())
		pulled := make(chan []queue.Delivery, 1)
		go func() {
			got, err := q.Pull(ctx, queue.Limits{}, soon)
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			pulled <- got
		}()
		time.Sleep(time.Millisecond)
		go cancel() // roughly when the message comes
		publish(t, q, id)
		var got []queue.Delivery
		select {
		case got = <-pulled:
		case <-time.After(soon):
			t.Fatal("a cancelled Pull does not return")
		}
		if len(got) == 0 {
			got = pull(t, q, 1)
		}
		requireEqual(t, "message", ids(got), []string{id})
		requireEqual(t, "attempt", got[0].Attempt(), 1)
		ack(t, got...)
	}
}

func testAck(t *testing.T, o opener) {
	q := start(t, o)
	publish(t, q, "a", "b", "c")
	got := pullEach(t, q, "a", "b", "c")
	ack(t, got[1])
	ack(t, got[1]) // a second Ack does no harm
	must(t, q.Close())
	q = o.open()
	ack(t, pullEach(t, q, "a", "c")...) // what was not acknowledged
	requireEmpty(t, q)
}

// pullEach returns a delivery of each message with these IDs. It pulls no other messages.
// On a busy machine a message may come back meanwhile.
func pullEach(t *testing.T, q queue.Queue, want ...string) []queue.Delivery {
	t.Helper()
	all := map[string]queue.Delivery{}
	for len(all) < len(want) {
		d := pull(t, q, 1)[0]
		if !slices.Contains(want, d.Message().ID) {
			t.Fatalf("pulled %s, want %q", d.Message().ID, want)
		}
		all[d.Message().ID] = d
	}
	out := make([]queue.Delivery, len(want))
	for i, id := range want {
		out[i] = all[id]
	}
	return out
}

func testRefuse(t *testing.T, o opener) {
	q := start(t, o)
	publish(t, q, "a")
	d := pull(t, q, 1)[0]
	begin := time.Now()
	must(t, d.Refuse(t.Context(), "not now", false))
	d = pull(t, q, 1)[0]
	if waited := time.Since(begin); waited < RetryDelay/2 {
		t.Errorf("refused and back after %v, want %v", waited, RetryDelay)
	}
	requireEqual(t, "attempt", d.Attempt(), 2)
	requireEqual(t, "message", d.Message(), message("a"))
	ack(t, d)
	requireEmpty(t, q)
}

// testPostpone makes a message wait while the messages behind it are handed out.
// Extend, which a caller may call for a whole batch, does not shorten the wait.
func testPostpone(t *testing.T, o opener) {
	q := start(t, o)
	publish(t, q, "a")
	first := pull(t, q, 1)[0]
	must(t, first.Postpone(t.Context(), time.Hour))
	publish(t, q, "b")
	got := pull(t, q, 1)
	requireEqual(t, "the messages behind it", ids(got), []string{"b"})
	ack(t, got...)
	o.requirePending(t, q, "the message that waits", "a", true)
	publish(t, q, "c")
	last := pull(t, q, 1)[0]
	const delay = 400 * time.Millisecond
	begin := time.Now()
	must(t, last.Postpone(t.Context(), delay))
	_ = last.Extend(t.Context())
	again := pull(t, q, 1)[0]
	if waited := time.Since(begin); waited < delay/2 {
		t.Errorf("back after %v, want %v", waited, delay)
	}
	requireEqual(t, "message", again.Message(), message("c"))
	requireEqual(t, "attempt", again.Attempt(), 2)
	ack(t, again)
	requireEmpty(t, q)
}

func testExtend(t *testing.T, o opener) {
	q := start(t, o)
	// The machine may stop for longer than the visibility time. A message that comes
	// back then proves nothing; without extensions, each first message comes back first.
	eventually.Succeeds(t, func() error {
		must(t, q.Cleanup(t.Context())) // IDs may be used again
		must(t, q.Init(t.Context()))
		publish(t, q, "kept", "left")
		kept := pullEach(t, q, "kept", "left")[0]
		for end := time.Now().Add(2 * short); time.Now().Before(end); time.Sleep(short / 20) {
			must(t, kept.Extend(t.Context()))
		}
		if back := ids(pull(t, q, 1)); back[0] != "left" {
			return fmt.Errorf("%q came back", back)
		}
		return nil
	})
}

func testComesBack(t *testing.T, o opener) {
	q := start(t, o)
	m := message("a")
	m.Data = randomData(2 << 20)
	got, begin := pullTwice(t, q, m)
	if waited := time.Since(begin); waited < short/2 {
		t.Errorf("back after %v, want %v", waited, short)
	}
	requireEqual(t, "message", got[1].Message(), m)
	ack(t, got[1])
}

// pullTwice publishes a message, and returns its deliveries in the attempts 1 and 2, and
// the time before the first. The machine may stop while an attempt is on its way, so that
// the attempt reaches no Pull: then pullTwice starts again.
func pullTwice(t *testing.T, q queue.Queue, m queue.Message) (got [2]queue.Delivery, begin time.Time) {
	t.Helper()
	eventually.Succeeds(t, func() error {
		must(t, q.Cleanup(t.Context())) // IDs may be used again
		must(t, q.Init(t.Context()))
		must(t, q.Publish(t.Context(), m))
		begin = time.Now()
		for i := range got {
			got[i] = pull(t, q, 1)[0]
			if n := got[i].Attempt(); n != i+1 {
				return fmt.Errorf("attempt %d, want %d", n, i+1)
			}
		}
		return nil
	})
	return got, begin
}

func testLateAck(t *testing.T, o opener) {
	q := start(t, o)
	got, _ := pullTwice(t, q, message("a"))
	ack(t, got[1])
	ack(t, got[0])
	requireEmpty(t, q)
}

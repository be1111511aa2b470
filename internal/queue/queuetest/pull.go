// SPDX-License-Identifier: Apache-2.0

package queuetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
)

func testOrder(t *testing.T, open func() queue.Queue) {
	q := start(t, open)
	want := newIDs(100)
	publish(t, q, want...)
	requireEqual(t, "order", ids(pull(t, q, 100)), want)
}

func testLimits(t *testing.T, open func() queue.Queue) {
	q := start(t, open)
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
		requireEqual(t, test.name, pullAll(t.Context(), t, q, test.limits), test.want)
	}
}

func testWait(t *testing.T, open func() queue.Queue) {
	q := start(t, open)
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
	go func() { _, _ = q.Pull(t.Context(), queue.Limits{}, soon) }()
	time.Sleep(50 * time.Millisecond)
	begin = time.Now()
	must(t, q.Close())
	if waited := time.Since(begin); waited > soon/4 {
		t.Errorf("Close with a waiting Pull takes %v", waited)
	}
}

// testWaitCancelled: a Pull that ends early does not lose a message.
func testWaitCancelled(t *testing.T, open func() queue.Queue) {
	q := start(t, open)
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

func testAck(t *testing.T, open func() queue.Queue) {
	q := start(t, open)
	publish(t, q, "a", "b", "c")
	got := pull(t, q, 3)
	ack(t, got[1])
	ack(t, got[1]) // a second Ack does no harm
	must(t, q.Close())
	q = open()
	back := pull(t, q, 2)
	requireEqual(t, "what was not acknowledged", ids(back), []string{"a", "c"})
	ack(t, back...)
	requireEmpty(t, q)
}

func testRefuse(t *testing.T, open func() queue.Queue) {
	q := start(t, open)
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
func testPostpone(t *testing.T, open func() queue.Queue) {
	q := start(t, open)
	publish(t, q, "a", "b")
	first := pull(t, q, 1)[0]
	const delay = 400 * time.Millisecond
	begin := time.Now()
	must(t, first.Postpone(t.Context(), delay))
	_ = first.Extend(t.Context())
	got := pull(t, q, 1)
	requireEqual(t, "the messages behind it", ids(got), []string{"b"})
	ack(t, got...)
	if pending, err := q.Pending(t.Context(), "a"); err != nil || !pending {
		t.Errorf("the message that waits is pending: %v, %v", pending, err)
	}
	again := pull(t, q, 1)[0]
	if waited := time.Since(begin); waited < delay/2 {
		t.Errorf("back after %v, want %v", waited, delay)
	}
	requireEqual(t, "message", again.Message(), message("a"))
	requireEqual(t, "attempt", again.Attempt(), 2)
	ack(t, again)
	requireEmpty(t, q)
}

func testExtend(t *testing.T, open func() queue.Queue) {
	q := start(t, open)
	publish(t, q, "kept", "left")
	got := pull(t, q, 2)
	// The machine may stop for longer than the visibility time. A message that
	// comes back then proves nothing.
	last, late := time.Now(), false
	for end := time.Now().Add(2 * short); time.Now().Before(end); time.Sleep(short / 20) {
		must(t, got[0].Extend(t.Context()))
		late = late || time.Since(last) > short/2
		last = time.Now()
	}
	back := ids(pull(t, q, 1))
	if late = late || time.Since(last) > short/2; !late {
		requireEqual(t, "what came back", back, []string{"left"})
	}
	ack(t, got[0])
}

func testComesBack(t *testing.T, open func() queue.Queue) {
	q := start(t, open)
	m := message("a")
	m.Data = randomData(2 << 20)
	must(t, q.Publish(t.Context(), m))
	begin := time.Now()
	pull(t, q, 1)
	d := pull(t, q, 1)[0]
	if waited := time.Since(begin); waited < short/2 {
		t.Errorf("back after %v, want %v", waited, short)
	}
	requireEqual(t, "attempt", d.Attempt(), 2)
	requireEqual(t, "message", d.Message(), m)
	ack(t, d)
}

func testLateAck(t *testing.T, open func() queue.Queue) {
	q := start(t, open)
	publish(t, q, "a")
	first := pull(t, q, 1)[0]
	second := pull(t, q, 1)[0]
	requireEqual(t, "attempt", second.Attempt(), 2)
	ack(t, second)
	ack(t, first)
	requireEmpty(t, q)
}

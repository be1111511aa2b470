// SPDX-License-Identifier: Apache-2.0

package queuetest

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
)

func testMissing(t *testing.T, o opener) {
	q := o.open()
	ctx := t.Context()
	_, pullErr := q.Pull(ctx, queue.Limits{}, soon)
	_, pendingErr := q.Pending(ctx, "a")
	_, statsErr := q.Stats(ctx)
	listErr := listError(q.DeadLetters(ctx))
	_, getErr := q.DeadLetter(ctx, "a")
	if o.NoPending && errors.Is(pendingErr, queue.ErrUnsupported) {
		pendingErr = queue.ErrNotFound
	}
	for what, err := range map[string]error{
		"Publish":     q.Publish(ctx, message("a")),
		"Pull":        pullErr,
		"Pending":     pendingErr,
		"Stats":       statsErr,
		"DeadLetters": listErr,
		"DeadLetter":  getErr,
		"Restore":     q.Restore(ctx, "a"),
		"Discard":     q.Discard(ctx, "a"),
		"Cleanup":     q.Cleanup(ctx),
	} {
		if !errors.Is(err, queue.ErrNotFound) {
			t.Errorf("%s on a queue that does not exist: %v, want %v", what, err, queue.ErrNotFound)
		}
	}
}

// listError returns the error that ends a list.
func listError(letters iter.Seq2[queue.DeadLetter, error]) (last error) {
	for _, last = range letters {
	}
	return last
}

func testInit(t *testing.T, o opener) {
	q := start(t, o)
	publish(t, q, "a")
	must(t, q.Init(t.Context()))
	o.requirePending(t, q, "after a second Init", "a", true)
	must(t, q.Cleanup(t.Context()))
	if err := q.Publish(t.Context(), message("b")); !errors.Is(err, queue.ErrNotFound) {
		t.Errorf("Publish after Cleanup: %v, want %v", err, queue.ErrNotFound)
	}
	must(t, q.Init(t.Context()))
	requireEmpty(t, q)
	publish(t, q, "a")
	ack(t, pull(t, q, 1)...)
}

func testClosed(t *testing.T, o opener) {
	q := start(t, o)
	must(t, q.Close())
	must(t, q.Close())
	_, pullErr := q.Pull(t.Context(), queue.Limits{}, 0)
	for what, err := range map[string]error{
		"Init":    q.Init(t.Context()),
		"Publish": q.Publish(t.Context(), message("a")),
		"Pull":    pullErr,
	} {
		if !errors.Is(err, queue.ErrClosed) {
			t.Errorf("%s on a closed queue: %v, want %v", what, err, queue.ErrClosed)
		}
	}
}

func testPublish(t *testing.T, o opener) {
	q := start(t, o)
	full, bare := message("full"), queue.Message{ID: "bare", Received: message("").Received}
	full.Origin = "quotes \" and\r\nlines: ä"
	must(t, q.Publish(t.Context(), full))
	must(t, q.Publish(t.Context(), bare))
	for i, d := range pullEach(t, q, "full", "bare") {
		got := d.Message()
		if len(got.Data) == 0 {
			got.Data = nil
		}
		requireEqual(t, "message", got, []queue.Message{full, bare}[i])
		requireEqual(t, "attempt", d.Attempt(), 1)
	}
}

func testPublishTwice(t *testing.T, o opener) {
	needs(t, o.Duplicates)
	q := start(t, o)
	publish(t, q, "a", "a", "b", "a")
	got := pull(t, q, 2)
	requireEqual(t, "messages", ids(got), []string{"a", "b"})
	publish(t, q, "a") // while it is handed out
	ack(t, got...)
	publish(t, q, "a") // when it is acknowledged
	requireEmpty(t, q)
}

func testPublishRefused(t *testing.T, o opener) {
	q := start(t, o)
	for _, id := range []string{"", "*", ">", "a.b", "a b", "a\r\nb", "ä", strings.Repeat("a", 300)} {
		m := message("a")
		m.ID = id
		if err := q.Publish(t.Context(), m); err == nil {
			t.Errorf("the ID %q is accepted", id)
		}
		o.requirePending(t, q, "refused", id, false)
		if _, err := q.DeadLetter(t.Context(), id); !errors.Is(err, queue.ErrNotFound) {
			t.Errorf("the dead letter %q: %v, want %v", id, err, queue.ErrNotFound)
		}
	}
	m := message("huge")
	m.Data = make([]byte, MaxMessageBytes+1)
	if err := q.Publish(t.Context(), m); !errors.Is(err, queue.ErrTooLarge) {
		t.Errorf("a message beyond the limit: %v, want %v", err, queue.ErrTooLarge)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.Publish(ctx, message("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("Publish with a cancelled context: %v", err)
	}
	requireEmpty(t, q)
}

func testLarge(t *testing.T, o opener) {
	q := start(t, o)
	sizes := []int{640 << 10, 640<<10 + 1, 1 << 20, 20 << 20}
	names := newIDs(len(sizes))
	for i, size := range sizes {
		m := message(names[i])
		m.Data = randomData(size)
		must(t, q.Publish(t.Context(), m))
		if !o.Duplicates {
			must(t, q.Publish(t.Context(), m))
		}
	}
	o.requireStats(t, q, "published", queue.Stats{Messages: len(sizes)})
	for i, d := range pullEach(t, q, names...) {
		if !bytes.Equal(d.Message().Data, randomData(sizes[i])) {
			t.Errorf("%d bytes arrive as %d others", sizes[i], len(d.Message().Data))
		}
		ack(t, d)
	}
	o.requireStats(t, q, "acknowledged", queue.Stats{})
}

func testPending(t *testing.T, o opener) {
	q := start(t, o)
	o.requirePending(t, q, "before", "a", false)
	publish(t, q, "a", "ab")
	o.requirePending(t, q, "waiting", "a", true)
	o.requirePending(t, q, "part of an ID", "b", false)
	got := pullEach(t, q, "a", "ab")
	o.requirePending(t, q, "out", "a", true)
	ack(t, got[0])
	o.requirePending(t, q, "acknowledged", "a", false)
	o.requirePending(t, q, "not acknowledged", "ab", true)
	must(t, got[1].Refuse(t.Context(), "bad", true))
	o.requirePending(t, q, "dead", "ab", false)
}

func testNewest(t *testing.T, o opener) {
	needs(t, o.NoPending)
	q := start(t, o)
	newest := func(want time.Time) {
		t.Helper()
		if got, err := q.Newest(t.Context()); err != nil || !got.Equal(want) {
			t.Errorf("the newest message was received at %v, %v, want %v", got, err, want)
		}
	}
	newest(time.Time{})
	at := func(id string, n int, size int) time.Time {
		m := message(id)
		m.Received = m.Received.Add(time.Duration(n) * time.Microsecond)
		m.Data = make([]byte, size)
		must(t, q.Publish(t.Context(), m))
		return m.Received
	}
	first := at("a", 1, 10)
	newest(first)
	second := at("b", 2, 2<<20) // in pieces
	newest(second)
	got := pull(t, q, 2)
	must(t, got[0].Refuse(t.Context(), "bad", true))
	newest(second)
	ack(t, got[1])
	newest(first) // given up
	third := at("c", 3, 10)
	newest(third)
	must(t, q.Restore(t.Context(), "a"))
	for _, d := range pull(t, q, 2) {
		if m := d.Message(); m.ID == "a" && !m.Received.Equal(first) {
			t.Errorf("restored, it was received at %v, not %v", m.Received, first)
		}
	}
}

// testNewestRestored gives up and restores older messages behind newer
// messages.
func testNewestRestored(t *testing.T, o opener) {
	needs(t, o.NoPending)
	q := start(t, o)
	newest := func(when string, want time.Time) {
		t.Helper()
		if got, err := q.Newest(t.Context()); err != nil || !got.Equal(want) {
			t.Errorf("%s: the newest message was received at %v, %v, want %v", when, got, err, want)
		}
	}
	at := func(id string, n int) time.Time {
		m := message(id)
		m.Received = m.Received.Add(time.Duration(n) * time.Microsecond)
		must(t, q.Publish(t.Context(), m))
		return m.Received
	}
	at("a", 1)
	at("b", 2)
	third := at("c", 3)
	got := pull(t, q, 3)
	for _, i := range []int{2, 0, 1} { // the newest first
		must(t, got[i].Refuse(t.Context(), "bad", true))
	}
	newest("all given up", third)
	fourth := at("d", 4)
	must(t, q.Restore(t.Context(), "a"))
	newest("one restored", fourth)
	must(t, q.Restore(t.Context(), "b"))
	newest("two restored", fourth)
	for _, d := range pull(t, q, 3) {
		if d.Message().ID == "b" {
			ack(t, d)
		}
	}
	newest("the last acknowledged", fourth)
}

func testStats(t *testing.T, o opener) {
	q := start(t, o)
	o.requireStats(t, q, "empty", queue.Stats{})
	publish(t, q, "a", "b", "c")
	o.requireStats(t, q, "published", queue.Stats{Messages: 3})
	got := pull(t, q, 2)
	o.requireStats(t, q, "pulled", queue.Stats{Messages: 3, Unacked: 2})
	ack(t, got[0])
	o.requireStats(t, q, "acknowledged", queue.Stats{Messages: 2, Unacked: 1})
	must(t, got[1].Refuse(t.Context(), "bad", true))
	o.requireStats(t, q, "given up", queue.Stats{Messages: 1, DeadLetters: 1})
	ack(t, pull(t, q, 1)...)
	o.requireStats(t, q, "done", queue.Stats{DeadLetters: 1})
}

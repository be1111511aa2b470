// SPDX-License-Identifier: Apache-2.0

package queuetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// refuse refuses a message until it is given up.
func refuse(t *testing.T, q queue.Queue, reason string) {
	t.Helper()
	for i := range MaxAttempts {
		d := pull(t, q, 1)[0]
		requireEqual(t, "attempt", d.Attempt(), i+1)
		must(t, d.Refuse(t.Context(), fmt.Sprintf("%s %d", reason, i+1), false))
	}
}

func testDeadByRefusal(t *testing.T, o opener) {
	q := start(t, o)
	requireEqual(t, "dead letters", deadIDs(t, q), []string{})
	publish(t, q, "a")
	before := time.Now().Add(-time.Second)
	refuse(t, q, "does not load\n"+strings.Repeat("x", 100_000))
	requireEqual(t, "dead letters", deadIDs(t, q), []string{"a"})
	requireEmpty(t, q)
	got, err := q.DeadLetter(t.Context(), "a")
	must(t, err)
	requireEqual(t, "message", got.Message, message("a"))
	requireEqual(t, "attempts", got.Attempts, MaxAttempts)
	if !strings.HasPrefix(got.Reason, "does not load\nxxxx") {
		t.Errorf("the reason is %.100q", got.Reason)
	}
	if got.Time.Before(before) || got.Time.After(time.Now().Add(time.Second)) {
		t.Errorf("given up at %v", got.Time)
	}
}

func testDeadByDecision(t *testing.T, o opener) {
	q := start(t, o)
	publish(t, q, "a", "b", "c")
	for _, d := range pullEach(t, q, "a", "b", "c") {
		must(t, d.Refuse(t.Context(), "never", true))
	}
	requireEqual(t, "dead letters", deadIDs(t, q), []string{"a", "b", "c"})
	got, err := q.DeadLetter(t.Context(), "b")
	must(t, err)
	requireEqual(t, "reason", got.Reason, "never")
	requireEqual(t, "attempts", got.Attempts, 1)
	if _, err := q.DeadLetter(t.Context(), "z"); !errors.Is(err, queue.ErrNotFound) {
		t.Errorf("a dead letter that is not there: %v, want %v", err, queue.ErrNotFound)
	}
}

func testDeadBySilence(t *testing.T, o opener) {
	q := start(t, o)
	eventually.Succeeds(t, func() error {
		must(t, q.Cleanup(t.Context())) // IDs may be used again
		must(t, q.Init(t.Context()))
		publish(t, q, "a")
		var attempts []int
		eventually.True(t, "the message is given up", func() bool {
			got, err := q.Pull(t.Context(), queue.Limits{}, 0)
			must(t, err)
			for _, d := range got {
				attempts = append(attempts, d.Attempt())
			}
			return len(deadIDs(t, q)) == 1
		})
		if len(attempts) > MaxAttempts {
			t.Fatalf("handed out in the attempts %v, want %d", attempts, MaxAttempts)
		}
		// The machine may stop while an attempt is on its way to a Pull.
		if len(attempts) < MaxAttempts {
			return fmt.Errorf("handed out in the attempts %v, want %d", attempts, MaxAttempts)
		}
		return nil
	})
	got, err := q.DeadLetter(t.Context(), "a")
	must(t, err)
	requireEqual(t, "message", got.Message, message("a"))
	requireEqual(t, "reason", got.Reason, fmt.Sprintf("handed out %d times and never acknowledged", MaxAttempts))
	requireEqual(t, "attempts", got.Attempts, MaxAttempts)
}

func testDeadLarge(t *testing.T, o opener) {
	q := start(t, o)
	m := message("a")
	m.Data = randomData(3 << 20)
	must(t, q.Publish(t.Context(), m))
	must(t, pull(t, q, 1)[0].Refuse(t.Context(), "never", true))
	o.requireStats(t, q, "given up", queue.Stats{DeadLetters: 1})
	requireEqual(t, "dead letters", deadIDs(t, q), []string{"a"})
	got, err := q.DeadLetter(t.Context(), "a")
	must(t, err)
	requireEqual(t, "message", got.Message, m)
	must(t, q.Restore(t.Context(), "a"))
	requireEqual(t, "dead letters", deadIDs(t, q), []string{})
	d := pull(t, q, 1)[0]
	requireEqual(t, "message", d.Message(), m)
	must(t, d.Refuse(t.Context(), "never", true))
	must(t, q.Discard(t.Context(), "a"))
	o.requireStats(t, q, "discarded", queue.Stats{})
}

func testRestore(t *testing.T, o opener) {
	q := start(t, o)
	publish(t, q, "a", "b")
	for _, d := range pull(t, q, 2) {
		must(t, d.Refuse(t.Context(), "never", true))
	}
	must(t, q.Restore(t.Context(), "a"))
	requireEqual(t, "dead letters", deadIDs(t, q), []string{"b"})
	if err := q.Restore(t.Context(), "a"); !errors.Is(err, queue.ErrNotFound) {
		t.Errorf("restored twice: %v, want %v", err, queue.ErrNotFound)
	}
	o.requirePending(t, q, "restored", "a", true)
	d := pull(t, q, 1)[0]
	requireEqual(t, "message", d.Message(), message("a"))
	requireEqual(t, "attempt", d.Attempt(), 1)
	must(t, d.Refuse(t.Context(), "never again", true))
	requireEqual(t, "dead letters", deadIDs(t, q), []string{"b", "a"})
}

func testDiscard(t *testing.T, o opener) {
	q := start(t, o)
	publish(t, q, "a", "b")
	for _, d := range pull(t, q, 2) {
		must(t, d.Refuse(t.Context(), "never", true))
	}
	must(t, q.Discard(t.Context(), "a"))
	requireEqual(t, "dead letters", deadIDs(t, q), []string{"b"})
	for what, err := range map[string]error{
		"discarded twice":        q.Discard(t.Context(), "a"),
		"restored when gone":     q.Restore(t.Context(), "a"),
		"discarded while absent": q.Discard(t.Context(), "*"),
	} {
		if !errors.Is(err, queue.ErrNotFound) {
			t.Errorf("%s: %v, want %v", what, err, queue.ErrNotFound)
		}
	}
}

// testRestoreAll restores dead letters while it reads their list. Messages that are
// given up again meanwhile do not make the list longer, and it does no harm to stop
// before the end of a list.
func testRestoreAll(t *testing.T, o opener) {
	q := start(t, o)
	all := newIDs(600) // more than a page of any driver
	if o.Few {
		all = all[:40]
	}
	var publishing errgroup.Group
	for _, id := range all {
		publishing.Go(func() error { return q.Publish(t.Context(), message(id)) })
	}
	must(t, publishing.Wait())
	for _, d := range pull(t, q, len(all)) {
		must(t, d.Refuse(t.Context(), "never", true))
	}
	o.requireStats(t, q, "given up", queue.Stats{DeadLetters: len(all)})
	for _, err := range q.DeadLetters(t.Context()) {
		must(t, err)
		break
	}
	restored := 0
	for letter, err := range q.DeadLetters(t.Context()) {
		must(t, err)
		must(t, q.Restore(t.Context(), letter.ID))
		restored++
		if restored == 1 {
			again := pull(t, q, 1)[0]
			requireEqual(t, "received", again.Message().Received, message(letter.ID).Received)
			must(t, again.Refuse(t.Context(), "never again", true))
		}
	}
	requireEqual(t, "restored", restored, len(all))
	o.requireStats(t, q, "restored", queue.Stats{Messages: len(all) - 1, DeadLetters: 1})
}

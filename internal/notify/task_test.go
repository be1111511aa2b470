// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestTasks: NotifyFor considers and writes all there is, SendFor sends all there is.
// Neither waits until other notifications are due.
func TestTasks(t *testing.T) {
	h := newTestbed(t, map[string]string{
		"now.yaml":   "on: test\nmatch: 'true'\nto: [a@example.org]\nsubject: now {{.Object.ID}}\n",
		"later.yaml": "on: test\nmatch: 'true'\nwait: 1h\nto: [b@example.org]\nsubject: later {{.Object.ID}}\n",
	})
	task := func(considered, written, sent int64) {
		t.Helper()
		c, w, err := h.NotifyFor(t.Context(), time.Minute)
		if err != nil || c != considered || w != written {
			t.Errorf("%d considered, %d written, %v; want %d and %d", c, w, err, considered, written)
		}
		if s, err := h.SendFor(t.Context(), time.Minute); err != nil || s != sent {
			t.Errorf("%d sent, %v, want %d", s, err, sent)
		}
	}
	task(0, 0, 0)
	h.load(aCheckout + "," + aBuild + `,"tests": [{"id": "ci:t1", "origin": "ci", "build_id": "ci:b1"}, {"id": "ci:t2", "origin": "ci", "build_id": "ci:b1"}]`)
	task(4, 2, 2)
	task(0, 0, 0)
	h.expect("a@example.org: now ci:t1", "a@example.org: now ci:t2")
	h.clock.move(time.Hour)
	task(0, 2, 2)
	// The lease is given back, so that another process may consider at once.
	if got, err := h.Spool.Lease(t.Context(), "another", lease); err != nil || !got {
		t.Errorf("lease: %v, %v", got, err)
	}
}

// TestTasksEnd: nothing is begun when the time is over.
func TestTasksEnd(t *testing.T) {
	h := newTestbed(t, map[string]string{"now.yaml": "on: test\nmatch: 'true'\nto: [a@example.org]\n"})
	h.load(aCheckout + "," + aBuild + `,"tests": [{"id": "ci:t1", "origin": "ci", "build_id": "ci:b1"}]`)
	if c, w, err := h.NotifyFor(t.Context(), 0); c != 0 || w != 0 || err != nil {
		t.Errorf("%d %d %v", c, w, err)
	}
	h.work()
	if s, err := h.SendFor(t.Context(), 0); s != 0 || err != nil {
		t.Errorf("%d %v", s, err)
	}
}

// TestUntilRepeats: a step that fails is repeated so often that it may set the object at
// fault aside, and no more.
func TestUntilRepeats(t *testing.T) {
	h := newTestbed(t, nil)
	calls, failing := 0, maxFailures
	step := func(context.Context) (bool, error) {
		if calls++; calls <= failing {
			return false, errors.New("broken")
		}
		return false, nil
	}
	if err := h.until(t.Context(), h.clock.Now().Add(time.Hour), step); err != nil || calls != failing+1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	calls, failing = 0, maxFailures+1
	if err := h.until(t.Context(), h.clock.Now().Add(time.Hour), step); err == nil || calls != failing {
		t.Errorf("%d calls, %v", calls, err)
	}
	calls = 0
	panics := func(context.Context) (bool, error) { calls++; panic("broken") }
	if err := h.until(t.Context(), h.clock.Now().Add(time.Hour), panics); err == nil || calls != maxFailures+1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

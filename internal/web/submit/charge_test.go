// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestFaultsAreCharged lets a sender wait whose faults took too long, and no other sender.
func TestFaultsAreCharged(t *testing.T) {
	d, h := newReceiver(t, 0)
	d.Partial = true
	now, step := time.Now(), time.Duration(0)
	d.Now = func() time.Time { // each look at the clock takes time
		now = now.Add(step)
		return now
	}
	send := func(body, address string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/submit", strings.NewReader(body))
		r.RemoteAddr = address + ":1"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	want := func(what string, w *httptest.ResponseRecorder, code int) {
		t.Helper()
		if w.Code != code || (w.Header().Get("Retry-After") != "") != (code == http.StatusTooManyRequests) {
			t.Errorf("%s: %d, come back after %q, want %d", what, w.Code, w.Header().Get("Retry-After"), code)
		}
	}
	step = 10 * faultyBurst * time.Second
	want("a good report that takes long", send(emptyReport, "192.0.2.1"), http.StatusOK)
	want("a good report after it", send(emptyReport, "192.0.2.1"), http.StatusOK)
	step = faultyBurst * time.Second
	want("a report with faults", send("[]", "192.0.2.1"), http.StatusBadRequest)
	step = 0
	want("the next", send(emptyReport, "192.0.2.1"), http.StatusTooManyRequests)
	want("another sender", send(emptyReport, "192.0.2.2"), http.StatusOK)
	now = now.Add(time.Hour)
	want("an hour later", send(emptyReport, "192.0.2.1"), http.StatusOK)
}

// TestFaultyBodiesTakeTurns reads short reports a second time one after the other. Good ones
// need no turn.
func TestFaultyBodiesTakeTurns(t *testing.T) {
	d, h := newReceiver(t, 0)
	d.Partial, d.Wait = true, time.Millisecond
	for d.turns.TryAcquire(1) {
	}
	if w := ask(h, "POST", "/submit", "[]"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("with faults: %d", w.Code)
	}
	if w := ask(h, "POST", "/submit?strict=1", "[]"); w.Code != http.StatusBadRequest {
		t.Errorf("with faults, which is read once: %d", w.Code)
	}
	if w := ask(h, "POST", "/submit", emptyReport); w.Code != http.StatusOK {
		t.Errorf("without faults: %d", w.Code)
	}
}

func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// TestShortBodiesHaveMemory keeps memory for short bodies while long ones have all of theirs.
func TestShortBodiesHaveMemory(t *testing.T) {
	d, h := newReceiver(t, 0)
	d.Wait = time.Millisecond
	for _, m := range []*memory{d.memory, d.checking} {
		if !m.tryLong(m.most) || m.tryLong(1) || m.acquireLong(cancelled(t), 1) == nil {
			t.Error("long bodies get more than their share, or less")
		}
	}
	if w := ask(h, "POST", "/submit", emptyReport); w.Code != http.StatusOK {
		t.Errorf("beside long bodies: %d %s", w.Code, w.Body)
	}
	for _, m := range []*memory{d.memory, d.checking} {
		m.releaseLong(m.most)
		if !m.TryAcquire(d.MaxMemory) {
			t.Error("memory was not given back")
		}
	}
}

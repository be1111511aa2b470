// SPDX-License-Identifier: Apache-2.0

package front

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// slots limits how many requests of a kind are answered at a time.
type slots struct {
	kind Kind
	used chan struct{} // has a value for each slot in use
	// most is how many requests may wait for a slot. Further requests are refused at
	// once: they would not get a slot in time, and would only hold memory.
	most    int64
	waiting atomic.Int64
	within  time.Duration // how long an answer may take
}

// The slots of kinds that Limits does not name. A page takes up to tens of milliseconds
// of a processor: more pages at a time would only make each slower.
const (
	probesAtOnce = 16
	lightAtOnce  = 32
	filesAtOnce  = 8 // each holds a file in memory
	lightTime    = 30 * time.Second
	pageTime     = 25 * time.Second
	tasksAtOnce  = 8
	taskTime     = 10 * time.Minute // Pub/Sub waits that long for an answer at most
	waitEach     = 4                // requests that may wait for each slot
)

func newSlots(k Kind, l Limits) *slots {
	n, within := l.AtOnce, l.Time
	switch k {
	case Probe:
		n, within = probesAtOnce, min(within, lightTime)
	case Light, Receipt:
		n, within = lightAtOnce, min(within, lightTime)
	case File:
		n, within = filesAtOnce, min(within, lightTime)
	case Page:
		n, within = max(l.AtOnce/4, 1), min(within, pageTime)
	case Task:
		n, within = tasksAtOnce, taskTime
	case Pattern: // other kinds have half of the processors
		n = min(l.AtOnce, max(runtime.GOMAXPROCS(0)/2, 1))
	}
	return &slots{kind: k, used: make(chan struct{}, n), most: int64(waitEach * n), within: within}
}

// take takes a slot. It returns false if all slots stay in use for patience.
func (s *slots) take(ctx context.Context) bool {
	select {
	case s.used <- struct{}{}:
		return true
	default:
	}
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > s.most {
		return false
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case s.used <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

func (s *slots) release() { <-s.used }

// inSlot answers by h in a slot, in limited time.
func (v *request) inSlot(h http.Handler, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), v.slots.within)
	defer cancel()
	if !v.slots.take(ctx) {
		v.limits.Metrics.Refused("busy")
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		refuse(w, v.slots.kind, http.StatusServiceUnavailable, "Too many requests are being answered: try again in a while")
		return
	}
	sw := &slotWriter{ResponseWriter: w, slots: v.slots, stalled: v.streams, ctx: ctx, held: true}
	sw.answer = stalledAnswer{weight: 1, cut: func() {
		cancel()
		v.connection.SetWriteDeadline(longAgo)
	}}
	defer sw.end()
	r = r.WithContext(ctx)
	if r.ContentLength != 0 {
		r.Body = http.MaxBytesReader(w, r.Body, v.slots.kind.maxBody())
	}
	h.ServeHTTP(sw, r)
}

// slotWriter writes an answer that has a slot. While its client reads nothing, the
// answer is stalled, and another request may have the slot.
type slotWriter struct {
	http.ResponseWriter
	answer  stalledAnswer
	slots   *slots
	stalled *stalled
	ctx     context.Context

	mu      sync.Mutex
	writes  int // writes that have begun
	writing bool
	held    bool // the answer has a slot
}

// Write implements http.ResponseWriter.
func (w *slotWriter) Write(b []byte) (int, error) {
	write := w.beginWrite()
	timer := time.AfterFunc(stall, func() { w.lendSlot(write) })
	n, err := w.ResponseWriter.Write(b)
	timer.Stop()
	if again := w.endWrite(); err == nil {
		err = again
	}
	return n, err
}

// beginWrite notes that a write begins, and returns its number.
func (w *slotWriter) beginWrite() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes++
	w.writing = true
	return w.writes
}

// lendSlot releases the slot while a write waits. The timer may be late: then that write
// has ended, and another may have begun.
func (w *slotWriter) lendSlot(write int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.writing && w.writes == write && w.held {
		w.held = false
		w.slots.release()
		w.stalled.add(&w.answer)
	}
}

// endWrite notes that a write has ended, and takes a slot again if the slot was
// released. An answer that was begun is not refused: it waits as long as it has time.
func (w *slotWriter) endWrite() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writing = false
	if w.held {
		return nil
	}
	defer w.stalled.remove(&w.answer)
	select {
	case w.slots.used <- struct{}{}:
		w.held = true
		return nil
	case <-w.ctx.Done():
		return context.Cause(w.ctx)
	}
}

// end ends the answer.
func (w *slotWriter) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stalled.end(&w.answer)
	if w.held {
		w.held = false
		w.slots.release()
	}
}

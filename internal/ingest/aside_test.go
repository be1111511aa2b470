// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// hasty is a queue whose messages wait a hundredth of the time they are told to.
type hasty struct {
	queue.Queue
	later atomic.Int64 // how often one was told to wait
}

type hastyDelivery struct {
	queue.Delivery
	q *hasty
}

func (q *hasty) Pull(ctx context.Context, most queue.Limits, wait time.Duration) ([]queue.Delivery, error) {
	all, err := q.Queue.Pull(ctx, most, wait)
	for i, d := range all {
		all[i] = hastyDelivery{d, q}
	}
	return all, err
}

func (d hastyDelivery) Postpone(ctx context.Context, delay time.Duration) error {
	d.q.later.Add(1)
	return d.Delivery.Postpone(ctx, delay/100)
}

// newHastyBench returns a bench with a queue that hands messages out without a
// bound, as the service has it.
func newHastyBench(t *testing.T) (*bench, *hasty) {
	b := newBench(t)
	q, err := jetstream.Config{Dir: t.TempDir(), MaxAttempts: -1, Logger: b.Log}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := &hasty{Queue: q}
	b.queue, b.Queue = h, h
	return b, h
}

// A submission that fails with an error other than ErrRefused waits and delays no
// other. It stays in the queue, has no receipt, is in State, and is loaded when the
// trouble is over.
func TestOneWaitsAside(t *testing.T) {
	for kind, fail := range map[string]func() error{
		"unknown":   func() error { return errors.New("disk I/O error (10)") },
		"full":      func() error { return fmt.Errorf("sqlite:/srv/kcidb.db: load: %w", store.ErrFull) },
		"damaged":   func() error { return store.ErrCorrupt },
		"panic":     func() error { panic("a driver did not expect this") },
		"forbidden": func() error { return store.ErrForbidden },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b, q := newHastyBench(t)
			var mended atomic.Bool
			b.Patience = 0
			b.Store = &trouble{b.store, func(r *report.Report) error {
				for _, c := range r.Checkouts {
					if c.ID == "ci:poison" && !mended.Load() {
						return fail()
					}
				}
				return nil
			}}
			b.publish(t, "bad", checkout("ci:poison", "x"))
			for i := range 20 {
				b.publish(t, fmt.Sprintf("s%d", i), checkout(fmt.Sprintf("ci:%d", i), "x"))
			}
			var state ingest.State
			b.run(t, func() bool {
				for i := range 20 {
					if !b.finished(t, fmt.Sprintf("s%d", i)) {
						return false
					}
				}
				state = b.State()
				return q.later.Load() >= 7 // more than the queue's usual bound, and than manyAttempts
			})
			if _, err := b.store.Receipt(t.Context(), "bad"); !errors.Is(err, store.ErrNoReceipt) {
				t.Errorf("the submission that waits has a receipt: %v", err)
			}
			if pending, err := b.queue.Pending(t.Context(), "bad"); err != nil || !pending {
				t.Errorf("the submission that waits is in the queue: %v, %v", pending, err)
			}
			if stats, err := b.queue.Stats(t.Context()); err != nil || stats.DeadLetters != 0 {
				t.Errorf("%+v, %v: want no dead letters", stats, err)
			}
			if state.Blocked != "" || len(state.Aside) != 1 || state.Aside[0].Kind != kind || state.Aside[0].Submissions != 1 {
				t.Errorf("the loader's state is %+v, want one aside that is %s", state, kind)
			}
			mended.Store(true)
			b.run(t, func() bool { return b.finished(t, "bad") })
			if receipt, err := b.store.Receipt(t.Context(), "bad"); err != nil || receipt.Failure != "" {
				t.Errorf("the receipt is %+v, %v", receipt, err)
			}
			if state := b.State(); state.Blocked != "" || len(state.Aside) != 0 {
				t.Errorf("in the end the loader's state is %+v", state)
			}
		})
	}
}

// State reports a store that loads nothing. The submissions wait for the store, and are
// not tried again and again.
func TestNothingIsLoaded(t *testing.T) {
	t.Parallel()
	b, _ := newHastyBench(t)
	var loads atomic.Int64
	var mended atomic.Bool
	b.Store = &trouble{b.store, func(*report.Report) error {
		loads.Add(1)
		if mended.Load() {
			return nil
		}
		return errors.New("unexpected")
	}}
	for i := range 8 {
		b.publish(t, fmt.Sprintf("s%d", i), checkout(fmt.Sprintf("ci:%d", i), "x"))
	}
	b.run(t, func() bool { return b.State().Blocked != "" })
	if state := b.State(); state.Blocked != "unknown" || state.Since.IsZero() {
		t.Errorf("the loader's state is %+v", state)
	}
	// Halving eight takes fifteen loads. Each that failed came again some times.
	if n := loads.Load(); n > 100 {
		t.Errorf("%d loads of 8 submissions", n)
	}
	mended.Store(true)
	b.run(t, func() bool {
		for i := range 8 {
			if !b.finished(t, fmt.Sprintf("s%d", i)) {
				return false
			}
		}
		return true
	})
	if state := b.State(); state.Blocked != "" || len(state.Aside) != 0 {
		t.Errorf("in the end the loader's state is %+v", state)
	}
}

// A submission that has ended several processes is put aside by the next one before
// it is tried, and those behind it are loaded.
func TestEndedOtherProcesses(t *testing.T) {
	t.Parallel()
	b, _ := newHastyBench(t)
	b.publish(t, "killer", checkout("ci:killer", "x"))
	for range 6 { // as many processes
		deliveries, err := b.queue.Pull(t.Context(), queue.Limits{Messages: 1}, time.Minute)
		if err != nil || len(deliveries) != 1 {
			t.Fatalf("pulled %d, %v", len(deliveries), err)
		}
		if err := deliveries[0].Postpone(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	var tried atomic.Bool
	b.Store = &trouble{b.store, func(r *report.Report) error {
		if !tried.Swap(true) {
			if state := b.State(); len(state.Aside) != 1 || state.Aside[0].Kind != "interrupted" {
				t.Errorf("it was tried at once: the state was %+v", state)
			}
		}
		return nil
	}}
	b.run(t, func() bool { return b.finished(t, "killer") })
	b.publish(t, "good", checkout("ci:good", "x"))
	b.run(t, func() bool { return b.finished(t, "good") && b.finished(t, "killer") })
}

// Many submissions that processes ended with are tried by the next one soon, and are
// no sign that nothing can be loaded.
func TestManyInterrupted(t *testing.T) {
	t.Parallel()
	b, q := newHastyBench(t)
	const n = 20
	for i := range n {
		b.publish(t, fmt.Sprintf("s%d", i), checkout(fmt.Sprintf("ci:%d", i), "x"))
	}
	for range 20 { // processes
		deliveries, err := b.queue.Pull(t.Context(), queue.Limits{}, time.Minute)
		for err == nil && len(deliveries) < n {
			var more []queue.Delivery
			more, err = b.queue.Pull(t.Context(), queue.Limits{}, time.Minute)
			deliveries = append(deliveries, more...)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range deliveries {
			if err := d.Postpone(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := q.later.Load()
	blocked := ""
	b.run(t, func() bool {
		blocked += b.State().Blocked
		for i := range n {
			if !b.finished(t, fmt.Sprintf("s%d", i)) {
				return false
			}
		}
		return true
	})
	if blocked != "" {
		t.Errorf("the loader says that nothing is loaded: %s", blocked)
	}
	if waits := q.later.Load() - before; waits != n {
		t.Errorf("%d waits of %d submissions", waits, n)
	}
}

// A load that was done although its answer was lost ends the trouble that it began.
func TestAnswerIsLost(t *testing.T) {
	t.Parallel()
	b, _ := newHastyBench(t)
	st := &lossy{Store: b.store}
	b.Store = st
	b.publish(t, "s", checkout("ci:1", "x"))
	b.run(t, func() bool { return b.finished(t, "s") })
	if state := b.State(); !st.lost || state.Blocked != "" || len(state.Aside) != 0 {
		t.Errorf("lost %v: in the end the loader's state is %+v", st.lost, state)
	}
}

// lossy is a store whose answer to the first load is lost.
type lossy struct {
	store.Store
	lost bool
}

func (s *lossy) Load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	changes, err := s.Store.Load(ctx, r, opts)
	if err == nil && !s.lost {
		s.lost = true
		return nil, store.ErrUnavailable
	}
	return changes, err
}

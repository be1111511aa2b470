// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/report"
)

// outage is a store whose next calls fail, as many as are left, with an error that is
// not in the contract.
type outage struct {
	store.Store
	left atomic.Int64
}

var errEngine = errors.New("the engine is on fire")

func (s *outage) fails() bool { return s.left.Add(-1) >= 0 }

func (s *outage) Load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	if s.fails() {
		return nil, errEngine
	}
	return s.Store.Load(ctx, r, opts)
}

func (s *outage) Receipt(ctx context.Context, id string) (store.Receipt, error) {
	if s.fails() {
		return store.Receipt{}, errEngine
	}
	return s.Store.Receipt(ctx, id)
}

func (s *outage) SaveReceipts(ctx context.Context, receipts []store.Receipt) error {
	if s.fails() {
		return errEngine
	}
	return s.Store.SaveReceipts(ctx, receipts)
}

// While a store is down nothing is lost, for each call that may fail, also with an error
// that is not in the contract.
func TestLosesNothingInAnOutage(t *testing.T) {
	t.Parallel()
	for good, bad := range []int64{4, 4, 8} { // calls that succeed before the outage, and that fail in it
		b := newBench(t)
		out := &outage{Store: b.store}
		b.Store = &later{out, int64(good), bad}
		b.publish(t, "s1", checkout("ci:1", "x"))
		b.publish(t, "s2", checkout("ci:2", "x"))
		b.run(t, func() bool { return b.finished(t, "s1") && b.finished(t, "s2") })
		for _, id := range []string{"s1", "s2"} {
			if receipt, err := b.store.Receipt(t.Context(), id); err != nil || receipt.Failure != "" {
				t.Errorf("outage after %d calls: the receipt of %s is %+v, %v", good, id, receipt, err)
			}
		}
		if letters := b.deadLetters(t); len(letters) != 0 {
			t.Errorf("outage after %d calls: dead letters %v", good, letters)
		}
	}
}

// later begins an outage after some looks at receipts.
type later struct {
	*outage
	good, bad int64
}

func (s *later) Receipt(ctx context.Context, id string) (store.Receipt, error) {
	if s.good--; s.good == -1 {
		s.left.Store(s.bad)
	}
	return s.outage.Receipt(ctx, id)
}

// A batch that takes longer than the queue's patience stays the loader's.
func TestExtendsLongLoads(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	q, err := jetstream.Config{
		Dir: filepath.Join(t.TempDir(), "queue"), Visibility: time.Second, Logger: b.Log,
	}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.queue, b.Queue, b.Extend = q, q, 200*time.Millisecond
	var cameBack atomic.Bool
	b.Store = &trouble{b.store, func(*report.Report) error {
		// A pull meanwhile returns no submission.
		again, err := q.Pull(t.Context(), queue.Limits{}, 2500*time.Millisecond)
		if err != nil {
			t.Error(err)
		}
		cameBack.Store(len(again) > 0)
		return nil
	}}
	// On a busy machine an extension may be late. Without extensions, each submission
	// comes back.
	n := 0
	eventually.True(t, "a submission stays the loader's while it is being loaded", func() bool {
		n++
		id := fmt.Sprint("s", n)
		b.publish(t, id, checkout("ci:"+id, "x"))
		b.run(t, func() bool { return b.finished(t, id) })
		return !cameBack.Load()
	})
}

// Loaded is called once for each batch, with its numbers.
func TestReportsBatches(t *testing.T) {
	b := newBench(t)
	var told atomic.Int64
	var last ingest.Batch
	b.Loaded = func(batch ingest.Batch) { last = batch; told.Add(1) }
	b.publish(t, "s1", checkout("ci:1", "x"))
	b.publish(t, "s2", "{}")
	b.publish(t, "s3", checkout("ci:3", "x"))
	b.run(t, func() bool { return told.Load() > 0 })
	last.Took = 0
	if want := (ingest.Batch{Submissions: 2, Objects: 2, Failed: 1}); last != want || told.Load() != 1 {
		t.Errorf("told %d times, at last %+v, want once %+v", told.Load(), last, want)
	}
}

// Submissions that came several times and were never settled are loaded one
// by one, after the others: they may be what ended the process.
func TestSuspectsAreLoadedAlone(t *testing.T) {
	b := newBench(t)
	for _, id := range []string{"s1", "s2"} {
		b.publish(t, id, checkout("ci:"+id, "x"))
	}
	for range 2 { // two attempts that come to nothing
		var both []queue.Delivery // a message that is refused may come again before the other
		for len(both) < 2 {
			deliveries, err := b.queue.Pull(t.Context(), queue.Limits{}, time.Minute)
			if err != nil || len(deliveries) == 0 {
				t.Fatalf("pulled %d, %v", len(deliveries), err)
			}
			both = append(both, deliveries...)
		}
		for _, d := range both {
			if err := d.Refuse(t.Context(), "not now", false); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.publish(t, "s3", checkout("ci:s3", "x"))
	b.publish(t, "s4", checkout("ci:s4", "x"))
	b.Queue = &gathering{b.queue, 4}
	var loads []int
	b.Store = &trouble{b.store, func(r *report.Report) error {
		loads = append(loads, r.Count())
		return nil
	}}
	b.run(t, func() bool {
		return b.finished(t, "s1") && b.finished(t, "s2") && b.finished(t, "s3") && b.finished(t, "s4")
	})
	if !slices.Equal(loads, []int{2, 1, 1}) {
		t.Errorf("loads of %v objects, want 2, 1, 1", loads)
	}
}

// gathering is a queue whose first Pull returns so many messages, whenever
// they come.
type gathering struct {
	queue.Queue
	first int
}

func (g *gathering) Pull(ctx context.Context, most queue.Limits, wait time.Duration) ([]queue.Delivery, error) {
	all, err := g.Queue.Pull(ctx, most, wait)
	for err == nil && len(all) < g.first {
		var more []queue.Delivery
		more, err = g.Queue.Pull(ctx, most, wait)
		all = append(all, more...)
	}
	g.first = 0
	return all, err
}

// If two loaders have the same submissions, because the queue has not heard from the
// first for long, they load each submission once.
func TestLoadedByAnother(t *testing.T) {
	b := newBench(t)
	first := true
	b.Store = &trouble{b.store, func(*report.Report) error {
		if !first {
			return nil
		}
		first = false // the other one was faster with the first of them
		text := checkout("ci:1", "x")
		r, err := report.Decode([]byte(text))
		if err == nil {
			_, err = b.store.Load(t.Context(), r, store.LoadOptions{Receipts: []store.Receipt{{ID: "s1", Objects: 1}}})
		}
		if err == nil { // and another submission has changed the object since
			r, err = report.Decode([]byte(checkout("ci:1", "newer")))
		}
		if err == nil {
			_, err = b.store.Load(t.Context(), r, store.LoadOptions{})
		}
		return err
	}}
	b.publish(t, "s1", checkout("ci:1", "x"))
	b.publish(t, "s2", checkout("ci:2", "x"))
	b.run(t, func() bool { return b.finished(t, "s1") && b.finished(t, "s2") })
	if got := b.comments(t); got["ci:1"] != "newer" || got["ci:2"] != "x" {
		t.Errorf("the store has %v", got)
	}
}

// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// TestLoadFor: LoadFor loads what the queue has, in as many batches as the limits ask
// for, and returns the sum.
func TestLoadFor(t *testing.T) {
	b := newBench(t)
	b.Limits = queue.Limits{Messages: 2}
	for i := range 5 {
		b.publish(t, fmt.Sprint("s", i), checkout(fmt.Sprint("ci:", i), "x"))
	}
	b.publish(t, "bad", `{}`)
	batches := 0
	b.Loaded = func(ingest.Batch) { batches++ }
	done, err := b.LoadFor(t.Context(), time.Hour)
	if err != nil || done.Submissions != 5 || done.Objects != 5 || done.Failed != 1 || batches < 3 {
		t.Errorf("%+v in %d batches, %v", done, batches, err)
	}
	if n := len(b.comments(t)); n != 5 {
		t.Errorf("%d checkouts", n)
	}
	if done, err := b.LoadFor(t.Context(), time.Second); err != nil || done.Submissions+done.Failed != 0 {
		t.Errorf("without submissions: %+v, %v", done, err)
	}
}

// TestLoadForEnds: LoadFor begins no batch after its time. The other submissions stay in
// the queue. The batch that is being loaded then is finished.
func TestLoadForEnds(t *testing.T) {
	b := newBench(t)
	b.Limits = queue.Limits{Messages: 1}
	now := time.Now()
	b.Now = func() time.Time { return now }
	b.Store = &trouble{b.store, func(*report.Report) error {
		now = now.Add(time.Minute)
		return nil
	}}
	for i := range 3 {
		b.publish(t, fmt.Sprint("s", i), checkout(fmt.Sprint("ci:", i), "x"))
	}
	if done, err := b.LoadFor(t.Context(), 90*time.Second); err != nil || done.Submissions != 2 {
		t.Errorf("%+v, %v", done, err)
	}
	if pending, err := b.queue.Pending(t.Context(), "s2"); err != nil || !pending {
		t.Errorf("pending: %v, %v", pending, err)
	}
	if done, err := b.LoadFor(t.Context(), 50*time.Second); err != nil || done.Submissions != 1 {
		t.Errorf("the next call: %+v, %v", done, err)
	}
}

// TestLoadForPurges: LoadFor purges receipts, as Run does, and only once in a while.
func TestLoadForPurges(t *testing.T) {
	b := newBench(t)
	old := time.Now().Add(-31 * 24 * time.Hour)
	save := func() {
		if err := b.store.SaveReceipts(t.Context(), []store.Receipt{{ID: "old", Received: old, Finished: old}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []bool{false, true} {
		save()
		if _, err := b.LoadFor(t.Context(), time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if _, err := b.store.Receipt(t.Context(), "old"); errors.Is(err, store.ErrNoReceipt) == want {
			t.Errorf("a receipt: %v, want kept %v", err, want)
		}
	}
}

// TestLoadForWithoutQueue: the error of the queue is returned, because the caller calls
// again.
func TestLoadForWithoutQueue(t *testing.T) {
	b := newBench(t)
	b.queue.Close()
	if _, err := b.LoadFor(t.Context(), time.Hour); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("%v", err)
	}
}

// finder is a store that looks for many submissions at once.
type finder struct {
	store.Store
	asked [][]string
}

func (f *finder) Loaded(ctx context.Context, submissions []string) (loaded []string, err error) {
	f.asked = append(f.asked, submissions)
	for _, id := range submissions {
		if r, err := f.Store.Receipt(ctx, id); err == nil && r.Failure == "" {
			loaded = append(loaded, id)
		}
	}
	return loaded, nil
}

// TestLooksForManyReceipts: the loader asks such a store once for a batch.
func TestLooksForManyReceipts(t *testing.T) {
	b := newBench(t)
	f := &finder{Store: b.store}
	b.Store = f
	now := time.Now()
	if err := b.store.SaveReceipts(t.Context(), []store.Receipt{{ID: "s1", Received: now, Finished: now}}); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		b.publish(t, fmt.Sprint("s", i), checkout(fmt.Sprint("ci:", i), "x"))
	}
	if done, err := b.LoadFor(t.Context(), time.Hour); err != nil || done.Submissions != 3 {
		t.Errorf("%+v, %v", done, err)
	}
	for _, ids := range f.asked {
		if len(ids) < 2 {
			t.Errorf("asked for %q alone", ids)
		}
	}
	if len(f.asked) == 0 || len(b.comments(t)) != 3 {
		t.Errorf("asked for %q, %d loaded", f.asked, len(b.comments(t)))
	}
}

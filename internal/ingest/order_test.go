// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// received publishes a submission that was received at a time.
func (b *bench) received(t *testing.T, id string, at time.Time, text string) {
	t.Helper()
	if err := b.queue.Publish(t.Context(), queue.Message{ID: id, Received: at, Data: []byte(text)}); err != nil {
		t.Fatal(err)
	}
}

// checkouts returns all checkouts by ID, with metadata.
func (b *bench) checkouts(t *testing.T) map[string]report.Checkout {
	t.Helper()
	all := map[string]report.Checkout{}
	for r, err := range b.store.Dump(t.Context(), store.DumpOptions{Metadata: true}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range r.Checkouts {
			all[c.ID] = c
		}
	}
	return all
}

// TestReceivedFirst gives a submission up, steps the machine's clock back, and
// restores it when a later one is loaded: it fills a gap, and replaces nothing.
func TestReceivedFirst(t *testing.T) {
	b := newBench(t)
	now := time.Now()
	clock := arrival.NewClock(func() time.Time { return now })
	first := clock.Next()
	b.received(t, "first", first, `{"version":{"major":5,"minor":3},"checkouts":[
		{"id":"ci:1","origin":"ci","comment":"old","tree_name":"next","_timestamp":"2099-01-01T00:00:00Z"}]}`)
	got, err := b.queue.Pull(t.Context(), queue.Limits{Messages: 1}, time.Minute)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d messages, %v", len(got), err)
	}
	if err := got[0].Refuse(t.Context(), "a fault that was mended", true); err != nil {
		t.Fatal(err)
	}
	now = now.Add(-time.Hour)
	second := clock.Next()
	b.received(t, "second", second, checkout("ci:1", "new"))
	b.run(t, func() bool { return b.finished(t, "second") })
	if err := b.queue.Restore(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	b.run(t, func() bool { return b.finished(t, "first") })
	c := b.checkouts(t)["ci:1"]
	if *c.Comment != "new" || c.TreeName == nil || *c.TreeName != "next" || !c.Timestamp.Equal(second) {
		t.Errorf("comment %s, tree %v, arrived at %v, not %v", *c.Comment, c.TreeName, c.Timestamp, second)
	}
}

// TestReceivedSometime has submissions count as received now that say that they were
// received in the far future, or never.
func TestReceivedSometime(t *testing.T) {
	b := newBench(t)
	before := time.Now().Truncate(time.Microsecond)
	b.received(t, "future", before.AddDate(10, 0, 0), checkout("ci:1", "x"))
	b.received(t, "never", time.Time{}, checkout("ci:2", "x"))
	b.run(t, func() bool { return b.finished(t, "future") && b.finished(t, "never") })
	for id, c := range b.checkouts(t) {
		if c.Timestamp.Before(before) || c.Timestamp.After(time.Now()) {
			t.Errorf("%s arrived at %v, not now", id, c.Timestamp)
		}
	}
}

// TestReceivedInOrder loads submissions from the queue with three loaders, in any order.
// In the end each checkout has the values of the submission that was received last.
func TestReceivedInOrder(t *testing.T) {
	b := newBench(t)
	const submissions, checkouts = 90, 5
	begin := time.Now().Add(-time.Hour)
	order := rand.New(rand.NewPCG(1, 2)).Perm(submissions)
	for _, n := range order {
		b.received(t, fmt.Sprintf("s%d", n), begin.Add(time.Duration(n)*time.Microsecond), checkout(fmt.Sprintf("ci:%d", n%checkouts), fmt.Sprint(n)))
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var others sync.WaitGroup
	for range 2 {
		other := &ingest.Loader{
			Queue: b.Queue, Store: b.Store, Log: b.Log, Limits: queue.Limits{Messages: 7}, Now: b.Now, Patience: b.Patience,
		}
		others.Go(func() {
			if err := other.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	b.Limits.Messages = 7
	b.run(t, func() bool {
		stats, err := b.queue.Stats(t.Context())
		return err == nil && stats.Messages == 0
	})
	stop()
	others.Wait()
	for id, comment := range b.comments(t) {
		var n, of int
		if _, err := fmt.Sscanf(id+" "+comment, "ci:%d %d", &of, &n); err != nil || n != submissions-checkouts+of {
			t.Errorf("%s is as submission %s has it", id, comment)
		}
	}
}

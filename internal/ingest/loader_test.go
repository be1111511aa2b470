// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/report"
)

// bench is a loader with a real queue and a real store.
type bench struct {
	*ingest.Loader
	queue queue.Queue
	store store.Store
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	st, err := all.Open(t.Context(), "sqlite:"+filepath.Join(dir, "kcidb.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	if err := st.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	q, err := jetstream.Config{
		Dir: filepath.Join(dir, "queue"), RetryDelay: 10 * time.Millisecond, Logger: log,
	}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	full, ok := store.As[store.Store](st)
	if !ok {
		t.Fatalf("%T is no store", st)
	}
	b := &bench{queue: q, store: full}
	b.Loader = &ingest.Loader{
		Queue: q, Store: b.store, Log: log, Limits: ingest.DefaultLimits, Now: time.Now,
		Patience: 15 * time.Second, KeepReceipts: 30 * 24 * time.Hour,
	}
	return b
}

// run runs the loader until what was asked for is true, and stops it.
func (b *bench) run(t *testing.T, until func() bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stopped := make(chan error)
	go func() { stopped <- b.Run(ctx) }()
	eventually.True(t, "the loader gets there", until)
	cancel()
	if err := <-stopped; err != nil {
		t.Fatalf("Run: %v", err)
	}
}

func (b *bench) publish(t *testing.T, id, text string) {
	t.Helper()
	err := b.queue.Publish(t.Context(), queue.Message{ID: id, Origin: "ci", Received: time.Now(), Data: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
}

// finished reports whether a submission has a receipt and left the queue.
func (b *bench) finished(t *testing.T, id string) bool {
	_, err := b.store.Receipt(t.Context(), id)
	if errors.Is(err, store.ErrNoReceipt) {
		return false
	} else if err != nil {
		t.Fatal(err)
	}
	pending, err := b.queue.Pending(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return !pending
}

// deadLetters returns the submissions given up.
func (b *bench) deadLetters(t *testing.T) (all []queue.DeadLetter) {
	t.Helper()
	for letter, err := range b.queue.DeadLetters(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, letter)
	}
	return all
}

// comments returns the comments of all checkouts by ID.
func (b *bench) comments(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for r, err := range b.store.Dump(t.Context(), store.DumpOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range r.Checkouts {
			all[c.ID] = *c.Comment
		}
	}
	return all
}

func checkout(id, comment string) string {
	return fmt.Sprintf(`{"version":{"major":5,"minor":3},"checkouts":[{"id":%q,"origin":"ci","comment":%q}]}`, id, comment)
}

func TestLoadsWhatWasPublished(t *testing.T) {
	b := newBench(t)
	for i := range 20 {
		b.publish(t, fmt.Sprintf("s%d", i), checkout(fmt.Sprintf("ci:%d", i), "x"))
	}
	b.publish(t, "old", `{"version":{"major":4,"minor":5},"checkouts":[{"id":"ci:old","origin":"ci","comment":"x"}]}`)
	b.run(t, func() bool { return b.finished(t, "old") && b.finished(t, "s19") })
	if got := len(b.comments(t)); got != 21 {
		t.Errorf("%d checkouts are in the store, want 21", got)
	}
	receipt, err := b.store.Receipt(t.Context(), "s7")
	if err != nil {
		t.Fatal(err)
	}
	if receipt.Failure != "" || receipt.Objects != 1 || receipt.Origin != "ci" || receipt.Bytes == 0 {
		t.Errorf("receipt is %+v", receipt)
	}
}

// A submission that comes again after it was loaded must not put its values
// over those of a later one.
func TestKnowsWhatWasLoaded(t *testing.T) {
	b := newBench(t)
	b.publish(t, "second", checkout("ci:1", "new"))
	b.run(t, func() bool { return b.finished(t, "second") })
	err := b.store.SaveReceipts(t.Context(), []store.Receipt{{ID: "first", Received: time.Now(), Finished: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	b.publish(t, "first", checkout("ci:1", "old"))
	b.run(t, func() bool { return b.finished(t, "first") })
	if got := b.comments(t)["ci:1"]; got != "new" {
		t.Errorf("comment is %q, want that of the later submission", got)
	}
}

func TestGivesUpWhatIsNoReport(t *testing.T) {
	b := newBench(t)
	b.publish(t, "bad", `{"version":{"major":5,"minor":3},"builds":[{"id":"ci:1"}]}`)
	b.publish(t, "good", checkout("ci:1", "x"))
	b.run(t, func() bool { return b.finished(t, "bad") && b.finished(t, "good") })
	receipt, err := b.store.Receipt(t.Context(), "bad")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(receipt.Failure, "checkout_id") {
		t.Errorf("failure is %q, want it to name the property that is missing", receipt.Failure)
	}
	dead := b.deadLetters(t)
	if len(dead) != 1 || dead[0].ID != "bad" || dead[0].Reason != receipt.Failure {
		t.Errorf("dead letters are %+v", dead)
	}
	if len(b.comments(t)) != 1 {
		t.Error("the good submission is not in the store")
	}
}

// trouble is a store whose loads fail as told.
type trouble struct {
	store.Store
	fail func(r *report.Report) error
}

func (s *trouble) Load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	if err := s.fail(r); err != nil {
		return nil, err
	}
	return s.Store.Load(ctx, r, opts)
}

func TestWaitsForTheStore(t *testing.T) {
	b := newBench(t)
	left := 3
	b.Store = &trouble{b.store, func(*report.Report) error {
		if left--; left >= 0 {
			return fmt.Errorf("load: %w", store.ErrFull)
		}
		return nil
	}}
	b.publish(t, "s", checkout("ci:1", "x"))
	b.run(t, func() bool { return b.finished(t, "s") })
	if receipt, err := b.store.Receipt(t.Context(), "s"); err != nil || receipt.Failure != "" {
		t.Errorf("receipt is %+v, %v", receipt, err)
	}
}

// poison returns what fails the loads with a checkout of that ID.
func poison(id string, err error) func(*report.Report) error {
	return func(r *report.Report) error {
		for _, c := range r.Checkouts {
			if c.ID == id {
				return err
			}
		}
		return nil
	}
}

// A submission that the store can never keep goes to the dead letters alone. The
// receipt says why and nothing of the server.
func TestOnePoisonousSubmission(t *testing.T) {
	b := newBench(t)
	refused := &store.Refused{Why: "a number is out of range", Err: errors.New("SQLSTATE 22003 at 10.1.2.3")}
	b.Store = &trouble{b.store, poison("ci:poison", fmt.Errorf("postgresql:host=secret: load: %w", refused))}
	b.publish(t, "s1", checkout("ci:1", "x"))
	b.publish(t, "s2", checkout("ci:poison", "x"))
	b.publish(t, "s3", checkout("ci:3", "x"))
	b.run(t, func() bool { return b.finished(t, "s1") && b.finished(t, "s2") && b.finished(t, "s3") })
	if got := b.comments(t); len(got) != 2 {
		t.Errorf("the store has %v, want ci:1 and ci:3", got)
	}
	if receipt, _ := b.store.Receipt(t.Context(), "s2"); receipt.Failure != "the database cannot keep this data: a number is out of range" {
		t.Errorf("the receipt's failure is %q", receipt.Failure)
	}
	// Put back once the store is mended, it is loaded, and its receipt says so.
	b.Store = b.store
	if err := b.queue.Restore(t.Context(), "s2"); err != nil {
		t.Fatal(err)
	}
	b.run(t, func() bool {
		receipt, _ := b.store.Receipt(t.Context(), "s2")
		return receipt.Failure == "" && b.finished(t, "s2")
	})
	if got := b.comments(t); len(got) != 3 {
		t.Errorf("the store has %v, want three", got)
	}
}

// If the loader stops while it waits for the store, the submissions stay in the queue.
func TestStopsWhileTheStoreIsInTrouble(t *testing.T) {
	b := newBench(t)
	tried := make(chan bool, 100)
	b.Store = &trouble{b.store, func(*report.Report) error {
		tried <- true
		return store.ErrBusy
	}}
	b.publish(t, "s", checkout("ci:1", "x"))
	b.run(t, func() bool { return len(tried) > 0 })
	if pending, err := b.queue.Pending(t.Context(), "s"); err != nil || !pending {
		t.Errorf("pending is %v, %v", pending, err)
	}
}

func TestForgetsOldReceipts(t *testing.T) {
	b := newBench(t)
	old := time.Now().Add(-31 * 24 * time.Hour)
	if err := b.store.SaveReceipts(t.Context(), []store.Receipt{{ID: "old", Received: old, Finished: old}}); err != nil {
		t.Fatal(err)
	}
	b.run(t, func() bool {
		_, err := b.store.Receipt(t.Context(), "old")
		return errors.Is(err, store.ErrNoReceipt)
	})
}

// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/public"
)

// newPublicBench returns a bench with a public database without the origin "lab".
func newPublicBench(t *testing.T) (*bench, *receiptKeeper) {
	b, beside := newBench(t), newBench(t)
	shown := &receiptKeeper{Store: beside.store}
	b.Public = &ingest.Public{Store: shown, Private: public.Private{"lab"}}
	return b, shown
}

// receiptKeeper is a store that fails to keep receipts for a while.
type receiptKeeper struct {
	store.Store
	fails int
}

func (s *receiptKeeper) SaveReceipts(ctx context.Context, receipts []store.Receipt) error {
	if s.fails > 0 {
		s.fails--
		return errors.New("no receipts")
	}
	return s.Store.SaveReceipts(ctx, receipts)
}

// sendAs publishes a submission of an origin.
func (b *bench) sendAs(t *testing.T, origin, id, text string) {
	t.Helper()
	if err := b.queue.Publish(t.Context(), queue.Message{ID: id, Origin: origin, Received: time.Now(), Data: []byte(text)}); err != nil {
		t.Fatal(err)
	}
}

const both = `{"version":{"major":5,"minor":3},"checkouts":[
	{"id":"ci:both","origin":"ci","comment":"public"},{"id":"lab:both","origin":"lab","comment":"private"}]}`

// TestPublic loads submissions of a public and a private origin, and of both.
func TestPublic(t *testing.T) {
	b, shown := newPublicBench(t)
	b.sendAs(t, "ci", "public", checkout("ci:1", "public"))
	b.sendAs(t, "lab", "private", `{"version":{"major":5,"minor":3},"checkouts":[{"id":"lab:1","origin":"lab","comment":"private"}]}`)
	b.sendAs(t, "ci", "both", both)
	b.sendAs(t, "lab", "by_lab", checkout("ci:2", "public"))
	b.sendAs(t, "ci", "bad", `{"version":{"major":5,"minor":3},"checkouts":[{"id":"ci:1"}]}`)
	b.sendAs(t, "ci", "names", `{"version":{"major":5,"minor":3},"checkouts":[{"id":"lab:1"}]}`)
	b.sendAs(t, "ci", "refers", `{"version":{"major":5,"minor":3},"builds":[{"id":"ci:1","origin":"ci","checkout_id":"lab:1"}]}`)
	ids := []string{"public", "private", "both", "by_lab", "bad", "names", "refers"}
	b.run(t, func() bool {
		return !slices.ContainsFunc(ids, func(id string) bool { return !b.finished(t, id) })
	})
	seen := &bench{store: shown}
	if got := seen.comments(t); len(got) != 3 || got["ci:1"]+got["ci:both"]+got["ci:2"] != "publicpublicpublic" {
		t.Errorf("public are %v", got)
	}
	if got := b.comments(t); len(got) != 5 {
		t.Errorf("there are %v", got)
	}
	for _, id := range ids {
		whole, err := b.store.Receipt(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := shown.Receipt(t.Context(), id)
		if id == "public" || id == "bad" {
			whole.Details = store.Details{} // which the public database does not have
			if err != nil || !cmp.Equal(got, whole) {
				t.Errorf("%s: %+v, %v, want %+v", id, got, err, whole)
			}
		} else if !errors.Is(err, store.ErrNoReceipt) {
			t.Errorf("%s: %+v, %v", id, got, err)
		}
	}
}

// TestPublicReceiptsFollow: a loader that dies between the receipts of both databases leaves
// its submissions in the queue. The next loader copies the receipts.
func TestPublicReceiptsFollow(t *testing.T) {
	b, shown := newPublicBench(t)
	shown.fails = 1
	b.Patience = 0
	b.sendAs(t, "ci", "public", checkout("ci:1", "public"))
	b.run(t, func() bool {
		_, err := shown.Receipt(t.Context(), "public")
		return err == nil && b.finished(t, "public")
	})
	whole, err := b.store.Receipt(t.Context(), "public")
	whole.Details = store.Details{}
	if got, other := shown.Receipt(t.Context(), "public"); err != nil || other != nil || !cmp.Equal(got, whole) {
		t.Errorf("%+v, %v; %+v, %v", whole, err, got, other)
	}
}

// TestPublicReceiptsArePurged removes old receipts from both databases.
func TestPublicReceiptsArePurged(t *testing.T) {
	b, shown := newPublicBench(t)
	old := time.Now().Add(-100 * 24 * time.Hour)
	for _, s := range []store.Store{b.store, shown} {
		if err := s.SaveReceipts(t.Context(), []store.Receipt{{ID: "old", Received: old, Finished: old}}); err != nil {
			t.Fatal(err)
		}
	}
	b.sendAs(t, "ci", "public", checkout("ci:1", "public"))
	b.run(t, func() bool { return b.finished(t, "public") })
	for _, s := range []store.Store{b.store, shown} {
		if got, err := s.Receipt(t.Context(), "old"); !errors.Is(err, store.ErrNoReceipt) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

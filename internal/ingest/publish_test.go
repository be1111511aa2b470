// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// forgetful is a store that fails to keep receipts once.
type forgetful struct {
	store.Store
	failed bool
}

func (s *forgetful) SaveReceipts(ctx context.Context, receipts []store.Receipt) error {
	if !s.failed {
		s.failed = true
		return errors.New("no receipts")
	}
	return s.Store.SaveReceipts(ctx, receipts)
}

// TestPublishes: a load is published when the store has the objects, and before it has
// the receipts. A load that cannot be published, or whose receipts cannot be kept, is done
// and published again.
func TestPublishes(t *testing.T) {
	b := newBench(t)
	b.Store, b.Patience = &forgetful{Store: b.store}, 0
	published := 0
	b.Publish = func(ctx context.Context, submissions []string, r *report.Report, at time.Time) error {
		if _, err := b.store.Receipt(ctx, "s"); !errors.Is(err, store.ErrNoReceipt) {
			t.Errorf("a receipt before the load is published: %v", err)
		}
		if n := len(b.comments(t)); n != 1 || len(r.Checkouts) != 1 || !slices.Equal(submissions, []string{"s"}) || time.Since(at) > time.Hour {
			t.Errorf("%d checkouts are loaded, %d published of %q at %v", n, len(r.Checkouts), submissions, at)
		}
		if published++; published == 1 {
			return errors.New("no topic")
		}
		return nil
	}
	b.publish(t, "s", checkout("ci:1", "x"))
	b.run(t, func() bool { return b.finished(t, "s") })
	if published != 3 {
		t.Errorf("published %d times, want 3: without success, without receipts, and at last", published)
	}
	if receipt, err := b.store.Receipt(t.Context(), "s"); err != nil || receipt.Failure != "" || receipt.Objects != 1 {
		t.Errorf("%+v, %v", receipt, err)
	}
}

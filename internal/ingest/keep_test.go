// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/folder"
	"github.com/kcidb-go/kcidb/internal/artifact/raw"
	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
)

// bucket is a folder that fails while down.
type bucket struct {
	artifact.Bucket
	down atomic.Bool
}

func (b *bucket) Write(ctx context.Context, files []artifact.File) error {
	if b.down.Load() {
		return artifact.ErrUnavailable
	}
	return b.Bucket.Write(ctx, files)
}

// keepRaw gives a loader a store of raw submissions.
func keepRaw(t *testing.T, l *ingest.Loader) *bucket {
	t.Helper()
	f, err := folder.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	b := &bucket{Bucket: f}
	l.Raw = &raw.Store{Artifacts: &artifact.Store{Bucket: b}, Now: l.Now}
	return b
}

// All submissions are kept as they were received, also those that are given up, and their
// receipts have the digests.
func TestKeepsRawSubmissions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	keepRaw(t, b.Loader)
	at := time.Date(2026, 11, 29, 15, 4, 5, 678000, time.UTC)
	texts := map[string]string{"good": checkout("ci:1", "x"), "bad": "no report \x00\xff", "same": checkout("ci:1", "x")}
	for id, text := range texts {
		m := queue.Message{ID: id, Origin: "ci", Token: "0123", Origins: "ci,lab", Received: at, Data: []byte(text)}
		if err := b.queue.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	b.run(t, func() bool { return b.finished(t, "good") && b.finished(t, "bad") && b.finished(t, "same") })
	n := 0
	for one, err := range b.Raw.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		text := texts[one.ID]
		want := raw.Submission{ID: one.ID, Origin: "ci", Token: "0123", Origins: "ci,lab", Received: at, Digest: artifact.Digest([]byte(text)), Bytes: len(text)}
		if diff := cmp.Diff(want, one); diff != "" {
			t.Error(diff)
		}
		if data, err := b.Raw.Artifacts.Read(t.Context(), one.Digest); err != nil || string(data) != text {
			t.Errorf("%s: %q, %v", one.ID, data, err)
		}
		if receipt, err := b.store.Receipt(t.Context(), one.ID); err != nil || receipt.Digest != one.Digest {
			t.Errorf("%s: the receipt is %+v, %v", one.ID, receipt, err)
		}
	}
	if n != len(texts) {
		t.Errorf("%d submissions were kept", n)
	}
}

// While the artifact store is down, submissions wait in the queue.
func TestArtifactStoreIsDown(t *testing.T) {
	t.Parallel()
	b, _ := newHastyBench(t)
	b.Patience = 0
	bucket := keepRaw(t, b.Loader)
	bucket.down.Store(true)
	ids := []string{"1", "2", "3"}
	for _, id := range ids {
		b.publish(t, id, checkout("ci:"+id, "x"))
	}
	b.run(t, func() bool {
		aside := b.State().Aside
		return len(aside) == 1 && aside[0].Kind == "artifacts" && aside[0].Submissions == len(ids)
	})
	for _, id := range ids {
		if _, err := b.store.Receipt(t.Context(), id); !errors.Is(err, store.ErrNoReceipt) {
			t.Errorf("submission %s has a receipt: %v", id, err)
		}
	}
	bucket.down.Store(false)
	b.run(t, func() bool { return b.finished(t, "1") && b.finished(t, "2") && b.finished(t, "3") })
	if state := b.State(); state.Blocked != "" || len(state.Aside) > 0 {
		t.Errorf("in the end the loader's state is %+v", state)
	}
}

// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/kcidb-go/kcidb/internal/store"
)

// retry calls f. While the store as a whole is in trouble, it calls f again, as long as
// the batch has Patience. It returns errStopping if the loader has to stop.
func (b *batch) retry(ctx context.Context, doing string, f func() error) error {
	var wait backoff
	for try := 1; ; try++ {
		err := b.safely(f)
		if err == nil || ctx.Err() != nil || errors.Is(err, store.ErrLoaded) {
			return err
		}
		b.Log.Error("the loader cannot "+doing, "try", try, "error", err)
		kind := storeKind(err)
		if kind == "" || b.waited >= b.Patience {
			return err
		}
		b.troubles.block(kind, b.Now())
		if !wait.wait(b.stopping) {
			return errStopping
		}
		b.waited += wait.next
	}
}

// safely calls f and returns a panic as an error: one submission that a
// driver did not expect must not keep the others out for good.
func (b *batch) safely(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			b.Log.Error("panic while loading", "panic", cause, "stack", string(debug.Stack()))
			err = &panicked{cause}
		}
	}()
	return f()
}

// giveUp keeps a receipt with the reason, then moves the submission to the dead letters.
// If the receipt cannot be kept, giveUp puts the submission aside.
func (b *batch) giveUp(ctx context.Context, s *submission) {
	s.receipt.Finished = b.Now()
	err := b.retry(ctx, "keep a receipt", func() error {
		return b.Store.SaveReceipts(ctx, []store.Receipt{s.receipt})
	})
	switch {
	case b.isShutdown(ctx, err):
		return
	case err != nil:
		b.setAside(ctx, s, kindOf(err), err)
		return
	case !b.keepPublicReceipts(ctx, []*submission{s}):
		return
	}
	b.troubles.settled(s)
	b.failed++
	b.log(s)
	if err := s.Refuse(ctx, s.receipt.Failure, true); err != nil {
		b.Log.Error("submission not moved to the dead letters", "id", s.receipt.ID, "error", err)
	}
}

// setAside makes a submission come again later. If several submissions fail one after
// the other, and none is loaded, the store may be at fault: then setAside pauses before
// the next submission.
func (b *batch) setAside(ctx context.Context, s *submission, kind string, cause error) {
	now, delay := b.Now(), asideFor(s.Attempt())
	if kind == kindInterrupted {
		delay = suspectAside
	}
	known := b.troubles.wasAside(s.receipt.ID)
	inARow := b.troubles.put(s.receipt.ID, kind, now, now.Add(delay))
	b.Log.Error("submission waits aside", "id", s.receipt.ID, "origin", s.receipt.Origin, "attempt", s.Attempt(),
		"kind", kind, "again_in_seconds", delay.Seconds(), "error", cause)
	if err := s.Postpone(ctx, delay); err != nil {
		b.Log.Warn("submission not given back", "id", s.receipt.ID, "error", err)
	}
	if !known && kind != kindInterrupted && inARow >= blockedFrom {
		b.pause.wait(b.stopping)
	}
}

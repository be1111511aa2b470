// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

const (
	// maxTries is how often a load is tried that fails for no known fault of
	// the store.
	maxTries = 3
	forever  = 0
	// fewAttempts is how often a submission comes for the usual reasons.
	fewAttempts = 2
	// acksAtOnce is how many acknowledgements are under way at a time. Each
	// waits for the queue's disk, as those do who publish: enough to keep the
	// disk busy, and few among them.
	acksAtOnce = 4
)

// errStopping ends what waits for the store when the loader is to stop.
var errStopping = errors.New("the loader is stopping")

// batch is the submissions pulled at once, on their way into the store.
type batch struct {
	*Loader
	stopping <-chan struct{}
	loaded   []*submission
	failed   int
}

// submission is a delivery and what is known about it.
type submission struct {
	queue.Delivery
	receipt store.Receipt
	report  *report.Report
}

// run deals with all deliveries. Those it cannot settle, because the loader
// stops meanwhile, come again later.
//
// Those that came again and again are dealt with one by one. It may be that
// one of them ends the process each time, by the memory it takes, say: then
// only that one stays.
func (b *batch) run(ctx context.Context, deliveries []queue.Delivery) {
	begin := b.Now()
	var usual []queue.Delivery
	for _, d := range deliveries {
		if d.Attempt() > fewAttempts {
			b.settle(ctx, []queue.Delivery{d})
		} else {
			usual = append(usual, d)
		}
	}
	b.settle(ctx, usual)
	if b.Loaded != nil {
		done := Batch{Submissions: len(b.loaded), Failed: b.failed, Took: b.Now().Sub(begin)}
		for _, s := range b.loaded {
			done.Objects += s.receipt.Objects
		}
		b.Loaded(done)
	}
}

// settle deals with deliveries in one transaction.
func (b *batch) settle(ctx context.Context, deliveries []queue.Delivery) {
	fresh, known, bad, err := b.sort(ctx, deliveries)
	if err != nil {
		return
	}
	b.acknowledge(ctx, known)
	for _, s := range bad {
		b.giveUp(ctx, s, forever)
	}
	before := len(b.loaded)
	b.load(ctx, fresh)
	b.acknowledge(ctx, b.loaded[before:])
}

// sort tells submissions to be loaded from those that were loaded before, and
// from those that are no valid reports.
func (b *batch) sort(ctx context.Context, deliveries []queue.Delivery) (fresh, known, bad []*submission, err error) {
	for _, d := range deliveries {
		m := d.Message()
		s := &submission{Delivery: d, receipt: store.Receipt{
			ID: m.ID, Origin: m.Origin, Received: m.Received, Bytes: int64(len(m.Data)), Objects: m.Objects,
		}}
		isLoaded, err := b.isLoaded(ctx, m.ID)
		if err != nil {
			return nil, nil, nil, err
		}
		if isLoaded {
			known = append(known, s)
			continue
		}
		if err = b.safely(func() (err error) { s.report, err = report.Decode(m.Data); return err }); err != nil {
			s.receipt.Failure = fmt.Sprintf("not a valid report: %v", err)
			bad = append(bad, s)
			continue
		}
		s.receipt.Objects = s.report.Count()
		fresh = append(fresh, s)
	}
	return fresh, known, bad, nil
}

// isLoaded tells whether a submission was loaded before. It returns an error
// when the loader is to stop.
func (b *batch) isLoaded(ctx context.Context, id string) (is bool, err error) {
	err = b.insist(ctx, "look for a receipt", forever, func() error {
		receipt, err := b.Store.Receipt(ctx, id)
		// One that failed and is here again was put back by somebody.
		is = err == nil && receipt.Failure == ""
		if errors.Is(err, store.ErrNoReceipt) {
			return nil
		}
		return err
	})
	return is, err
}

// load loads the submissions in one transaction. Where the store refuses
// them, it loads them one by one, so that those at fault fail alone.
func (b *batch) load(ctx context.Context, fresh []*submission) {
	for len(fresh) > 0 {
		err := b.insist(ctx, "load", maxTries, func() error { return b.commit(ctx, fresh) })
		switch {
		case err == nil:
			b.loaded = append(b.loaded, fresh...)
			return
		case ctx.Err() != nil || errors.Is(err, errStopping):
			return
		case errors.Is(err, store.ErrLoaded):
			if fresh, err = b.dropLoaded(ctx, fresh); err != nil {
				return
			}
			continue
		case len(fresh) > 1:
			for alone := range slices.Chunk(fresh, 1) {
				b.load(ctx, alone)
			}
			return
		}
		fresh[0].receipt.Failure = err.Error()
		if b.giveUp(ctx, fresh[0], 1) {
			return
		}
		// The store takes not even the receipt, so it is the one at fault.
		fresh[0].receipt.Failure = ""
	}
}

// dropLoaded acknowledges the submissions that another loader has loaded since
// they were looked for, and returns the others. The queue hands a submission to
// two loaders when it has not heard from the first for long.
func (b *batch) dropLoaded(ctx context.Context, fresh []*submission) (left []*submission, err error) {
	var known []*submission
	for _, s := range fresh {
		isLoaded, err := b.isLoaded(ctx, s.receipt.ID)
		switch {
		case err != nil:
			return nil, err
		case isLoaded:
			known = append(known, s)
		default:
			left = append(left, s)
		}
	}
	b.acknowledge(ctx, known)
	return left, nil
}

// commit loads the submissions with their receipts in one transaction.
func (b *batch) commit(ctx context.Context, fresh []*submission) error {
	var all report.Report
	var receipts []store.Receipt
	finished := b.Now()
	for _, s := range fresh {
		all.Append(s.report)
		s.receipt.Finished = finished
		receipts = append(receipts, s.receipt)
	}
	if _, err := b.Store.Load(ctx, &all, store.LoadOptions{Receipts: receipts, Note: true}); err != nil {
		return err
	}
	for _, s := range fresh {
		b.log(s)
	}
	return nil
}

// insist calls f until it succeeds. It returns an error when the loader is to
// stop, and the one of f when it has failed as often as tries says, unless
// that is the store's as a whole; 0 is no bound.
func (b *batch) insist(ctx context.Context, doing string, tries int, f func() error) error {
	var wait backoff
	for try := 1; ; try++ {
		err := b.safely(f)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if errors.Is(err, store.ErrLoaded) {
			return err
		}
		b.Log.Error("the loader cannot "+doing, "try", try, "error", err)
		if try == tries && !ofStore(err) {
			return err
		}
		if !wait.wait(b.stopping) {
			return errStopping
		}
	}
}

// safely calls f and returns a panic as an error: one submission that a
// driver did not expect must not keep the others out for good.
func (b *batch) safely(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			b.Log.Error("panic while loading", "panic", cause, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return f()
}

// ofStore tells whether an error is about the store as a whole, whatever it
// is asked to do.
func ofStore(err error) bool {
	return slices.ContainsFunc([]error{
		store.ErrBusy, store.ErrFull, store.ErrReadOnly, store.ErrCorrupt,
		store.ErrNotFound, store.ErrNotInitialized, store.ErrOldSchema, store.ErrNewSchema,
		store.ErrUnavailable, store.ErrForbidden, store.ErrForeign,
	}, func(known error) bool { return errors.Is(err, known) })
}

// giveUp keeps a receipt with the reason, then moves the submission to the
// dead letters. It returns false where the receipt cannot be kept for now.
func (b *batch) giveUp(ctx context.Context, s *submission, tries int) bool {
	s.receipt.Finished = b.Now()
	err := b.insist(ctx, "keep a receipt", tries, func() error {
		return b.Store.SaveReceipts(ctx, []store.Receipt{s.receipt})
	})
	if err != nil {
		return ctx.Err() != nil || errors.Is(err, errStopping)
	}
	b.failed++
	b.log(s)
	if err := s.Refuse(ctx, s.receipt.Failure, true); err != nil {
		b.Log.Error("submission not moved to the dead letters", "id", s.receipt.ID, "error", err)
	}
	return true
}

// acknowledge removes the submissions from the queue. One that stays comes
// again and is recognised by its receipt.
func (b *batch) acknowledge(ctx context.Context, done []*submission) {
	var group errgroup.Group
	group.SetLimit(acksAtOnce)
	for _, s := range done {
		group.Go(func() error {
			if err := s.Ack(ctx); err != nil {
				b.Log.Warn("submission not acknowledged", "id", s.receipt.ID, "error", err)
			}
			return nil
		})
	}
	_ = group.Wait()
}

// log writes the line that each submission gets.
func (b *batch) log(s *submission) {
	r := s.receipt
	attributes := []any{
		"id", r.ID, "origin", r.Origin, "bytes", r.Bytes, "objects", r.Objects,
		"received", r.Received, "waited_seconds", r.Finished.Sub(r.Received).Seconds(),
	}
	if r.Failure != "" {
		b.Log.Warn("submission given up", append(attributes, "reason", r.Failure)...)
		return
	}
	b.Log.Info("submission loaded", attributes...)
}

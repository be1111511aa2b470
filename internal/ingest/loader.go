// SPDX-License-Identifier: Apache-2.0

// Package ingest brings submissions from the queue into the store.
//
// A Loader pulls many submissions at once, loads them in one transaction
// together with their receipts, and acknowledges them after the commit. So
// whatever happens, a crash included, a submission is either in the store
// with its receipt, or still in the queue. One that is delivered again after
// it was loaded is recognised by its receipt and only acknowledged: loading
// it once more could put its values over newer ones.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// DefaultLimits bound a batch. The messages and objects are those the Python
// system's loader takes; the bytes keep a batch within some 500 MB of memory.
var DefaultLimits = queue.Limits{Messages: 256, Objects: 8192, Bytes: 64 << 20}

// The times a loader keeps. A delivery comes back after the queue's
// visibility time, so extendEvery is well below any sensible one.
const (
	pullWait     = 5 * time.Second
	extendEvery  = 20 * time.Second
	purgeEvery   = time.Hour
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 30 * time.Second
	finishWithin = 15 * time.Second
)

// maxAttempts is how often a submission the store refuses is tried before it
// goes to the dead letters.
const maxAttempts = 5

// Loader loads submissions. Its fields are set before Run and not changed
// after. Several loaders may share a queue and a store.
type Loader struct {
	Queue  queue.Queue
	Store  store.Receipts
	Log    *slog.Logger
	Limits queue.Limits
	// KeepReceipts is how long a receipt is kept after its submission was
	// finished; 0 keeps them for ever.
	KeepReceipts time.Duration
	Now          func() time.Time
	// Loaded, where not nil, is told of each batch that was loaded.
	Loaded func(Batch)
}

// Batch is what was loaded in one transaction.
type Batch struct {
	Submissions int
	Objects     int
	Failed      int           // submissions given up
	Took        time.Duration // decoding and loading
}

// Run loads submissions until ctx is done, then finishes the batch at hand,
// within some seconds, and returns nil. Errors of the queue and the store are
// logged and waited for; nothing is lost meanwhile.
func (l *Loader) Run(ctx context.Context) error {
	var purged time.Time
	wait := backoff{}
	for ctx.Err() == nil {
		if now := l.Now(); l.KeepReceipts > 0 && now.Sub(purged) >= purgeEvery {
			if err := l.Store.PurgeReceipts(ctx, now.Add(-l.KeepReceipts)); err != nil && ctx.Err() == nil {
				l.Log.Error("purging receipts", "err", err)
			}
			purged = now
		}
		deliveries, err := l.Queue.Pull(ctx, l.Limits, pullWait)
		if err != nil {
			if ctx.Err() == nil {
				l.Log.Error("pulling submissions", "err", err)
				wait.sleep(ctx)
			}
			continue
		}
		wait = backoff{}
		if len(deliveries) > 0 {
			l.finish(ctx, deliveries)
		}
	}
	return nil
}

// finish loads a batch to its end, even where ctx ends meanwhile.
func (l *Loader) finish(ctx context.Context, deliveries []queue.Delivery) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(finishWithin, cancel) })
	defer stop()
	go l.extend(work, deliveries)
	l.load(work, ctx.Done(), deliveries)
}

// extend keeps the deliveries ours until ctx ends.
func (l *Loader) extend(ctx context.Context, deliveries []queue.Delivery) {
	tick := time.NewTicker(extendEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, d := range deliveries {
				// One that was acknowledged meanwhile cannot be extended.
				_ = d.Extend(ctx)
			}
		}
	}
}

// submission is a delivery on its way into the store.
type submission struct {
	queue.Delivery
	receipt store.Receipt
}

// load decodes the deliveries and loads them in one transaction.
func (l *Loader) load(ctx context.Context, stopping <-chan struct{}, deliveries []queue.Delivery) {
	begin := l.Now()
	var good, known, bad []submission
	all := &report.Report{}
	for _, d := range deliveries {
		s := submission{Delivery: d, receipt: newReceipt(d.Message())}
		old, err := l.Store.Receipt(ctx, s.receipt.ID)
		switch {
		case err == nil && old.Failure == "":
			known = append(known, s)
			continue
		case err != nil && !errors.Is(err, store.ErrNoReceipt):
			l.Log.Error("looking for a receipt", "id", s.receipt.ID, "err", err)
			return // the whole batch comes back
		}
		r, err := report.Decode(d.Message().Data)
		if err != nil {
			s.receipt.Failure = fmt.Sprintf("not a valid report: %v", err)
			bad = append(bad, s)
			continue
		}
		s.receipt.Objects = r.Count()
		all.Append(r)
		good = append(good, s)
	}
	l.acknowledge(ctx, known)
	l.giveUp(ctx, bad)
	if len(good) > 0 && !l.store(ctx, stopping, good, all) {
		return
	}
	if l.Loaded != nil {
		l.Loaded(Batch{len(good), all.Count(), len(bad), l.Now().Sub(begin)})
	}
}

func newReceipt(m queue.Message) store.Receipt {
	return store.Receipt{ID: m.ID, Origin: m.Origin, Received: m.Received, Bytes: int64(len(m.Data)), Objects: m.Objects}
}

// store loads the objects of the submissions and acknowledges them. It tries
// again for as long as the store is at fault; where a submission is, the
// submissions are loaded one by one, so that it alone fails. It says whether
// all were loaded.
func (l *Loader) store(ctx context.Context, stopping <-chan struct{}, good []submission, all *report.Report) bool {
	wait := backoff{}
	for {
		receipts := make([]store.Receipt, len(good))
		for i := range good {
			good[i].receipt.Finished = l.Now()
			receipts[i] = good[i].receipt
		}
		_, err := l.Store.Load(ctx, all, store.LoadOptions{Receipts: receipts})
		if err == nil {
			for _, s := range good {
				l.log(s)
			}
			l.acknowledge(ctx, good)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		l.Log.Error("loading", "submissions", len(good), "objects", all.Count(), "err", err)
		if l.storeAtFault(ctx, err) {
			select {
			case <-stopping:
				return false // they stay in the queue
			default:
				wait.sleep(ctx)
			}
			continue
		}
		if len(good) == 1 {
			l.refuse(ctx, good[0], err)
			return false
		}
		loaded := true
		for _, s := range good {
			r, err := report.Decode(s.Message().Data)
			if err != nil {
				return false // it was decoded before: not possible but by failing memory
			}
			loaded = l.store(ctx, stopping, []submission{s}, r) && loaded
		}
		return loaded
	}
}

// storeAtFault says whether a failed load is the store's trouble, not that of
// what was loaded.
func (l *Loader) storeAtFault(ctx context.Context, err error) bool {
	for _, trouble := range []error{
		store.ErrBusy, store.ErrFull, store.ErrReadOnly, store.ErrCorrupt,
		store.ErrNotFound, store.ErrNotInitialized, store.ErrOldSchema, store.ErrNewSchema,
	} {
		if errors.Is(err, trouble) {
			return true
		}
	}
	_, err = l.Store.Time(ctx, store.LastModified)
	return err != nil
}

// refuse gives a submission back that the store does not take, or gives it up
// when that has happened too often.
func (l *Loader) refuse(ctx context.Context, s submission, err error) {
	s.receipt.Failure = err.Error()
	if s.Attempt() >= maxAttempts {
		l.giveUp(ctx, []submission{s})
		return
	}
	if err := s.Refuse(ctx, s.receipt.Failure, false); err != nil {
		l.Log.Error("giving a submission back", "id", s.receipt.ID, "err", err)
	}
}

// giveUp keeps receipts with the reason, then moves the submissions to the
// dead letters.
func (l *Loader) giveUp(ctx context.Context, bad []submission) {
	if len(bad) == 0 {
		return
	}
	receipts := make([]store.Receipt, len(bad))
	for i := range bad {
		bad[i].receipt.Finished = l.Now()
		receipts[i] = bad[i].receipt
	}
	if err := l.Store.SaveReceipts(ctx, receipts); err != nil {
		l.Log.Error("keeping receipts of failed submissions", "submissions", len(bad), "err", err)
		return // they come back
	}
	for _, s := range bad {
		l.log(s)
		if err := s.Refuse(ctx, s.receipt.Failure, true); err != nil {
			l.Log.Error("moving a submission to the dead letters", "id", s.receipt.ID, "err", err)
		}
	}
}

// acknowledgeAtOnce is how many acknowledgements are under way at a time:
// each waits for the queue's disk, and the queue syncs many at once.
const acknowledgeAtOnce = 32

func (l *Loader) acknowledge(ctx context.Context, done []submission) {
	var g errgroup.Group
	g.SetLimit(acknowledgeAtOnce)
	for _, s := range done {
		g.Go(func() error {
			if err := s.Ack(ctx); err != nil {
				// It comes again and is recognised by its receipt.
				l.Log.Warn("acknowledging", "id", s.receipt.ID, "err", err)
			}
			return nil
		})
	}
	_ = g.Wait()
}

// log writes the line each submission gets.
func (l *Loader) log(s submission) {
	r := s.receipt
	attrs := []any{
		"id", r.ID, "origin", r.Origin, "bytes", r.Bytes, "objects", r.Objects,
		"waited", r.Finished.Sub(r.Received).Round(time.Millisecond), "attempt", s.Attempt(),
	}
	if r.Failure != "" {
		l.Log.Warn("submission failed", append(attrs, "failure", r.Failure)...)
		return
	}
	l.Log.Info("submission loaded", attrs...)
}

// backoff waits longer each time.
type backoff struct{ next time.Duration }

func (b *backoff) sleep(ctx context.Context) {
	b.next = min(max(2*b.next, firstBackoff), lastBackoff)
	select {
	case <-ctx.Done():
	case <-time.After(b.next):
	}
}

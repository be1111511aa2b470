// SPDX-License-Identifier: Apache-2.0

// Package ingest brings submissions from the queue into the store.
//
// A Loader pulls many submissions at once, loads them in one transaction
// together with their receipts, and acknowledges them after the commit. So
// whatever happens, a crash included, a submission is either in the store
// with its receipt, or still in the queue. One that is delivered again after
// it was loaded is recognised by its receipt and only acknowledged.
//
// The objects of a submission get the time at which it was received, whenever it is
// loaded. So what is loaded late, by another loader or from the dead letters, puts
// no value over a newer one.
//
// A submission is given up, and goes to the dead letters with a receipt that says
// why, only if it can never be loaded: it is no valid report, or the store returns
// store.ErrRefused for it. Any other error passes, or is mended, some day. The
// loader waits for the store for some seconds. Then it looks for the submission at
// fault and puts it aside: that one stays in the queue and comes again, each time
// after a longer wait, while the others are loaded. State tells what waits.
package ingest

import (
	"context"
	"log/slog"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
)

// DefaultLimits bound a batch. The messages and objects are those the Python
// system's loader takes; the bytes keep a batch within some 500 MB of memory.
var DefaultLimits = queue.Limits{Messages: 256, Objects: 8192, Bytes: 64 << 20}

// The times a loader keeps.
const (
	pullWait     = 5 * time.Second
	purgeEvery   = time.Hour
	finishWithin = 10 * time.Second
)

// Loader loads submissions. Its fields are set before Run and not changed
// after. Several loaders may share a queue and a store.
type Loader struct {
	Queue  queue.Queue
	Store  store.Store
	Log    *slog.Logger
	Limits queue.Limits
	// Pace is the least time from the beginning of a batch to that of the
	// next. Where submissions come one by one, it lets them gather, so that
	// the loader's waits for the disk are few beside those of the queue.
	Pace time.Duration
	// Busy, where not nil, tells whether submissions are being taken in. While
	// they are, the loader rests after each batch twice as long as that took:
	// their senders wait, and what is in the queue can wait.
	Busy func() bool
	// Extend is how often deliveries being worked on are extended, well below
	// the queue's visibility time; 0 for never.
	Extend time.Duration
	// Patience is how long a batch waits, in all, for a store that is in trouble as
	// a whole. Afterwards one of the submissions may as well be the cause: they are
	// tried by halves, and wait aside if they fail alone.
	Patience time.Duration
	// KeepReceipts is how long a receipt is kept after its submission was
	// finished; 0 keeps them for ever.
	KeepReceipts time.Duration
	Now          func() time.Time
	// Loaded, where not nil, is told of each batch.
	Loaded func(Batch)

	ward ward
}

// Batch is what was pulled at once.
type Batch struct {
	Submissions int           // loaded
	Objects     int           // in these
	Failed      int           // submissions given up
	Took        time.Duration // decoding, loading, acknowledging
}

// Run loads submissions until ctx is done, then finishes the batch at hand,
// within some seconds, and returns nil. Errors of the queue and the store are
// logged and waited for; nothing is lost meanwhile.
func (l *Loader) Run(ctx context.Context) error {
	var purged time.Time
	var wait backoff
	for ctx.Err() == nil {
		if now := l.Now(); l.KeepReceipts > 0 && now.Sub(purged) >= purgeEvery {
			purged = now
			if err := l.Store.PurgeReceipts(ctx, now.Add(-l.KeepReceipts)); err != nil && ctx.Err() == nil {
				l.Log.Error("receipts not purged", "error", err)
			}
		}
		deliveries, err := l.Queue.Pull(ctx, l.Limits, pullWait)
		if err != nil {
			if ctx.Err() == nil {
				l.Log.Error("no submissions from the queue", "error", err)
				wait.sleep(ctx)
			}
			continue
		}
		wait = backoff{}
		if len(deliveries) > 0 {
			begin := time.Now()
			l.finish(ctx, deliveries)
			l.rest(ctx, time.Since(begin))
		}
	}
	return nil
}

// rest waits until the next batch may begin, after one that took so long.
func (l *Loader) rest(ctx context.Context, took time.Duration) {
	rest := l.Pace - took
	if l.Busy != nil && l.Busy() {
		rest = max(rest, 2*took)
	}
	select {
	case <-time.After(rest):
	case <-ctx.Done():
	}
}

// finish brings a batch to its end, for a while even after ctx has ended.
func (l *Loader) finish(ctx context.Context, deliveries []queue.Delivery) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(finishWithin, cancel) })()
	if l.Extend > 0 {
		go l.extend(work, deliveries)
	}
	b := &batch{Loader: l, stopping: ctx.Done(), pause: backoff{most: longestPause}}
	b.run(work, deliveries)
}

// extend keeps the deliveries ours until ctx ends.
func (l *Loader) extend(ctx context.Context, deliveries []queue.Delivery) {
	tick := time.NewTicker(l.Extend)
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

// SPDX-License-Identifier: Apache-2.0

// Package ingest brings submissions from the queue into the store.
//
// A Loader pulls many submissions at once, loads them in one transaction together
// with their receipts, and acknowledges them after the commit. So a submission is
// always either in the store with its receipt, or still in the queue, also after a
// crash. It also keeps the submissions as they were received, before it loads them: while the
// artifact store is down, submissions wait as they do while the database is down. If a submission is delivered again after it was loaded, the loader recognises
// it by its receipt and only acknowledges it.
//
// The objects of a submission have the time at which the service received it, not the
// time of loading. So a submission that is loaded late, by another loader or from the
// dead letters, replaces no newer value.
//
// The loader gives a submission up only if it can never be loaded: it is not a valid
// report, or the store returns store.ErrRefused for it. The submission then goes to the
// dead letters with a receipt that has the reason. Any other error passes, or an
// administrator repairs it. The loader waits for the store for some seconds. Then it
// looks for the submission at fault and puts it aside: that submission stays in the
// queue and comes again, each time after a longer wait, while the others are loaded.
// State returns what waits.
package ingest

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/artifact/raw"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/report"
)

// DefaultLimits bound a batch. The messages and objects are those the Python
// system's loader takes; the bytes keep a batch within some 500 MB of memory.
var DefaultLimits = queue.Limits{Messages: 256, Objects: 8192, Bytes: 64 << 20}

// The times of a loader.
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
	Public *Public // nil if all origins are public
	Log    *slog.Logger
	Limits queue.Limits
	// Pace is the shortest time from the beginning of a batch to that of the next. It
	// lets submissions gather that come one by one, so that the loader waits for the
	// disk rarely compared with the queue.
	Pace time.Duration
	// Busy reports whether the service receives submissions at the moment; it may be
	// nil. If so, the loader rests after each batch twice as long as the batch took,
	// because the senders wait, and the queue can wait.
	Busy func() bool
	// Extend is how often the loader extends its deliveries, well below the queue's
	// visibility time; 0 for never.
	Extend time.Duration
	// Patience is how long a batch waits in all while the store as a whole is in
	// trouble. After that time a submission may well be the cause. So the loader tries
	// them by halves, and puts those aside that fail alone.
	Patience time.Duration
	// KeepReceipts is how long a receipt is kept after its submission was finished; 0
	// for ever.
	KeepReceipts time.Duration
	Now          func() time.Time
	// Raw keeps submissions as they were received, also those that are given up, before
	// they are loaded. It may be nil.
	Raw *raw.Store
	// Committed is called after each load with the report that was loaded. It may be nil.
	Committed func(ctx context.Context, r *report.Report)
	// Quiet: the loads are not noted for the notifier, because their news are old.
	Quiet bool
	// Publish publishes that a report of some submissions was loaded at a time, for a
	// notifier that cannot find the changes in the store. It may be nil. It is called
	// after the load and before the receipts are kept, again and again until it succeeds,
	// so that no load remains unpublished when the loader dies.
	Publish func(ctx context.Context, submissions []string, r *report.Report, at time.Time) error
	// Waited is called for each submission that was loaded, with its ID and the time since
	// it was received, before Loaded is called for its batch; it may be nil.
	Waited func(id string, since time.Duration)
	// Loaded is called after each batch; it may be nil.
	Loaded func(Batch)

	troubles troubles
	purging  sync.Mutex
	purged   time.Time // when receipts were purged last
}

// Batch is a summary of the submissions pulled at once.
type Batch struct {
	Submissions int           // loaded
	Objects     int           // in these
	Failed      int           // submissions given up
	Took        time.Duration // decoding, loading, acknowledging
}

// add adds another batch to a sum of batches.
func (b *Batch) add(other Batch) {
	b.Submissions += other.Submissions
	b.Objects += other.Objects
	b.Failed += other.Failed
	b.Took += other.Took
}

// Run loads submissions until ctx is done, then finishes the current batch within some
// seconds, and returns nil. It logs errors of the queue and the store, and waits until
// they have passed; nothing is lost meanwhile.
func (l *Loader) Run(ctx context.Context) error {
	var wait backoff
	for ctx.Err() == nil {
		l.purge(ctx)
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
			l.pause(ctx, time.Since(begin))
		}
	}
	return nil
}

// LoadFor loads submissions until the queue hands out no more, and begins no batch after
// the time d. It returns the sum of the batches, also with an error, which is that of the
// queue. Errors of the store are as in Run. If ctx ends, LoadFor finishes the current
// batch within some seconds. It may be called concurrently.
func (l *Loader) LoadFor(ctx context.Context, d time.Duration) (total Batch, err error) {
	l.purge(ctx)
	for end := l.Now().Add(d); ctx.Err() == nil; {
		left := end.Sub(l.Now())
		if left <= 0 {
			break
		}
		deliveries, err := l.Queue.Pull(ctx, l.Limits, min(pullWait, left))
		if err != nil || len(deliveries) == 0 {
			return total, err
		}
		begin := time.Now()
		total.add(l.finish(ctx, deliveries))
		l.pause(ctx, time.Since(begin))
	}
	return total, nil
}

// purge removes old receipts, and looks for objects of the tray that were corrected, once in
// a while.
func (l *Loader) purge(ctx context.Context) {
	l.purging.Lock()
	defer l.purging.Unlock()
	now := l.Now()
	if l.KeepReceipts == 0 || now.Sub(l.purged) < purgeEvery {
		return
	}
	l.purged = now
	stores := []store.Store{l.Store}
	if l.Public != nil {
		stores = append(stores, l.Public.Store)
	}
	for _, s := range stores {
		if err := s.PurgeReceipts(ctx, now.Add(-l.KeepReceipts)); err != nil && ctx.Err() == nil {
			l.Log.Error("receipts not purged", "error", err)
		}
	}
	if kept := tray.Of(l.Store); kept != nil {
		if err := kept.Sweep(ctx); err != nil && ctx.Err() == nil {
			l.Log.Error("objects in the tray not settled", "error", err)
		}
	}
}

// pause waits until the next batch may begin. took is how long the last batch took.
func (l *Loader) pause(ctx context.Context, took time.Duration) {
	rest := l.Pace - took
	if l.Busy != nil && l.Busy() {
		rest = max(rest, 2*took)
	}
	select {
	case <-time.After(rest):
	case <-ctx.Done():
	}
}

// finish deals with a batch. After ctx has ended it still has finishWithin.
func (l *Loader) finish(ctx context.Context, deliveries []queue.Delivery) Batch {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(finishWithin, cancel) })()
	if l.Extend > 0 {
		go l.extend(work, deliveries)
	}
	b := &batch{Loader: l, stopping: ctx.Done(), pause: backoff{most: longestPause}}
	done := b.run(work, deliveries)
	if l.Loaded != nil {
		l.Loaded(done)
	}
	return done
}

// extend extends the deliveries until ctx ends.
func (l *Loader) extend(ctx context.Context, deliveries []queue.Delivery) {
	tick := time.NewTicker(l.Extend)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, d := range deliveries {
				// A delivery that was acknowledged meanwhile cannot be extended.
				_ = d.Extend(ctx)
			}
		}
	}
}

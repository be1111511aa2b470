// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

const (
	// longestPause is the longest pause of the loader after a submission that failed
	// like the ones before. The next submissions may be good.
	longestPause = time.Second
	// fewAttempts is how often a submission may come for usual reasons, and manyAttempts
	// how often it may come to a process that has not tried it.
	fewAttempts  = 2
	manyAttempts = 5
	// acksAtOnce is how many acknowledgements run at a time. Each waits for the queue's
	// disk, as each publisher does: 4 keep the disk busy, and are few compared with the
	// publishers.
	acksAtOnce = 4
)

// errStopping ends a wait for the store when the loader has to stop.
var errStopping = errors.New("the loader is stopping")

// batch is the submissions pulled at once, on their way into the store.
type batch struct {
	*Loader
	stopping <-chan struct{}
	loaded   []*submission
	failed   int
	waited   time.Duration // for the store; see Loader.Patience
	pause    backoff       // between submissions that fail one after the other
}

// submission is a delivery with its receipt, its report, and the objects that were taken out
// of the report because they have faults.
type submission struct {
	queue.Delivery
	receipt  store.Receipt
	report   *report.Report
	rejected []store.Rejected
}

// run deals with all deliveries. A delivery that it cannot settle, because the loader
// stops meanwhile, comes again later.
//
// Deliveries that came again and again are dealt with one by one, after the others.
// Such a delivery may end the process each time, for example by the memory it takes:
// then only that delivery stays. A delivery that has come many times, and that this
// process has not put aside, has probably ended other processes. It waits aside before
// it is tried, so that a process that it ends deals with the others first.
func (b *batch) run(ctx context.Context, deliveries []queue.Delivery) Batch {
	begin := b.Now()
	var usual, suspect []queue.Delivery
	for _, d := range deliveries {
		if d.Attempt() > fewAttempts {
			suspect = append(suspect, d)
		} else {
			usual = append(usual, d)
		}
	}
	b.settle(ctx, usual)
	for _, d := range suspect {
		known, waited := b.troubles.wasAside(d.Message().ID), b.waited
		switch {
		case d.Attempt() > manyAttempts && !known:
			b.setAside(ctx, newSubmission(d), kindInterrupted, errors.New("it was handed out many times and never settled"))
		case known: // the store has had its time with this one
			b.waited = b.Patience
			b.settle(ctx, []queue.Delivery{d})
			b.waited = waited
		default:
			b.settle(ctx, []queue.Delivery{d})
		}
	}
	done := Batch{Submissions: len(b.loaded), Failed: b.failed, Took: b.Now().Sub(begin)}
	for _, s := range b.loaded {
		done.Objects += s.receipt.Objects
		if b.Waited != nil && !s.receipt.Received.IsZero() {
			b.Waited(s.receipt.ID, max(s.receipt.Finished.Sub(s.receipt.Received), 0))
		}
	}
	return done
}

// settle deals with deliveries in one transaction.
func (b *batch) settle(ctx context.Context, deliveries []queue.Delivery) {
	fresh, known, bad := b.sort(ctx, deliveries)
	b.acknowledgeKnown(ctx, known)
	fresh, bad = b.keep(ctx, fresh), b.keep(ctx, bad)
	for _, s := range bad {
		b.giveUp(ctx, s)
	}
	before := len(b.loaded)
	b.load(ctx, fresh)
	b.acknowledge(ctx, b.loaded[before:])
}

func newSubmission(d queue.Delivery) *submission {
	m := d.Message()
	return &submission{Delivery: d, receipt: store.Receipt{
		ID: m.ID, Origin: m.Origin, Token: m.Token, Received: m.Received, Bytes: int64(len(m.Data)), Objects: m.Objects,
		Digest: artifact.Digest(m.Data),
	}}
}

// sort divides deliveries into fresh submissions, known submissions (loaded before) and
// bad submissions (not a valid report). It puts a submission aside if it cannot find
// that out.
func (b *batch) sort(ctx context.Context, deliveries []queue.Delivery) (fresh, known, bad []*submission) {
	loaded, found := b.findLoaded(ctx, deliveries)
	for _, d := range deliveries {
		s := newSubmission(d)
		isLoaded, err := loaded[s.receipt.ID], error(nil)
		if !found {
			isLoaded, err = b.isLoaded(ctx, s.receipt.ID)
		}
		if err == nil && !isLoaded {
			err = b.safely(func() error { return b.read(ctx, s) })
		}
		invalid, isInvalid := errors.AsType[*report.Error](err)
		switch {
		case isLoaded:
			known = append(known, s)
		case isInvalid:
			s.receipt.Failure = "not a valid report: " + invalid.Error()
			bad = append(bad, s)
		case b.isShutdown(ctx, err):
			return fresh, known, bad
		case err != nil:
			b.setAside(ctx, s, kindOf(err), err)
		default:
			fresh = append(fresh, s)
		}
	}
	return fresh, known, bad
}

// isShutdown reports whether an error is due to the loader's own end.
func (b *batch) isShutdown(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, errStopping))
}

// findLoaded returns which submissions were loaded before. It returns found = false if the
// store has to be asked one by one, also because it failed.
func (b *batch) findLoaded(ctx context.Context, deliveries []queue.Delivery) (loaded map[string]bool, found bool) {
	finder, ok := store.As[store.LoadedFinder](b.Store)
	if !ok || len(deliveries) < 2 {
		return nil, false
	}
	ids := make([]string, len(deliveries))
	for i, d := range deliveries {
		ids[i] = d.Message().ID
	}
	err := b.retry(ctx, "look for receipts", func() error {
		all, err := finder.Loaded(ctx, ids)
		loaded = make(map[string]bool, len(all))
		for _, id := range all {
			loaded[id] = true
		}
		return err
	})
	return loaded, err == nil
}

// isLoaded reports whether a submission was loaded before.
func (b *batch) isLoaded(ctx context.Context, id string) (is bool, err error) {
	err = b.retry(ctx, "look for a receipt", func() error {
		receipt, err := b.Store.Receipt(ctx, id)
		// A submission that failed and is here again was put back by an operator.
		is = err == nil && receipt.Failure == ""
		if errors.Is(err, store.ErrNoReceipt) {
			return nil
		}
		return err
	})
	return is, err
}

// load loads the submissions in one transaction. If that fails, and a submission may be
// at fault, it loads them by halves until it has found that submission. It gives the
// submission up if the store can never keep it, else it puts it aside.
func (b *batch) load(ctx context.Context, fresh []*submission) {
	if len(fresh) == 0 {
		return
	}
	var all *report.Report
	err := b.retry(ctx, "load", func() (err error) {
		all, err = b.commit(ctx, fresh)
		return err
	})
	refused, isRefused := errors.AsType[*store.Refused](err)
	switch {
	case err == nil:
		if b.Publish != nil && !b.publish(ctx, fresh, all) {
			return
		}
		if !b.keepPublicReceipts(ctx, fresh) {
			return
		}
		if b.Committed != nil {
			b.Committed(ctx, all)
		}
		for _, s := range fresh {
			b.log(s)
		}
		b.troubles.settled(fresh...)
		b.pause.next = 0
		b.loaded = append(b.loaded, fresh...)
	case b.isShutdown(ctx, err):
	case errors.Is(err, store.ErrLoaded):
		b.load(ctx, b.dropLoaded(ctx, fresh))
	case len(fresh) > 1:
		half := len(fresh) / 2
		b.load(ctx, fresh[:half])
		b.load(ctx, fresh[half:])
	case isRefused:
		fresh[0].receipt.Failure = store.ErrRefused.Error() + ": " + refused.Why
		b.giveUp(ctx, fresh[0])
	default:
		b.setAside(ctx, fresh[0], kindOf(err), err)
	}
}

// dropLoaded acknowledges the submissions that another loader has loaded since sort, and
// returns the others. The queue hands a submission to two loaders if it has not heard
// from the first for long.
func (b *batch) dropLoaded(ctx context.Context, fresh []*submission) (left []*submission) {
	var known []*submission
	for _, s := range fresh {
		isLoaded, err := b.isLoaded(ctx, s.receipt.ID)
		switch {
		case b.isShutdown(ctx, err):
			return nil
		case err != nil:
			b.setAside(ctx, s, kindOf(err), err)
		case isLoaded:
			known = append(known, s)
		default:
			left = append(left, s)
		}
	}
	b.acknowledgeKnown(ctx, known)
	return left
}

// commit loads the submissions with their receipts in one transaction, and returns the
// report that it loaded. If loads are published, publish keeps the receipts later.
func (b *batch) commit(ctx context.Context, fresh []*submission) (*report.Report, error) {
	all := &report.Report{}
	finished := b.Now()
	for _, s := range fresh {
		s.report.SetTimestamps(b.received(s))
		all.Append(s.report)
		s.receipt.Finished = finished
	}
	opts := store.LoadOptions{Metadata: true, Note: !b.Quiet}
	if b.Publish != nil {
		opts.Note = false
	} else {
		opts.Receipts = receiptsOf(fresh)
		for _, s := range fresh {
			opts.Reports = append(opts.Reports, s.report)
			opts.Rejected = append(opts.Rejected, s.rejected...)
		}
	}
	if err := b.loadPublic(ctx, all); err != nil {
		return nil, err
	}
	_, err := b.Store.Load(ctx, all, opts)
	return all, err
}

// publish publishes the report that was loaded, and then keeps the receipts. It reports
// whether that succeeded. Otherwise it puts the submissions aside: they come again, and
// are loaded and published again. Loading them twice changes nothing.
func (b *batch) publish(ctx context.Context, fresh []*submission, all *report.Report) bool {
	receipts := receiptsOf(fresh)
	ids := make([]string, len(fresh))
	for i, s := range fresh {
		ids[i] = s.receipt.ID
	}
	err := b.retry(ctx, "publish a load", func() error { return b.Publish(ctx, ids, all, receipts[0].Finished) })
	if err == nil {
		err = b.retry(ctx, "keep receipts", func() error { return b.Store.SaveReceipts(ctx, receipts) })
	}
	if err != nil && !b.isShutdown(ctx, err) {
		for _, s := range fresh {
			b.setAside(ctx, s, kindOf(err), err)
		}
	}
	return err == nil
}

func receiptsOf(submissions []*submission) []store.Receipt {
	receipts := make([]store.Receipt, len(submissions))
	for i, s := range submissions {
		receipts[i] = s.receipt
	}
	return receipts
}

// received returns the time that the objects of a submission get: when the service
// received it, however late it is loaded, so that it replaces nothing newer. Times in
// the report itself do not count. A message without a time, or from a machine with a
// wrong clock, counts as received now.
func (b *batch) received(s *submission) time.Time {
	now := b.Now().UTC().Truncate(time.Microsecond)
	switch at := s.receipt.Received; {
	case at.IsZero():
		return now
	case !arrival.Believable(now, at):
		b.Log.Warn("submission received in the future: it counts as received now", "id", s.receipt.ID, "received", at)
		return now
	default:
		return at.UTC().Truncate(time.Microsecond)
	}
}

// acknowledge removes the submissions from the queue. A submission that stays comes
// again, and the loader recognises it by its receipt.
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

// log writes the log line of a submission.
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
	if r.Rejected > 0 {
		attributes = append(attributes, "rejected", r.Rejected)
	}
	b.Log.Info("submission loaded", attributes...)
}

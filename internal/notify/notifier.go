// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/notify/webhook"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/spool"
)

const (
	// batchObjects is how many changed objects are considered at once, where
	// there are so many: objects that are above several are considered once then.
	batchObjects = 20_000
	// pace is the least time between looking for something to do, unless there is
	// more: it bounds how often what consists of many is counted.
	pace = time.Second
	// pick is how long somebody has a notification or a delivery.
	pick = 2 * time.Minute
	// lease is how long somebody considers, at a time.
	lease = 30 * time.Second
	// atOnce is how many notifications are picked at a time.
	atOnce = 16
)

// Notifier considers what changed, and sends what comes of it, by itself or with
// others on the same database.
type Notifier struct {
	Store  store.Store
	Spool  *spool.Spool // of the store
	Folder *Folder
	Log    *slog.Logger
	Now    func() time.Time
	// Holder names this notifier among all others.
	Holder string
	// Base is the URL of the pages that mails link to.
	Base string
	// Mail sends mails; nil where none is sent, which then wait.
	Mail *mail.Sender
	// Envelope is what all mails have in common.
	Envelope Envelope
	// Hooks sends to webhooks.
	Hooks *webhook.Sender
	// KeepFor is how long what became of notifications is known; 0 for ever.
	KeepFor time.Duration
	// Wait waits for something to do; tests that move the clock have their own.
	Wait func(ctx context.Context, d time.Duration) error

	ways    ways
	failing map[int64]int // how often writing a notification failed, by its number
	failed  int           // how often considering failed, since it did not
}

// Run notifies until ctx ends.
func (n *Notifier) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, work := range []struct {
		name string
		step func(context.Context) (more bool, err error)
	}{
		{"consider what changed", n.Consider},
		{"write notifications", n.Write},
		{"deliver notifications", n.Deliver},
		{"forget old notifications", n.Forget},
	} {
		group.Go(func() error { return n.loop(ctx, work.name, work.step) })
	}
	err := group.Wait()
	n.ways.workers.Wait()
	// Somebody else may go on at once.
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, n.Spool.Release(release, n.Holder))
}

// loop takes one step after the other. What fails is tried again, later each
// time: nothing is lost by waiting.
func (n *Notifier) loop(ctx context.Context, name string, step func(context.Context) (bool, error)) error {
	failed := time.Duration(0)
	for ctx.Err() == nil {
		var more bool
		err := guard(func() (err error) {
			more, err = step(ctx)
			return err
		})
		wait := pace
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !errors.Is(err, spool.ErrTaken):
			failed = min(max(2*failed, pace), time.Minute)
			wait = failed
			n.Log.Error("cannot "+name+", and will try again", "error", err, "in", wait, "stack", stackOf(err))
		case more:
			failed, wait = 0, 0
		default:
			failed = 0
		}
		if err := n.Wait(ctx, wait); err != nil {
			return nil
		}
	}
	return nil
}

// Consider considers the next of the noted changes, where there are any and
// nobody else does, and tells whether there may be more. An object that cannot be
// considered is set aside, and the others go on.
func (n *Notifier) Consider(ctx context.Context) (more bool, err error) {
	folder, err := n.Folder.Current(n.Log)
	if err != nil {
		return false, err
	}
	s := n.Spool
	if mine, err := s.Lease(ctx, n.Holder, lease); err != nil || !mine {
		return false, err
	}
	batches, err := s.Changes(ctx, batchObjects)
	if err != nil || len(batches) == 0 {
		return false, err
	}
	var changes []store.Change
	var numbers []int64
	objects := 0
	for _, b := range batches {
		numbers = append(numbers, b.Number)
		objects += b.Objects
		var some []store.Change
		err := guard(func() (err error) {
			some, err = store.DecodeChanges(b.Data)
			return err
		})
		if err != nil {
			// Reading it again would not help, and all that follows waits.
			n.Log.Error("changes that cannot be read are not considered", "number", b.Number, "objects", b.Objects, "error", err)
			continue
		}
		changes = append(changes, some...)
	}
	begin := n.Now()
	c := newConsideration(ctx, n.Store, s, folder, batches[len(batches)-1].At)
	c.again = n.failed >= triesFirst
	if len(folder.Subscriptions) > 0 {
		if err := c.consider(changes); err != nil {
			if !passes(err) {
				n.failed++
			}
			return false, err
		}
	}
	n.failed = 0
	settlement := c.settlement()
	settlement.Batches = numbers
	if err := s.Settle(ctx, settlement); err != nil {
		return false, err
	}
	n.Log.Debug("changes considered", "objects", len(changes), "matched", len(c.matches), "took", n.Now().Sub(begin))
	for _, one := range c.aside {
		n.Log.Error("an object cannot be considered, and is set aside", "object", one.object.String(), "error", one.err, "stack", stackOf(one.err))
	}
	for _, count := range c.counts {
		if count.Errors > 0 {
			n.Log.Warn("a subscription's rule fails", "subscription", count.Subscription, "objects", count.Errors, "last", count.LastError)
		}
	}
	return objects >= batchObjects, nil
}

// Forget forgets what became of notifications long ago, and how objects were then.
func (n *Notifier) Forget(ctx context.Context) (more bool, err error) {
	if n.KeepFor == 0 {
		return false, nil
	}
	until := n.Now().Add(-n.KeepFor)
	if _, err = n.Spool.Wipe(ctx, until); err == nil {
		err = n.Spool.ForgetStatuses(ctx, until)
	}
	if err == nil {
		err = n.Wait(ctx, time.Hour)
	}
	return false, err
}

// Sleep waits until the time is over or ctx ends.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/notify/webhook"
	"github.com/kcidb-go/kcidb/internal/secrets"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
)

const (
	// batchObjects is the most changed objects that are considered together. A common
	// ancestor of several of them is then considered once.
	batchObjects = 20_000
	// pace is how long a loop without work waits. It bounds how often a revision with
	// many tests is counted.
	pace = time.Second
	// pick is how long a process holds a delivery.
	pick = 2 * time.Minute
	// lease is how long a process may consider before others do.
	lease = 30 * time.Second
	// pickSize is how many notifications Write picks at a time.
	pickSize = 16
)

// Notifier considers changes, and writes and delivers notifications, alone or with
// other notifiers on the same database.
type Notifier struct {
	Store  store.Store
	Spool  spool.Spool
	Source spool.Source // of the changes of the store
	Folder *Folder
	// Audience are the subscriptions that the notifier serves. Two notifiers with different
	// audiences may share a folder, and then have stores and spools of their own.
	Audience Audience
	Log      *slog.Logger
	Now      func() time.Time
	// Holder is the name of this notifier, different from all others.
	Holder string
	// Base is the public URL of the service, for links in messages.
	Base string
	// Mail sends mails. If it is nil, mails wait.
	Mail *mail.Sender
	// Envelope has the properties that all mails share.
	Envelope Envelope
	// Hooks calls webhooks.
	Hooks *webhook.Sender
	// Secrets reads the secrets that webhooks refer to.
	Secrets *secrets.Keeper
	// Origins knows the contacts of origins; nil if the database has none.
	Origins Origins
	// KeepFor is how long notifications stay in the spool; 0 for ever.
	KeepFor time.Duration
	// Wait waits for a time. Tests replace it, and move the clock.
	Wait func(ctx context.Context, d time.Duration) error

	routes  routes
	failing map[int64]int // failures of writing a notification, by its number
	failed  int           // failures of considering in a row
	forgot  time.Time     // when Forget deleted something last
	watched time.Time     // when WatchOrigins looked last
	counts  counts
}

// counts are the numbers of what a notifier did.
type counts struct{ considered, written, sent atomic.Int64 }

// Run runs the loops until ctx ends.
func (n *Notifier) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, work := range []struct {
		name string
		step func(context.Context) (more bool, err error)
	}{
		{"consider changes", n.Consider},
		{"write notifications", n.Write},
		{"deliver notifications", n.Deliver},
		{"forget old notifications", n.Forget},
		{"watch origins", n.WatchOrigins},
	} {
		group.Go(func() error { return n.loop(ctx, work.name, work.step) })
	}
	err := group.Wait()
	n.routes.workers.Wait()
	// Another process may consider at once.
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, n.Spool.Release(release, n.Holder))
}

// loop calls step until ctx ends. After an error it waits longer each time, up to one
// minute, and tries again. Nothing is lost by waiting.
func (n *Notifier) loop(ctx context.Context, name string, step func(context.Context) (bool, error)) error {
	failed := time.Duration(0)
	for ctx.Err() == nil {
		var more bool
		err := catchPanic(func() (err error) {
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
			n.Log.Error("cannot "+name+"; trying again", "error", err, "in", wait, "stack", stackOf(err))
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

// subscriptions returns the subscriptions of the notifier's audience.
func (n *Notifier) subscriptions() (*subscription.Folder, error) {
	folder, err := n.Folder.Current(n.Log)
	if err != nil {
		return nil, err
	}
	return n.Audience.of(folder), nil
}

// Consider considers the next changes, if there are any and no other process considers.
// It reports whether there may be more. It sets aside an object that it cannot
// consider, and goes on.
func (n *Notifier) Consider(ctx context.Context) (more bool, err error) {
	folder, err := n.subscriptions()
	if err != nil {
		return false, err
	}
	s := n.Spool
	if mine, err := s.Lease(ctx, n.Holder, lease); err != nil || !mine {
		return false, err
	}
	batches, err := n.Source.Changes(ctx, batchObjects)
	if err != nil || len(batches) == 0 {
		return false, err
	}
	var changes []store.Change
	var ids []string
	objects, stateless := 0, false
	var at time.Time // of the latest
	for _, b := range batches {
		ids = append(ids, b.ID)
		objects += b.Objects
		stateless = stateless || b.Stateless
		if b.At.After(at) {
			at = b.At
		}
		var decoded []store.Change
		err := catchPanic(func() (err error) {
			decoded, err = store.DecodeChanges(b.Data)
			return err
		})
		if err != nil {
			// Reading them again would fail again, and later changes would wait.
			n.Log.Error("cannot read changes; they are not considered", "batch", b.ID, "objects", b.Objects, "error", err)
			continue
		}
		changes = append(changes, decoded...)
	}
	begin := n.Now()
	c := newConsideration(ctx, n.Store, s, folder, at)
	c.retried, c.stateless = n.failed >= maxFailures, stateless
	if len(folder.Subscriptions) > 0 {
		if err := c.consider(changes); err != nil {
			if !transient(err) {
				n.failed++
			}
			return false, err
		}
	}
	n.failed = 0
	settlement := c.settlement()
	settlement.Batches = ids
	if err := n.settle(ctx, settlement); err != nil {
		return false, err
	}
	n.counts.considered.Add(int64(len(changes)))
	n.Log.Debug("changes considered", "objects", len(changes), "matched", len(c.matches), "took", n.Now().Sub(begin))
	for _, failure := range c.aside {
		n.Log.Error("cannot consider an object; it is set aside", "object", failure.object.String(), "error", failure.err, "stack", stackOf(failure.err))
	}
	for _, count := range c.counts {
		if count.Errors > 0 {
			n.Log.Warn("the rule of a subscription fails", "subscription", count.Subscription, "objects", count.Errors, "last", count.LastError)
		}
	}
	return objects >= batchObjects || len(batches) == spool.MostBatches, nil
}

// settle settles batches, and tells their source. The source sends batches again if a
// process died before it told the source. So if some are settled already, settle tells
// the source of these, and returns ErrTaken: the others come again.
func (n *Notifier) settle(ctx context.Context, settlement spool.Settlement) error {
	done := settlement.Batches
	taken := n.Spool.Settle(ctx, settlement)
	if errors.Is(taken, spool.ErrTaken) {
		var err error
		if done, err = n.Spool.Settled(ctx, settlement.Batches); err != nil {
			return err
		}
	} else if taken != nil {
		return taken
	}
	if err := n.Source.Done(ctx, done); err != nil {
		return err
	}
	return taken
}

// Forget deletes notifications, and the statuses of objects, that are older than
// KeepFor. It does nothing within an hour after it did so.
func (n *Notifier) Forget(ctx context.Context) (more bool, err error) {
	now := n.Now()
	if n.KeepFor == 0 || now.Sub(n.forgot) < time.Hour {
		return false, nil
	}
	until := now.Add(-n.KeepFor)
	if _, err = n.Spool.Wipe(ctx, until); err == nil {
		err = n.Spool.ForgetStatuses(ctx, until)
	}
	if err == nil {
		n.forgot = now
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

// SPDX-License-Identifier: Apache-2.0

// Package retention removes old objects from a database every day, at a time of day when few
// people read it, and copies them into another database before.
//
// One process at a time works. It copies objects by days of arrival, compares each day with
// its source, and then removes what it copied, so that no object is removed that the archive
// lacks. If the time of day is over, or the process is killed, the next day's work begins with
// the oldest objects that are left. If incidents stay, objects of any age are left: the work
// then begins with the day after the last day that was copied, which a setting has.
//
// An object that a submission brings late, with a time of arrival in a day that was copied, is
// removed without a copy. Only dead letters that are restored during the work come so late; if
// incidents stay, also those that are restored when they are older than Days.
package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/internal/archive"
	"github.com/kcidb-go/kcidb/internal/diff"
	"github.com/kcidb-go/kcidb/internal/store"
)

const (
	lookEvery = time.Minute      // for the begin of the window
	pause     = 10 * time.Minute // after a failure
	day       = 24 * time.Hour
	overdue   = 2 * day // without an end of the work, something is wrong
)

// mostCopied is the number of objects that are copied before they are removed, so that the
// work of many nights is not lost if the last one fails. Tests change it.
var mostCopied = 1_000_000

// errOver ends the work of a day.
var errOver = errors.New("the time of day is over")

// Keeper keeps the objects of Days days in a database, and removes older ones.
type Keeper struct {
	Store         store.Sink
	Days          int
	KeepIncidents bool // keep incidents and their tests, builds and checkouts
	Window        Window
	// Archive opens the database that old objects are copied into. Nil copies nothing.
	Archive func(context.Context) (store.Sink, error)
	Now     func() time.Time
	Log     *slog.Logger

	mu    sync.Mutex
	state State
	again time.Time // not to be tried before
}

// State is what a keeper did.
type State struct {
	Since    time.Time // when the process looked first
	Working  bool
	Done     time.Time // when the work of a day ended last, in any process; zero if unknown
	Copied   int       // objects, by this process
	Failures int       // of this process
	Err      error     // of the last try; nil if it succeeded or the time was over
}

// Overdue reports whether the work has not ended for two days.
func (s State) Overdue(now time.Time) bool {
	since := s.Done
	if since.Before(s.Since) {
		since = s.Since
	}
	return now.Sub(since) > overdue
}

// State returns what the keeper did.
func (k *Keeper) State() State {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

func (k *Keeper) update(f func(*State)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f(&k.state)
}

// Run works every day until ctx ends. It returns nil: failures are logged, and tried again.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		k.Look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look does the work of the day, if it is time and it was not done yet.
func (k *Keeper) Look(ctx context.Context) {
	now := k.Now()
	k.update(func(s *State) {
		if s.Since.IsZero() {
			s.Since = now
		}
	})
	if begin, end, open := k.Window.At(now); open && !now.Before(k.again) {
		k.try(ctx, begin, end)
	} else if k.State().Done.IsZero() {
		k.readDone(ctx) // for the metrics
	}
}

// try does the work in a window, and notes how it ended.
func (k *Keeper) try(ctx context.Context, begin, end time.Time) {
	err := runAlone(ctx, k.Store, func(ctx context.Context) error {
		done, err := k.readDone(ctx)
		if err != nil || !done.Before(begin) {
			return err
		}
		k.update(func(s *State) { s.Working = true })
		defer k.update(func(s *State) { s.Working = false })
		return k.work(ctx, end)
	})
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, store.ErrBusy): // another process works
		k.again = k.Now().Add(pause)
	case errors.Is(err, errOver):
		k.Log.Info("retention: the time of day is over; the rest is done tomorrow")
		k.update(func(s *State) { s.Err = nil })
	case err != nil:
		k.Log.Error("retention: old objects are not removed", "error", err, "again", pause)
		k.again = k.Now().Add(pause)
		k.update(func(s *State) { s.Err, s.Failures = err, s.Failures+1 })
	default:
		k.update(func(s *State) { s.Err = nil })
	}
}

// work removes all old objects, after copying them. It returns errOver at the end of the
// window.
func (k *Keeper) work(ctx context.Context, end time.Time) error {
	began := k.Now()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(end.Sub(began), func() { cancel(errOver) })
	defer timer.Stop()
	n := &night{Keeper: k, end: end, cancel: cancel}
	before := began.UTC().AddDate(0, 0, -k.Days).Truncate(day)
	k.Log.Info("retention: removing old objects", "before", before, "until", end)
	var err error
	if k.Archive == nil {
		err = n.purge(ctx, before)
	} else {
		err = n.archive(ctx, before)
	}
	if errors.Is(context.Cause(ctx), errOver) {
		return errOver
	}
	if err != nil {
		return err
	}
	now := k.Now()
	if err := writeTime(ctx, k.Store, doneSetting, now); err != nil {
		return err
	}
	k.update(func(s *State) { s.Done = now })
	k.Log.Info("retention: done", "took", now.Sub(began))
	return nil
}

// night is the work in a window.
type night struct {
	*Keeper
	end    time.Time
	cancel context.CancelCauseFunc
}

// check ends the work if the window is over by the keeper's clock.
func (n *night) check() {
	if !n.Now().Before(n.end) {
		n.cancel(errOver)
	}
}

// archive copies what arrived before a time, and removes it.
func (n *night) archive(ctx context.Context, before time.Time) (err error) {
	after, err := n.archived(ctx)
	if err != nil || after.IsZero() {
		return err
	}
	to, err := n.Archive(ctx)
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	for after.Before(before) {
		if after, err = n.copy(ctx, to, after, before); err != nil {
			return fmt.Errorf("archive: %w", err)
		}
		if err := n.purge(ctx, after); err != nil {
			return err
		}
		if err := writeTime(ctx, n.Store, archivedSetting, after); err != nil {
			return err
		}
	}
	return nil
}

// archived returns the time until which the work is done, zero if there are no objects. The
// oldest object tells it, unless incidents stay.
func (n *night) archived(ctx context.Context) (time.Time, error) {
	first, err := n.Store.Time(ctx, store.FirstModified)
	if err != nil || first.IsZero() {
		return first, err
	}
	first = first.Add(-time.Microsecond)
	if !n.KeepIncidents {
		return first, nil
	}
	until, err := readTime(ctx, n.Store, archivedSetting)
	if until.Before(first) {
		until = first
	}
	return until, err
}

// copy copies days after a time: all days before another time, as many as are done in half of
// the time that is left, or those with mostCopied objects. It returns the end of the last day.
func (n *night) copy(ctx context.Context, to store.Sink, after, before time.Time) (until time.Time, err error) {
	now := n.Now()
	half := now.Add(n.end.Sub(now) / 2)
	copied := 0
	for until = after; until.Before(before) && copied < mostCopied && n.Now().Before(half) || until.Equal(after); {
		next := until.Truncate(day).Add(day)
		err := archive.Run(ctx, archive.Options{
			From: n.Store, To: to, Window: day, After: until, Until: next, Verify: true,
			Copied: func(objects int) {
				copied += objects
				n.update(func(s *State) { s.Copied += objects })
				n.check()
			},
			Finished: func(archive.Window) { n.check() },
			Differs: func(d *diff.Difference) error {
				n.Log.Error("retention: an object in the archive differs", "list", d.List, "id", d.ID)
				return nil
			},
		})
		if err != nil {
			return until, err
		}
		until = next
	}
	return until, nil
}

// purge removes what arrived before a time.
func (n *night) purge(ctx context.Context, before time.Time) error {
	return n.Store.Purge(ctx, store.PurgeOptions{
		Before: before, KeepIncidents: n.KeepIncidents,
		Progress: func(string, int64, int64) { n.check() },
	})
}

// runAlone calls f, unless another process has called it. A database that is no store.Locker
// belongs to one process.
func runAlone(ctx context.Context, s store.Sink, f func(context.Context) error) error {
	if l, ok := store.As[store.Locker](s); ok {
		return l.RunAlone(ctx, f)
	}
	return f(ctx)
}

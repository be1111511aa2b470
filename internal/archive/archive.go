// SPDX-License-Identifier: Apache-2.0

// Package archive copies the objects of one database into another, one window of arrival
// time after the other.
//
// No state is kept beside the databases: a run begins with the window that has the newest
// object of the target. Windows are copied in the order of time, and loading an object
// again changes nothing. So a run that was killed is continued by the next run, which
// copies the window again that was not finished.
//
// While a run copies, objects may get new values and with them a later time of arrival.
// They are then in a window that is copied later. The last window ends before the present,
// so that no object moves into a window that was copied.
package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/diff"
	"github.com/kcidb-go/kcidb/internal/prefetch"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Margin is how long before the present a copy ends if the end is not given. A submission
// that was received earlier than that is usually loaded.
const Margin = time.Hour

// loadObjects is the number of objects in a load, unless tests change it.
var loadObjects = 8192

// ErrFuture is the error if the target has an object from the future, so that its newest
// object does not show how far it was copied to.
var ErrFuture = errors.New("the newest object in the target is from the future")

// Options say what is copied.
type Options struct {
	From, To store.Sink
	// Window is the length of a window. Windows begin at multiples of it, in UTC.
	Window time.Duration
	// Overlap is how long before the newest object of To the copy begins.
	Overlap time.Duration
	// After and Until bound the times of arrival: After < t <= Until. A zero After stands
	// for the time until which earlier runs copied. A zero Until stands for Margin ago, by
	// the clock of From. Objects from the future are not copied.
	After, Until time.Time
	// Verify compares each window after it was copied.
	Verify bool

	// Copied is called with the number of objects after each load.
	Copied func(objects int)
	// Finished is called after each window.
	Finished func(Window)
	// Differs is called with each object that Verify finds to differ. Side A is From.
	Differs func(*diff.Difference) error
}

// Window is a window of arrival time: After < t <= Until.
type Window struct {
	After, Until time.Time
	Objects      int // that were copied
}

// String returns the bounds of the window.
func (w Window) String() string {
	return w.After.UTC().Format(time.RFC3339Nano) + " to " + w.Until.UTC().Format(time.RFC3339Nano)
}

// Run copies all windows. Objects of From that cannot be read are left out: Run then
// copies all others, and returns a *store.Unreadable with the objects of all windows.
func Run(ctx context.Context, opts Options) error {
	// Loading an empty report fails if the database cannot be loaded into.
	if _, err := opts.To.Load(ctx, &report.Report{}, store.LoadOptions{}); err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	after, until, err := opts.bounds(ctx)
	if err != nil {
		return err
	}
	var lost store.Unreadable
	for after.Before(until) {
		w := Window{After: after, Until: opts.endOf(after, until)}
		if err := opts.copyWindow(ctx, &w, &lost); err != nil {
			return fmt.Errorf("window %v: %w", w, err)
		}
		if opts.Verify {
			if err := opts.verify(ctx, w); err != nil {
				return fmt.Errorf("window %v: %w", w, err)
			}
		}
		opts.Finished(w)
		after = w.Until
	}
	return lost.Err()
}

// bounds returns the time after which and until which objects are copied. There is
// nothing to copy if after is not before until.
func (o *Options) bounds(ctx context.Context) (after, until time.Time, err error) {
	var times [3]time.Time
	for i, which := range []store.Clock{store.FirstModified, store.LastModified, store.Current} {
		if times[i], err = o.From.Time(ctx, which); err != nil {
			return after, until, err
		}
	}
	first, last, now := times[0], times[1], times[2]
	if last.IsZero() {
		return after, until, nil
	}
	if until = o.Until; until.IsZero() {
		until = now.Add(-Margin).Truncate(time.Microsecond)
	}
	for _, bound := range []time.Time{last, now} {
		if bound.Before(until) {
			until = bound
		}
	}
	if after = o.After; after.IsZero() {
		if after, err = o.resume(ctx, now); err != nil {
			return after, until, err
		}
	}
	if start := o.startOf(first); after.Before(start) {
		after = start
	}
	return after, until, nil
}

// resume returns the time until which objects were copied before.
func (o *Options) resume(ctx context.Context, now time.Time) (time.Time, error) {
	newest, err := o.To.Time(ctx, store.LastModified)
	switch {
	case err != nil || newest.IsZero():
		return time.Time{}, err
	case newest.After(now):
		return time.Time{}, fmt.Errorf("%w: %s", ErrFuture, newest.Format(time.RFC3339Nano))
	}
	return o.startOf(newest.Add(-o.Overlap)), nil
}

// startOf returns the start of the window that a time is in. The time of a start is in the
// window before.
func (o *Options) startOf(t time.Time) time.Time {
	return t.UTC().Add(-time.Microsecond).Truncate(o.Window)
}

// endOf returns the end of the window that begins after a time.
func (o *Options) endOf(after, until time.Time) time.Time {
	end := after.UTC().Truncate(o.Window).Add(o.Window)
	if until.Before(end) {
		return until
	}
	return end
}

// copyWindow copies the objects of a window, and counts them.
func (o *Options) copyWindow(ctx context.Context, w *Window, lost *store.Unreadable) error {
	dump := o.From.Dump(ctx, store.DumpOptions{After: w.After, Until: w.Until, Metadata: true, PerReport: loadObjects})
	for r, err := range prefetch.Seq2(dump) {
		if unreadable, ok := errors.AsType[*store.Unreadable](err); ok {
			lost.Join(unreadable)
			continue
		}
		if err != nil {
			return err
		}
		if _, err := o.To.Load(ctx, r, store.LoadOptions{Metadata: true}); err != nil {
			return fmt.Errorf("loading: %w", err)
		}
		w.Objects += r.Count()
		o.Copied(r.Count())
	}
	return nil
}

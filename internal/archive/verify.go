// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/diff"
	"github.com/kcidb-go/kcidb/internal/prefetch"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// atOnce is the number of objects that are looked at again at once.
const atOnce = 1000

// verify compares a window of both databases. It returns an error if an object of From
// differs from the object of To, or is not there.
//
// Objects that only To has are fine: they were removed from From, or have moved to a later
// window. An object may also move while the window is read. So objects that seem to differ
// are read again.
func (o *Options) verify(ctx context.Context, w Window) (err error) {
	c := diff.New()
	defer func() { err = errors.Join(err, c.Close()) }()
	for side, s := range []store.Sink{diff.A: o.From, diff.B: o.To} {
		dump := s.Dump(ctx, store.DumpOptions{After: w.After, Until: w.Until, Metadata: true, PerReport: loadObjects})
		if err := addAll(c, diff.Side(side), dump); err != nil {
			return err
		}
	}
	differ := 0
	var suspects []*diff.Difference
	check := func() error {
		n, err := o.compareAgain(ctx, w, suspects)
		differ += n
		suspects = suspects[:0]
		return err
	}
	for d, err := range c.Differences() {
		if err := cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		if d.OnlyIn != nil && *d.OnlyIn == diff.B {
			continue
		}
		if suspects = append(suspects, d); len(suspects) == atOnce {
			if err := check(); err != nil {
				return err
			}
		}
	}
	if err := check(); err != nil {
		return err
	}
	if differ > 0 {
		return fmt.Errorf("%d of %d objects differ", differ, c.Compared())
	}
	return nil
}

// addAll adds the objects of a dump to a comparison. Objects that cannot be read are left
// out, as they were from the copy.
func addAll(c *diff.Comparison, side diff.Side, dump iter.Seq2[*report.Report, error]) error {
	for r, err := range prefetch.Seq2(dump) {
		if _, ok := errors.AsType[*store.Unreadable](err); ok {
			continue
		}
		if err != nil {
			return err
		}
		if err := c.Add(side, r); err != nil {
			return err
		}
	}
	return nil
}

// compareAgain reads objects again, by their keys, and returns how many of them differ. An
// object that is not in the window of From any more is fine.
func (o *Options) compareAgain(ctx context.Context, w Window, suspects []*diff.Difference) (differ int, err error) {
	if len(suspects) == 0 {
		return 0, nil
	}
	c := diff.New()
	defer func() { err = errors.Join(err, c.Close()) }()
	q := queryOf(suspects)
	there := &report.Report{}
	for r, err := range o.From.Query(ctx, q) {
		if err != nil {
			return 0, err
		}
		there.Append(r)
	}
	removeAfter(there, w.Until)
	if err := c.Add(diff.A, there); err != nil {
		return 0, err
	}
	if err := addAll(c, diff.B, o.To.Query(ctx, q)); err != nil {
		return 0, err
	}
	for d, err := range c.Differences() {
		if err != nil {
			return differ, err
		}
		if d.OnlyIn != nil && *d.OnlyIn == diff.B {
			continue
		}
		differ++
		if err := o.Differs(d); err != nil {
			return differ, err
		}
	}
	return differ, nil
}

// queryOf returns the query for objects.
func queryOf(objects []*diff.Difference) store.Query {
	q := store.Query{Metadata: true}
	for _, d := range objects {
		switch store.List(d.List) {
		case store.Checkouts:
			q.Checkouts = append(q.Checkouts, d.ID)
		case store.Builds:
			q.Builds = append(q.Builds, d.ID)
		case store.Tests:
			q.Tests = append(q.Tests, d.ID)
		case store.Issues:
			q.Issues = append(q.Issues, store.Key{ID: d.ID, Version: d.Version})
		case store.Incidents:
			q.Incidents = append(q.Incidents, d.ID)
		}
	}
	return q
}

// removeAfter removes the objects that arrived after a time.
func removeAfter(r *report.Report, t time.Time) {
	late := func(at *time.Time) bool { return at != nil && at.After(t) }
	r.Checkouts = slices.DeleteFunc(r.Checkouts, func(o report.Checkout) bool { return late(o.Timestamp) })
	r.Builds = slices.DeleteFunc(r.Builds, func(o report.Build) bool { return late(o.Timestamp) })
	r.Tests = slices.DeleteFunc(r.Tests, func(o report.Test) bool { return late(o.Timestamp) })
	r.Issues = slices.DeleteFunc(r.Issues, func(o report.Issue) bool { return late(o.Timestamp) })
	r.Incidents = slices.DeleteFunc(r.Incidents, func(o report.Incident) bool { return late(o.Timestamp) })
}

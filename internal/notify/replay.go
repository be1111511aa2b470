// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Replayed is a notification that would have been sent.
type Replayed struct {
	spool.Identity
	At     time.Time // when the notification would have been written
	Reason string
	To     []spool.Recipient
	match  match
}

// Replay returns the notifications that the subscriptions would have sent for objects
// that arrived after a time, in the order of writing. Objects are as they are now, not
// as they were then.
func (m *Maker) Replay(ctx context.Context, since time.Time, progress store.Progress) ([]Replayed, error) {
	arrivals := map[spool.Identity]*arrival{}
	done := int64(0)
	opts := store.DumpOptions{After: since, Metadata: true, PerReport: objectsAtOnce}
	for r, err := range m.Objects.Dump(ctx, opts) {
		if err != nil {
			return nil, err
		}
		changes, first, last := changesOf(r)
		c := newConsideration(ctx, m.Objects, noStatuses{}, m.Folder, last)
		c.complete = true
		if err := c.consider(changes); err != nil {
			return nil, err
		}
		m.reportFailures(c)
		for _, found := range c.matches {
			id := spool.Identity{Subscription: found.Name, Object: found.object, Message: found.message}
			if arrivals[id] == nil {
				arrivals[id] = &arrival{match: found}
			}
			arrivals[id].times = append(arrivals[id].times, first, last)
		}
		done += int64(r.Count())
		progress.Report("objects", done, 0)
	}
	var all []Replayed
	for id, a := range arrivals {
		all = append(all, Replayed{Identity: id, At: a.due(), Reason: a.reason, To: m.Envelope.recipients(a.Subscription), match: a.match})
	}
	slices.SortFunc(all, func(a, b Replayed) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Subscription, b.Subscription),
			cmp.Compare(a.Object.String(), b.Object.String()), cmp.Compare(a.Message, b.Message))
	})
	return all, nil
}

// Subject returns the subject of the mail.
func (m *Maker) Subject(ctx context.Context, r *Replayed) (string, error) {
	rendered, err := m.write(ctx, &r.match)
	return rendered.Subject, err
}

// arrival is the times at which the changes arrived that one notification covers.
type arrival struct {
	match
	times []time.Time
}

// due returns when the notification would have been written: when no change had arrived
// for the wait of the subscription, or when at_most was reached.
func (a *arrival) due() time.Time {
	slices.SortFunc(a.times, time.Time.Compare)
	var due time.Time
	for i, t := range a.times {
		if i > 0 && !t.Before(due) {
			break // sent before this change
		}
		due = t.Add(a.Wait)
		if most := a.times[0].Add(a.AtMost); a.AtMost > 0 && due.After(most) {
			due = most
		}
	}
	return due
}

// changesOf returns the objects of a report as new objects, and when the first and the
// last of them arrived.
func changesOf(r *report.Report) (changes []store.Change, first, last time.Time) {
	add := func(list store.List, key store.Key, at *time.Time) {
		changes = append(changes, store.Change{List: list, Key: key, Created: true})
		if at == nil {
			return
		}
		if first.IsZero() || at.Before(first) {
			first = *at
		}
		if at.After(last) {
			last = *at
		}
	}
	for i := range r.Checkouts {
		add(store.Checkouts, store.Key{ID: r.Checkouts[i].ID}, r.Checkouts[i].Timestamp)
	}
	for i := range r.Builds {
		add(store.Builds, store.Key{ID: r.Builds[i].ID}, r.Builds[i].Timestamp)
	}
	for i := range r.Tests {
		add(store.Tests, store.Key{ID: r.Tests[i].ID}, r.Tests[i].Timestamp)
	}
	for i := range r.Issues {
		add(store.Issues, store.Key{ID: r.Issues[i].ID, Version: r.Issues[i].Version}, r.Issues[i].Timestamp)
	}
	for i := range r.Incidents {
		add(store.Incidents, store.Key{ID: r.Incidents[i].ID}, r.Incidents[i].Timestamp)
	}
	return changes, first, last
}

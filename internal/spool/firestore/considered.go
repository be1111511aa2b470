// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"cmp"
	"context"
	"slices"

	"cloud.google.com/go/firestore"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/object"
)

// day is the document of the counters of a UTC day.
type day struct {
	Day      string    `firestore:"day"`
	Counters []counter `firestore:"counters"` // by subscription
}

// counter has the counters of a subscription on a day.
type counter struct {
	Subscription string `firestore:"subscription"`
	Objects      int64  `firestore:"objects"`
	Matched      int64  `firestore:"matched"`
	Errors       int64  `firestore:"errors"`
	LastError    string `firestore:"last_error"`
}

// daysOf sorts counters by day.
func daysOf(considered []spool.Considered) map[string][]spool.Considered {
	days := map[string][]spool.Considered{}
	for _, c := range considered {
		days[c.Day] = append(days[c.Day], c)
	}
	return days
}

// count adds the writes that count. The counters of a day share a document, because only
// one process counts at a time.
func (s *Spool) count(ctx context.Context, w *writes, days map[string][]spool.Considered) error {
	for name, considered := range days {
		snapshots, err := s.get(ctx, s.considered, []string{name})
		if err != nil {
			return err
		}
		var has day
		if snapshots[0].Exists() {
			if has, err = read[day](snapshots[0]); err != nil {
				return err
			}
		}
		for _, c := range considered {
			has.add(c)
		}
		if snapshots[0].Exists() {
			w.update(snapshots[0].Ref, snapshots[0].UpdateTime, field("counters", has.Counters))
		} else {
			w.create(snapshots[0].Ref, day{name, has.Counters})
		}
	}
	return nil
}

// add adds to the counters of a subscription.
func (d *day) add(c spool.Considered) {
	name := spool.Storable(c.Subscription)
	i, found := slices.BinarySearchFunc(d.Counters, name, func(c counter, name string) int { return cmp.Compare(c.Subscription, name) })
	if !found {
		d.Counters = slices.Insert(d.Counters, i, counter{Subscription: name})
	}
	sum := &d.Counters[i]
	sum.Objects += c.Objects
	sum.Matched += c.Matched
	sum.Errors += c.Errors
	if c.LastError != "" {
		sum.LastError = cut(c.LastError, mostLastError)
	}
}

// Counters returns the counters of subscriptions from a day on.
func (s *Spool) Counters(ctx context.Context, since string) (counters []spool.Considered, err error) {
	days, err := s.considered.Where("day", ">=", since).OrderBy("day", firestore.Asc).Documents(ctx).GetAll()
	if err != nil {
		return nil, failure(ctx, "counters", err)
	}
	for _, snapshot := range days {
		d, err := read[day](snapshot)
		if err != nil {
			return nil, failure(ctx, "counters", err)
		}
		for _, c := range d.Counters {
			counters = append(counters, spool.Considered{
				Subscription: c.Subscription, Day: d.Day, Objects: c.Objects, Matched: c.Matched, Errors: c.Errors, LastError: c.LastError,
			})
		}
	}
	return counters, nil
}

// statusesOf returns the statuses of objects by ID of the document: of each object the
// last one.
func (s *Spool) statusesOf(statuses []spool.Status) []newStatus {
	var all []newStatus
	index := map[string]int{}
	for _, st := range statuses {
		id := objectID(st.Object)
		document := objectStatus{string(st.Object.Type), fieldsOf(st.Object), cut(st.Status, mostReason), kept(st.At)}
		if i, found := index[id]; found {
			all[i].objectStatus = document
			continue
		}
		index[id] = len(all)
		all = append(all, newStatus{id, document})
	}
	return all
}

// newStatus is a status to be kept.
type newStatus struct {
	id string // of the document
	objectStatus
}

// note adds the writes that keep statuses.
func (s *Spool) note(w *writes, statuses []newStatus) {
	for _, st := range statuses {
		w.set(s.statuses.Doc(st.id), st.objectStatus)
	}
}

// Statuses returns the statuses that the objects had when they were last considered.
func (s *Spool) Statuses(ctx context.Context, objects []object.Ref) (map[object.Ref]spool.Status, error) {
	ids := make([]string, len(objects))
	for i, ref := range objects {
		ids[i] = objectID(ref)
	}
	snapshots, err := s.get(ctx, s.statuses, ids)
	if err != nil {
		return nil, failure(ctx, "statuses", err)
	}
	found := map[object.Ref]spool.Status{}
	for i, snapshot := range snapshots {
		if !snapshot.Exists() {
			continue
		}
		st, err := read[objectStatus](snapshot)
		if err != nil {
			return nil, failure(ctx, "statuses", err)
		}
		found[objects[i]] = spool.Status{Object: objects[i], Status: st.Status, At: st.At}
	}
	return found, nil
}

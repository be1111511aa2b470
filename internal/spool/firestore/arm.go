// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// arming is what a settlement does to one notification. A settlement may arm a
// notification several times.
type arming struct {
	id    string // of the document
	steps []func(n *notification, exists bool) (changed bool)
}

// armingOf returns what a settlement does to notifications: to each only once.
func armingOf(settlement spool.Settlement) []*arming {
	var all []*arming
	byID := map[string]*arming{}
	add := func(id spool.Identity, step func(n *notification, exists bool) bool) {
		key := notificationID(id)
		if byID[key] == nil {
			byID[key] = &arming{id: key}
			all = append(all, byID[key])
		}
		byID[key].steps = append(byID[key].steps, step)
	}
	for _, n := range settlement.Notifications {
		add(n.Identity, armedBy(n))
	}
	for _, a := range settlement.Aside {
		add(a.Identity, setAsideBy(a))
	}
	slices.SortFunc(all, func(a, b *arming) int { return cmp.Compare(a.id, b.id) })
	return all
}

// arm adds the writes that make or change notifications.
func (s *Spool) arm(ctx context.Context, w *writes, all []*arming) error {
	ids := make([]string, len(all))
	for i, a := range all {
		ids[i] = a.id
	}
	snapshots, err := s.get(ctx, s.notifications, ids)
	if err != nil {
		return err
	}
	for i, a := range all {
		if _, err := s.armOne(w, snapshots[i], a); err != nil {
			return err
		}
	}
	return nil
}

// armOne adds the write that makes or changes a notification. It reports whether there is
// anything to change.
func (s *Spool) armOne(w *writes, snapshot *firestore.DocumentSnapshot, a *arming) (changed bool, err error) {
	n := notification{Made: s.now(), Recipients: []string{}, HTML: []byte{}}
	if snapshot.Exists() {
		if n, err = read[notification](snapshot); err != nil {
			return false, err
		}
	}
	for i, step := range a.steps {
		if step(&n, snapshot.Exists() || i > 0) {
			changed = true
		}
	}
	switch {
	case !changed:
	case snapshot.Exists():
		w.update(snapshot.Ref, snapshot.UpdateTime,
			field("state", n.State), field("first", n.First), field("changed", n.Changed), field("due", n.Due),
			field("finished", n.Finished), field("picked", n.Picked),
			field("reason", n.Reason), field("was", n.Was), field("created", n.Created))
	default:
		w.create(snapshot.Ref, n)
	}
	return changed, nil
}

// identify sets the fields that identify a notification.
func (n *notification) identify(id spool.Identity) {
	n.Subscription, n.Message = spool.Storable(id.Subscription), spool.Storable(id.Message)
	n.Type, n.ID, n.Object = string(id.Object.Type), fieldsOf(id.Object), objectID(id.Object)
}

// armedBy returns the step that makes a notification, or puts off one that waits. A
// process that renders such a notification from its objects before the change loses its
// pick.
func armedBy(by spool.NewNotification) func(n *notification, exists bool) bool {
	changed := kept(by.Changed)
	wait := by.Wait
	if by.AtMost > 0 {
		wait = min(wait, by.AtMost)
	}
	due := kept(by.Changed.Add(wait))
	return func(n *notification, exists bool) bool {
		if exists && n.State != spool.Waiting && n.State != spool.Dropped && n.State != spool.SetAside {
			return false
		}
		anew := !exists || n.State != spool.Waiting
		latest := time.Time{}
		if by.AtMost > 0 && !anew {
			latest = n.First.Add(by.AtMost)
		}
		newest := anew || !changed.Before(n.Changed)
		if newest {
			n.Due, n.Changed, n.Reason = due, changed, cut(by.Reason, mostReason)
			if !latest.IsZero() && n.Due.After(latest) {
				n.Due = latest
			}
		}
		if anew || changed.Before(n.First) {
			n.First, n.Was, n.Created = changed, cut(by.Was, mostReason), by.Created
		}
		n.identify(by.Identity)
		n.State, n.Finished, n.Picked = spool.Waiting, time.Time{}, time.Time{}
		return true
	}
}

// setAsideBy returns the step that sets a notification aside, unless it waits or was
// written.
func setAsideBy(by spool.Aside) func(n *notification, exists bool) bool {
	at := kept(by.At)
	return func(n *notification, exists bool) bool {
		switch {
		case !exists:
			n.identify(by.Identity)
			n.First, n.Due = at, at
		case n.State != spool.Dropped && n.State != spool.SetAside:
			return false
		}
		n.State, n.Changed, n.Finished, n.Reason = spool.SetAside, at, at, cut(by.Why, mostReason)
		return true
	}
}

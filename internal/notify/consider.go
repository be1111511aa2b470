// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/spool"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// quiet is how long nobody sees an issue until it counts as gone.
const quiet = 14 * 24 * time.Hour

// maxIdentity is how long the IDs of an object and of a message may be together:
// what fits into an index of PostgreSQL.
const maxIdentity = 2000

// statusKeeper knows the status that objects had when they were last considered.
type statusKeeper interface {
	Statuses(ctx context.Context, refs []object.Ref) (map[object.Ref]spool.Status, error)
}

// match is a subscription that wants to tell of an object.
type match struct {
	*subscription.Subscription
	object  object.Ref
	message string // its ID
	reason  string
	was     string
	created bool
}

// consideration is what considering some changes comes to.
type consideration struct {
	ctx     context.Context
	objects store.Store
	keeper  statusKeeper
	folder  *subscription.Folder
	at      time.Time // of the changes
	whole   bool      // all there is will be considered: nothing is late
	asNew   bool      // objects are as if they had never been considered
	again   bool      // it failed before, so what fails by itself is set aside

	byType   map[object.Type][]*subscription.Subscription
	have     map[string]int64 // tests of each build among what changed
	matches  []match
	counts   map[string]*spool.Considered // by subscription
	statuses []spool.Status
	aside    []setAside
}

func newConsideration(ctx context.Context, objects store.Store, keeper statusKeeper, folder *subscription.Folder, at time.Time) *consideration {
	c := &consideration{
		ctx: ctx, objects: objects, keeper: keeper, folder: folder, at: at,
		byType: map[object.Type][]*subscription.Subscription{},
		have:   map[string]int64{}, counts: map[string]*spool.Considered{},
	}
	for _, s := range folder.Subscriptions {
		c.byType[s.On] = append(c.byType[s.On], s)
		c.counts[s.Name] = &spool.Considered{Subscription: s.Name, Day: at.UTC().Format(time.DateOnly)}
	}
	return c
}

// consider offers what changed, and all that is above it, to the subscriptions.
// Objects are read some at a time, whatever the number of changes; what consists
// of others is considered once, at last.
func (c *consideration) consider(changes []store.Change) error {
	t := newTouched()
	for _, change := range changes {
		t.addChange(change)
	}
	changed := map[object.Type]int{} // how many of each were read
	if err := c.readChanged(t, changed); err != nil {
		return err
	}
	if !c.whole {
		if err := c.late(t); err != nil {
			return err
		}
		if err := c.readChanged(t, changed); err != nil {
			return err
		}
	}
	for _, typ := range object.Types() {
		if typ == object.TypeTest || typ == object.TypeIncident {
			continue // they are above nothing, and were considered when they were read
		}
		if err := c.offer(t, typ, t.order[typ]); err != nil {
			return err
		}
	}
	return nil
}

// considerThese offers objects to the subscriptions, as if they were new, and
// nothing above or below them.
func (c *consideration) considerThese(refs []object.Ref) error {
	c.asNew = true
	t := newTouched()
	for _, ref := range refs {
		t.orphan(ref)
	}
	for _, typ := range object.Types() {
		if err := c.offer(t, typ, t.order[typ]); err != nil {
			return err
		}
	}
	return nil
}

// readChanged reads the objects that were added since the last time, adds those
// above them, and considers those that have no others below them.
func (c *consideration) readChanged(t *touched, done map[object.Type]int) error {
	for _, typ := range []object.Type{object.TypeIncident, object.TypeTest, object.TypeBuild, object.TypeCheckout, object.TypeIssueVersion} {
		all := t.order[typ][done[typ]:]
		done[typ] = len(t.order[typ])
		err := c.each(all, func(g *graph.Graph, o graph.Object) error {
			if !o.Known() {
				return nil // it was removed since
			}
			t.addAncestors(o)
			if test, ok := o.(*graph.Test); ok {
				c.have[test.BuildID]++
			}
			if typ == object.TypeTest || typ == object.TypeIncident {
				return c.offerOne(g, t, o, nil)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// offer offers objects of a type to the subscriptions that are on it.
func (c *consideration) offer(t *touched, typ object.Type, all []object.Ref) error {
	if len(c.byType[typ]) == 0 {
		return nil
	}
	for refs := range slices.Chunk(all, objectsAtOnce) {
		var before map[object.Ref]spool.Status
		if typ != object.TypeBuild {
			var err error
			if before, err = c.keeper.Statuses(c.ctx, refs); err != nil {
				return err
			}
		}
		if err := c.each(refs, func(g *graph.Graph, o graph.Object) error { return c.offerOne(g, t, o, before) }); err != nil {
			return err
		}
	}
	return nil
}

// offerOne offers an object to the subscriptions. An error is one of the database.
func (c *consideration) offerOne(g *graph.Graph, t *touched, o graph.Object, before map[object.Ref]spool.Status) error {
	subscriptions := c.byType[o.Ref().Type]
	if len(subscriptions) == 0 || !o.Known() {
		return nil
	}
	touch := t.of[o.Ref()]
	if err := touch.born(o); err != nil {
		return err
	}
	one := c.lookAt(o, touch, before)
	for _, s := range subscriptions {
		c.ask(s, o, one)
		if err := g.Err(); err != nil {
			return fmt.Errorf("subscription %s: %s: %w", s.Name, o.Ref(), err)
		}
	}
	if one.asked {
		c.statuses = append(c.statuses, spool.Status{Object: o.Ref(), Status: one.now, At: c.at})
	}
	return nil
}

// look is an object as subscriptions are asked about it.
type look struct {
	subscription.Input
	now   string
	asked bool // somebody asked how it was, so it has to be known the next time, too
}

// lookAt says how an object was and is, once for all subscriptions, and only if
// one of them asks.
func (c *consideration) lookAt(o graph.Object, t *touch, before map[object.Ref]spool.Status) *look {
	one := &look{Input: subscription.Input{Object: o, Created: t.created}}
	one.Input.Now = once(o.Status)
	switch o := o.(type) {
	case *graph.Test:
		one.Input.Was = once(func() (string, error) { return wasOr(t, o.Before) })
	case *graph.Build:
		one.Input.Was = once(func() (string, error) { return wasOr(t, o.Before) })
	case *graph.Incident:
		one.Input.Was = func() (string, error) { return "", nil } // it is told once
	case *graph.Issue, *graph.IssueVersion:
		c.lookAtIssue(one, t, before[o.Ref()])
	default:
		last := before[o.Ref()]
		one.Input.Now = once(func() (status string, err error) {
			one.now, err = o.Status()
			one.asked = err == nil
			return one.now, err
		})
		one.Input.Was = func() (string, error) {
			_, err := one.Input.Now() // for the next time
			return last.Status, err
		}
	}
	return one
}

// lookAtIssue goes by the newest incident: an issue that is seen is FAIL, and one
// that somebody looked for and did not see, or that nobody has seen for long, is
// PASS. Of one that is as if it were new, all incidents are.
func (c *consideration) lookAtIssue(one *look, t *touch, last spool.Status) {
	was := last.Status
	if was == string(report.StatusFail) && c.at.Sub(last.At) > quiet {
		was = string(report.StatusPass)
	}
	one.now, one.asked = string(t.seen), t.seen != ""
	one.Input.Was = func() (string, error) { return was, nil }
	if c.asNew && !one.asked {
		return
	}
	if !one.asked {
		one.now = was // only what it is called changed
	}
	one.Input.Now = func() (string, error) { return one.now, nil }
}

// wasOr returns the last conclusive status before the change: the object's own, or
// that of the last one like it. Without such a status it is the object's own, or for
// a new object that of the last one like it.
func wasOr(t *touch, before func() (report.Status, error)) (string, error) {
	own := t.changed && !t.created
	if own && facts.Conclusive(t.was) {
		return string(t.was), nil
	}
	status, err := before()
	if own && !facts.Conclusive(status) {
		status = t.was
	}
	return string(status), err
}

// once returns a function that asks another the first time only.
func once(f func() (string, error)) func() (string, error) {
	var status string
	var err error
	asked := false
	return func() (string, error) {
		if !asked {
			status, err = f()
			asked = true
		}
		return status, err
	}
}

// ask asks a subscription about an object. A rule that fails is counted, and has
// not matched.
func (c *consideration) ask(s *subscription.Subscription, o graph.Object, one *look) {
	count := c.counts[s.Name]
	count.Objects++
	matched, err := s.Match(c.ctx, &one.Input)
	var message, was string
	if err == nil && matched {
		if message, err = s.MessageID(c.ctx, &one.Input); err == nil {
			was, err = one.Input.Was()
		}
		if ref := o.Ref(); err == nil && len(ref.ID[0])+len(ref.ID[1])+len(message) > maxIdentity {
			err = fmt.Errorf("the IDs of the object and of the message have more than %d bytes", maxIdentity)
		}
	}
	switch {
	case err != nil:
		count.Errors++
		count.LastError = fmt.Sprintf("%s: %v", o.Ref(), err)
	case matched:
		count.Matched++
		c.matches = append(c.matches, match{
			Subscription: s, object: o.Ref(), message: message, reason: s.Reason(&one.Input), was: was, created: one.Created,
		})
	}
}

// settlement is what is to happen because of it.
func (c *consideration) settlement() spool.Settlement {
	s := spool.Settlement{Statuses: c.statuses, Aside: c.notTold()}
	for _, m := range c.matches {
		s.Notifications = append(s.Notifications, spool.NewNotification{
			Identity: spool.Identity{Subscription: m.Name, Object: m.object, Message: m.message},
			Changed:  c.at, Wait: m.Wait, AtMost: m.AtMost, Reason: m.reason, Was: m.was, Created: m.created,
		})
	}
	for _, count := range c.counts {
		if count.Objects > 0 {
			s.Considered = append(s.Considered, *count)
		}
	}
	slices.SortFunc(s.Considered, func(a, b spool.Considered) int { return cmp.Compare(a.Subscription, b.Subscription) })
	return s
}

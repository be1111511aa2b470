// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

// maxIdentity is the most bytes of the IDs of an object and of a message together. It
// is what fits into an index of PostgreSQL.
const maxIdentity = 2000

// statusReader returns the status that objects had when they were last considered.
type statusReader interface {
	Statuses(ctx context.Context, refs []object.Ref) (map[object.Ref]spool.Status, error)
}

// match is a notification that a subscription calls for.
type match struct {
	*subscription.Subscription
	object  object.Ref
	message string // ID of the message
	reason  string
	was     string
	created bool
}

// consideration offers changed objects to subscriptions, and collects the results.
type consideration struct {
	ctx            context.Context
	objects        store.Store
	statusesBefore statusReader
	folder         *subscription.Folder
	at             time.Time // of the changes
	complete       bool      // all objects of the database will be considered, so no child is early
	asNew          bool      // as if the objects had never been considered
	retried        bool      // considering failed before, so failing objects are set aside
	stateless      bool      // the changes do not say what was before

	last      *graph.Graph // see graph
	byType    map[object.Type][]*subscription.Subscription
	testsSeen map[string]int64 // changed tests of each build
	matches   []match
	counts    map[string]*spool.Considered // by name of the subscription
	statuses  map[object.Ref]spool.Status
	aside     []setAside
}

func newConsideration(ctx context.Context, objects store.Store, before statusReader, folder *subscription.Folder, at time.Time) *consideration {
	c := &consideration{
		ctx: ctx, objects: objects, statusesBefore: before, folder: folder, at: at,
		byType:    map[object.Type][]*subscription.Subscription{},
		testsSeen: map[string]int64{}, counts: map[string]*spool.Considered{}, statuses: map[object.Ref]spool.Status{},
	}
	for _, s := range folder.Subscriptions {
		c.byType[s.On] = append(c.byType[s.On], s)
		c.counts[s.Name] = &spool.Considered{Subscription: s.Name, Day: at.UTC().Format(time.DateOnly)}
	}
	return c
}

// consider offers changed objects and their ancestors to the subscriptions. It reads
// 1,000 objects at a time. Objects that have children are offered once, after their
// children.
func (c *consideration) consider(changes []store.Change) error {
	t := newAffected()
	for _, change := range changes {
		t.addChange(change)
	}
	if c.stateless {
		if err := c.recall(t); err != nil {
			return err
		}
	}
	changed := map[object.Type]int{} // number of objects that were read
	if err := c.readChanged(t, changed); err != nil {
		return err
	}
	if !c.complete {
		if err := c.addEarlyChildren(t); err != nil {
			return err
		}
		if err := c.readChanged(t, changed); err != nil {
			return err
		}
	}
	for _, typ := range object.Types() {
		if typ == object.TypeTest || typ == object.TypeIncident {
			continue // readChanged offered them, because they have no children
		}
		if err := c.offer(t, typ, t.order[typ]); err != nil {
			return err
		}
	}
	return nil
}

// considerThese offers objects to the subscriptions as if they were new, without their
// ancestors and children.
func (c *consideration) considerThese(refs []object.Ref) error {
	c.asNew = true
	t := newAffected()
	for _, ref := range refs {
		t.addAsNew(ref)
	}
	for _, typ := range object.Types() {
		if err := c.offer(t, typ, t.order[typ]); err != nil {
			return err
		}
	}
	return nil
}

// readChanged reads the objects that were added since its last call, and adds their
// ancestors. It offers tests and incidents, because they have no children.
func (c *consideration) readChanged(t *affected, done map[object.Type]int) error {
	for _, typ := range []object.Type{object.TypeIncident, object.TypeTest, object.TypeBuild, object.TypeCheckout, object.TypeIssueVersion} {
		all := t.order[typ][done[typ]:]
		done[typ] = len(t.order[typ])
		err := c.forEach(all, func(g *graph.Graph, o graph.Object) error {
			if !o.Known() {
				return nil // deleted after it changed
			}
			t.addAncestors(o)
			if err := c.remember(t, o); err != nil {
				return err
			}
			if test, ok := o.(*graph.Test); ok {
				c.testsSeen[test.BuildID]++
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

// offer offers objects of one type to the subscriptions to that type.
func (c *consideration) offer(t *affected, typ object.Type, all []object.Ref) error {
	if len(c.byType[typ]) == 0 {
		return nil
	}
	for refs := range slices.Chunk(all, objectsAtOnce) {
		var before map[object.Ref]spool.Status
		if typ != object.TypeBuild {
			var err error
			if before, err = c.statusesBefore.Statuses(c.ctx, refs); err != nil {
				return err
			}
		}
		if err := c.forEach(refs, func(g *graph.Graph, o graph.Object) error { return c.offerOne(g, t, o, before) }); err != nil {
			return err
		}
	}
	return nil
}

// offerOne offers an object to the subscriptions. It returns only errors of the
// database.
func (c *consideration) offerOne(g *graph.Graph, t *affected, o graph.Object, before map[object.Ref]spool.Status) error {
	subscriptions := c.byType[o.Ref().Type]
	if len(subscriptions) == 0 || !o.Known() {
		return nil
	}
	effect := t.effects[o.Ref()]
	if err := effect.findCreated(o); err != nil {
		return err
	}
	candidate := c.newCandidate(o, effect, before)
	for _, s := range subscriptions {
		c.offerTo(s, o, candidate)
		if err := g.Err(); err != nil {
			return fmt.Errorf("subscription %s: %s: %w", s.Name, o.Ref(), err)
		}
	}
	if candidate.asked {
		c.statuses[o.Ref()] = spool.Status{Object: o.Ref(), Status: candidate.now, At: c.at}
	}
	return nil
}

// offerTo offers an object to a subscription. A rule that fails is counted, and does
// not match.
func (c *consideration) offerTo(s *subscription.Subscription, o graph.Object, offered *candidate) {
	count := c.counts[s.Name]
	count.Objects++
	matched, err := s.Match(c.ctx, &offered.Input)
	var message, was string
	if err == nil && matched {
		if message, err = s.MessageID(c.ctx, &offered.Input); err == nil {
			was, err = offered.Input.Was()
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
			Subscription: s, object: o.Ref(), message: message, reason: s.Reason(&offered.Input), was: was, created: offered.Created,
		})
	}
}

// settlement returns the results for the spool.
func (c *consideration) settlement() spool.Settlement {
	s := spool.Settlement{Statuses: slices.Collect(maps.Values(c.statuses)), Aside: c.asideRecords()}
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

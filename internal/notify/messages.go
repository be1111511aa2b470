// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/spool"
	"github.com/kcidb-go/kcidb/object"
)

// Maker makes the mails that subscriptions call for, without keeping or sending
// them.
type Maker struct {
	Objects  store.Store
	Folder   *subscription.Folder
	Envelope Envelope
	Base     string
	Now      func() time.Time
	// Trouble is told which subscription's rule or template fails, and how: for
	// which object, and why.
	Trouble func(subscription, how string)
}

// OfChanges returns the mails for what changed, and all that is above it, in the
// order of object.Types(). Those of one type come as the changes do, and those of one
// object by the names of the subscriptions.
func (m *Maker) OfChanges(ctx context.Context, changes []store.Change) iter.Seq2[[]byte, error] {
	return m.mails(ctx, func(c *consideration) error { return c.consider(changes) })
}

// Of returns the mails for objects, as if they were new.
func (m *Maker) Of(ctx context.Context, refs []object.Ref) iter.Seq2[[]byte, error] {
	return m.mails(ctx, func(c *consideration) error { return c.considerThese(refs) })
}

func (m *Maker) mails(ctx context.Context, consider func(*consideration) error) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		c := newConsideration(ctx, m.Objects, nothingKept{}, m.Folder, m.Now())
		if err := consider(c); err != nil {
			yield(nil, err)
			return
		}
		m.tellTroubles(c)
		// Readers of the Python system's mails know them in the order of the types.
		slices.SortStableFunc(c.matches, func(a, b match) int {
			return slices.Index(object.Types(), a.object.Type) - slices.Index(object.Types(), b.object.Type)
		})
		for i := range c.matches {
			text, err := m.mail(ctx, &c.matches[i])
			if text == nil && err == nil {
				continue
			}
			if !yield(text, err) || err != nil {
				return
			}
		}
	}
}

func (m *Maker) tellTroubles(c *consideration) {
	for _, one := range c.notTold() {
		m.Trouble(one.Subscription, one.Object.String()+": "+one.Why)
	}
	for _, count := range c.counts {
		if count.Errors > 0 {
			m.Trouble(count.Subscription, count.LastError)
		}
	}
}

// mail makes the mail of a match, none where it goes to nobody by mail.
func (m *Maker) mail(ctx context.Context, one *match) ([]byte, error) {
	n := spool.Notification{
		Identity: spool.Identity{Subscription: one.Name, Object: one.object, Message: one.message},
		Due:      m.Now(), Was: one.was, Reason: one.reason,
	}
	for _, r := range m.Envelope.recipients(one.Subscription) {
		if r.Via == spool.Mail {
			n.Deliveries = append(n.Deliveries, spool.Delivery{Via: r.Via, Recipient: r.Address, Header: r.Header})
		}
	}
	if len(n.Deliveries) == 0 {
		return nil, nil
	}
	rendered, err := m.write(ctx, one)
	if err != nil {
		return nil, err
	}
	n.Subject, n.Body, n.Thread = rendered.Subject, rendered.Body, rendered.Thread
	return m.Envelope.bytes(&n)
}

func (m *Maker) write(ctx context.Context, one *match) (spool.Rendered, error) {
	g := graph.New(ctx, m.Objects)
	found, err := g.Find(one.object)
	if err != nil {
		return spool.Rendered{}, err
	}
	in := &subscription.Input{
		Object: found[0], Created: one.created, Now: found[0].Status,
		Was: func() (string, error) { return one.was, nil },
	}
	rendered, err := write(ctx, one.Subscription, in, one.reason, m.Base)
	if g.Err() != nil {
		return rendered, g.Err()
	}
	if err != nil {
		m.Trouble(one.Name, one.object.String()+": "+err.Error())
	}
	return rendered, nil
}

// nothingKept knows nothing of what was considered before.
type nothingKept struct{}

func (nothingKept) Statuses(context.Context, []object.Ref) (map[object.Ref]spool.Status, error) {
	return nil, nil
}

// Explain tells which of the conditions of a subscription an object fits, as if
// it were new.
func (m *Maker) Explain(ctx context.Context, s *subscription.Subscription, ref object.Ref) ([]subscription.Clause, error) {
	g := graph.New(ctx, m.Objects)
	found, err := g.Find(ref)
	if err != nil {
		return nil, err
	}
	if !found[0].Known() {
		return nil, fmt.Errorf("there is no %s in the database", ref)
	}
	c := newConsideration(ctx, m.Objects, nothingKept{}, m.Folder, m.Now())
	c.asNew = true
	one := c.lookAt(found[0], &touch{created: true}, nil)
	return s.Explain(ctx, &one.Input)
}

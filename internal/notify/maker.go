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
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

// Maker writes the mails that subscriptions call for. It neither keeps nor sends them.
type Maker struct {
	Objects  store.Store
	Folder   *subscription.Folder
	Envelope Envelope
	Base     string
	Now      func() time.Time
	// OnFailure is called if the rule or the template of a subscription fails, with the
	// object and the error.
	OnFailure func(subscription, failure string)
}

// OfChanges returns the mails for changed objects and their ancestors, in the order of
// object.Types. The mails for one type are in the order of the changes, and the mails
// for one object in the order of the subscriptions' names.
func (m *Maker) OfChanges(ctx context.Context, changes []store.Change) iter.Seq2[[]byte, error] {
	return m.mails(ctx, func(c *consideration) error { return c.consider(changes) })
}

// Mails returns the mails for objects as if they were new.
func (m *Maker) Mails(ctx context.Context, refs []object.Ref) iter.Seq2[[]byte, error] {
	return m.mails(ctx, func(c *consideration) error { return c.considerThese(refs) })
}

func (m *Maker) mails(ctx context.Context, consider func(*consideration) error) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		c := newConsideration(ctx, m.Objects, noStatuses{}, m.Folder, m.Now())
		if err := consider(c); err != nil {
			yield(nil, err)
			return
		}
		m.reportFailures(c)
		// The Python system writes mails in the order of the types.
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

func (m *Maker) reportFailures(c *consideration) {
	for _, a := range c.asideRecords() {
		m.OnFailure(a.Subscription, a.Object.String()+": "+a.Why)
	}
	for _, count := range c.counts {
		if count.Errors > 0 {
			m.OnFailure(count.Subscription, count.LastError)
		}
	}
}

// mail returns the mail for a match, or nil if it has no recipients by mail.
func (m *Maker) mail(ctx context.Context, found *match) ([]byte, error) {
	n := spool.Notification{
		Identity: spool.Identity{Subscription: found.Name, Object: found.object, Message: found.message},
		Due:      m.Now(), Was: found.was, Reason: found.reason,
	}
	for _, r := range m.Envelope.recipients(found.Subscription) {
		if r.Via == spool.Mail {
			n.Deliveries = append(n.Deliveries, spool.Delivery{Via: r.Via, Recipient: r.Address, Header: r.Header})
		}
	}
	if len(n.Deliveries) == 0 {
		return nil, nil
	}
	rendered, err := m.write(ctx, found)
	if err != nil {
		return nil, err
	}
	n.Subject, n.Body, n.HTML, n.Thread = rendered.Subject, rendered.Body, rendered.HTML, rendered.Thread
	return m.Envelope.bytes(&n)
}

func (m *Maker) write(ctx context.Context, found *match) (spool.Rendered, error) {
	g := graph.New(ctx, m.Objects)
	objects, err := g.Find(found.object)
	if err != nil {
		return spool.Rendered{}, err
	}
	in := &subscription.Input{
		Object: objects[0], Created: found.created, Now: objects[0].Status,
		Was: func() (string, error) { return found.was, nil },
	}
	rendered, err := write(ctx, found.Subscription, in, found.reason, m.Base)
	if g.Err() != nil {
		return rendered, g.Err()
	}
	if err != nil {
		m.OnFailure(found.Name, found.object.String()+": "+err.Error())
	}
	return rendered, nil
}

// noStatuses is a statusReader without statuses.
type noStatuses struct{}

func (noStatuses) Statuses(context.Context, []object.Ref) (map[object.Ref]spool.Status, error) {
	return nil, nil
}

// Explain returns which conditions of a subscription an object meets, as if it were
// new.
func (m *Maker) Explain(ctx context.Context, s *subscription.Subscription, ref object.Ref) ([]subscription.Clause, error) {
	g := graph.New(ctx, m.Objects)
	found, err := g.Find(ref)
	if err != nil {
		return nil, err
	}
	if !found[0].Known() {
		return nil, fmt.Errorf("there is no %s in the database", ref)
	}
	c := newConsideration(ctx, m.Objects, noStatuses{}, m.Folder, m.Now())
	c.asNew = true
	candidate := c.newCandidate(found[0], &effect{created: true}, nil)
	return s.Explain(ctx, &candidate.Input)
}

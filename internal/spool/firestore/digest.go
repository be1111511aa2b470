// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"
	"fmt"

	"cloud.google.com/go/firestore"
	"cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// mostHeld is how many mails a digest lists at most, so that they fit into a commit. The
// next day's digest lists the others.
const mostHeld = 400

// budget is the document of an address with a budget. Each mail that is counted changes
// it. So of two processes that count the mails to an address at the same time, the commit
// of one fails, and it counts again.
type budget struct {
	Mails int64 `firestore:"mails"`
}

// overBudget reports whether the recipient has had as many mails today as the budget
// allows. Mails that wait count. A mail that was made on another day counts today once it
// is tried.
func (s *Spool) overBudget(ctx context.Context, w *writes, n *spool.Notification, r spool.Recipient) (over bool, err error) {
	if !n.Limits(r) {
		return false, nil
	}
	address := spool.Fold(r.Address)
	snapshots, err := s.get(ctx, s.budgets, []string{hashOf(address)})
	if err != nil {
		return false, err
	}
	if !snapshots[0].Exists() {
		w.create(snapshots[0].Ref, budget{1})
	} else {
		has, err := read[budget](snapshots[0])
		if err != nil {
			return false, err
		}
		w.update(snapshots[0].Ref, snapshots[0].UpdateTime, field("mails", has.Mails+1))
	}
	today := spool.Midnight(s.now())
	mails := s.deliveries.Where("mailbox", "==", address).Where("state", "in", []string{spool.Waiting, spool.Sent, spool.Failed}).
		Where("at", ">=", today).Where("at", "<", today.Add(spool.Day))
	if r.Budget > 0 {
		sent, err := s.countOf(ctx, mails)
		if err != nil || sent >= int64(r.Budget) {
			return true, err
		}
	}
	if r.SubscriptionBudget > 0 {
		sent, err := s.countOf(ctx, mails.Where("subscription", "==", spool.Storable(n.Subscription)))
		return sent >= int64(r.SubscriptionBudget), err
	}
	return false, nil
}

// countOf returns how many documents a query finds.
func (s *Spool) countOf(ctx context.Context, q firestore.Query) (int64, error) {
	result, err := q.NewAggregationQuery().WithCount("n").Get(ctx)
	if err != nil {
		return 0, err
	}
	n, ok := result["n"].(*firestorepb.Value)
	if !ok {
		return 0, fmt.Errorf("the count is %v", result["n"])
	}
	return n.GetIntegerValue(), nil
}

// armDigest adds the write that makes today's digest for an address, due when the day is
// over. If that digest is on its way already, because the clock of this or of another
// machine is wrong, or because this process is writing it, the next day's digest lists
// what is held now.
func (s *Spool) armDigest(ctx context.Context, w *writes, address, writing string) error {
	now := s.now()
	for today := spool.Midnight(now); ; today = today.Add(spool.Day) {
		digest := spool.NewDigest(address, today, now)
		a := &arming{id: notificationID(digest.Identity), steps: []func(*notification, bool) bool{armedBy(digest)}}
		if a.id == writing {
			continue
		}
		snapshots, err := s.get(ctx, s.notifications, []string{a.id})
		if err != nil {
			return err
		}
		if done, err := s.armOne(w, snapshots[0], a); done || err != nil {
			return err
		}
	}
}

// HeldFor returns the notifications that a digest lists, those that were held first.
func (s *Spool) HeldFor(ctx context.Context, digest *spool.Notification) ([]spool.Notification, error) {
	found, err := s.deliveries.Where("mailbox", "==", digest.Object.ID[0]).Where("state", "==", spool.Held).
		Where("at", "<", kept(digest.Due)).OrderBy("at", firestore.Asc).Limit(mostHeld).Documents(ctx).GetAll()
	if err != nil {
		return nil, failure(ctx, "held", err)
	}
	ids := make([]string, len(found))
	deliveries := make([]delivery, len(found))
	for i, snapshot := range found {
		if deliveries[i], err = read[delivery](snapshot); err != nil {
			return nil, failure(ctx, "held", err)
		}
		ids[i] = deliveries[i].Notification
	}
	snapshots, err := s.get(ctx, s.notifications, ids)
	if err != nil {
		return nil, failure(ctx, "held", err)
	}
	var held []spool.Notification
	for i, snapshot := range snapshots {
		if !snapshot.Exists() {
			continue // an administrator deleted it
		}
		n, err := read[notification](snapshot)
		if err != nil {
			return nil, failure(ctx, "held", err)
		}
		one := n.export(ids[i])
		one.Body = ""
		one.Deliveries = []spool.Delivery{deliveries[i].export(found[i].Ref.ID)}
		held = append(held, one)
	}
	return held, nil
}

// digest adds the writes that change the held deliveries that a digest lists to digested.
// It returns ErrTaken if one is not held any more. If more are held, there will be another
// digest.
func (s *Spool) digest(ctx context.Context, w *writes, digest string, listed []spool.Notification) error {
	var ids []string
	for _, n := range listed {
		if len(n.Deliveries) != 1 {
			return fmt.Errorf("notification %d: %d held deliveries", n.Number, len(n.Deliveries))
		}
		ids = append(ids, deliveryIDOf(&n, &n.Deliveries[0]))
	}
	snapshots, err := s.get(ctx, s.deliveries, ids)
	if err != nil {
		return err
	}
	for i, snapshot := range snapshots {
		d, err := delivery{}, error(nil)
		if snapshot.Exists() {
			d, err = read[delivery](snapshot)
		}
		if err == nil && d.State != spool.Held {
			err = fmt.Errorf("delivery %d: %w", listed[i].Deliveries[0].Number, spool.ErrTaken)
		}
		if err != nil {
			return err
		}
		w.update(snapshot.Ref, snapshot.UpdateTime, field("state", spool.Digested), field("at", s.now()))
	}
	if len(listed) == 0 {
		return nil
	}
	address := listed[0].Deliveries[0].Recipient
	held, err := s.countOf(ctx, s.deliveries.Where("mailbox", "==", spool.Fold(address)).Where("state", "==", spool.Held))
	if err != nil || held <= int64(len(listed)) {
		return err
	}
	return s.armDigest(ctx, w, address, digest) // there were too many
}

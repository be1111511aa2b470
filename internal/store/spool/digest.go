// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/object"
)

// A digest is a notification of its own: it tells somebody of the mails that were
// held on a day. Its subscription is Digest, its object the recipient, by the
// address in lower case, its message the day.
const (
	Digest        = "digest"
	TypeRecipient = object.Type("recipient")
)

// budgetLock is the key of PostgreSQL's advisory lock of those who count mails.
// The first half of it is common to all of KCIDB's.
const budgetLock = int64(0x6b636964_00000004)

const day = 24 * time.Hour

// midnight returns when the day of UTC began.
func midnight(t time.Time) time.Time { return t.UTC().Truncate(day) }

// limits tells whether mails to the recipient are counted.
func (n *Notification) limits(r Recipient) bool {
	return r.Via == Mail && n.Subscription != Digest && (r.Budget > 0 || r.SubscriptionBudget > 0)
}

// overBudget tells whether the recipient has had as many mails today as may be.
// Those that wait count; a mail that was made on another day counts today once
// it is tried.
func (t *tx) overBudget(n *Notification, r Recipient) (bool, error) {
	today := midnight(moment(t.now))
	var all, same int
	err := t.QueryRowContext(t.ctx, t.s.sql(`SELECT count(*), count(*) FILTER (WHERE n.subscription = ?)
		FROM deliveries d JOIN notifications n ON n.number = d.notification
		WHERE lower(d.recipient) = ? AND d.at >= ? AND d.at < ? AND d.via = 'mail'
			AND d.state IN ('waiting', 'sent', 'failed') AND n.subscription != 'digest'`),
		n.Subscription, fold(kept(r.Address)), micros(today), micros(today.Add(day))).Scan(&all, &same)
	return r.Budget > 0 && all >= r.Budget || r.SubscriptionBudget > 0 && same >= r.SubscriptionBudget, err
}

// armDigest makes today's digest for an address, due when the day is over. Where
// that one is on its way, which the clock or another machine's may be the cause
// of, the next day's tells of what is held now.
func (t *tx) armDigest(address string) error {
	now := moment(t.now)
	for today := midnight(now); ; today = today.Add(day) {
		n, err := arming.exec(t, []New{{
			Identity: Identity{
				Subscription: Digest,
				Object:       object.Ref{Type: TypeRecipient, ID: object.ID{fold(kept(address))}},
				Message:      today.Format(time.DateOnly),
			},
			Changed: now,
			Wait:    today.Add(day).Sub(now),
			Reason:  "mails were held",
		}})
		if err != nil || n > 0 {
			return err
		}
	}
}

// Held returns what a digest is to tell of: the notifications, without their
// bodies, that have mails to its recipient held since before it was due, each
// with that delivery. The numbers of the deliveries are for Rendered.Digested.
func (s *Spool) Held(ctx context.Context, digest *Notification) ([]Notification, error) {
	var sendings []*Sending
	err := s.query(ctx, s.Read, func(scan func(...any) error) error {
		d, err := scanDelivery(scan)
		sendings = append(sendings, &Sending{Delivery: d})
		return err
	}, "SELECT "+deliveryColumns+` FROM deliveries
		WHERE lower(recipient) = ? AND at < ? AND via = 'mail' AND state = 'held' ORDER BY number`,
		digest.Object.ID[0], micros(digest.Due))
	if err == nil {
		err = s.attach(ctx, s.Read, sendings, strings.Replace(notificationColumns, "body", "''", 1))
	}
	if err != nil {
		return nil, s.failure(ctx, "held", err)
	}
	held := make([]Notification, len(sendings))
	for i, sending := range sendings {
		held[i] = sending.Notification
		held[i].Deliveries = []Delivery{sending.Delivery}
	}
	return held, nil
}

// digested makes held deliveries digested ones.
func (t *tx) digested(numbers []int64) error {
	for _, number := range slices.Compact(slices.Sorted(slices.Values(numbers))) {
		if err := t.one("UPDATE deliveries SET state = 'digested', at = ? WHERE number = ? AND state = 'held'", t.now, number); err != nil {
			return fmt.Errorf("delivery %d: %w", number, err)
		}
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
)

// A digest is a notification of its own: it lists the mails to a recipient that were
// held on a day. Its subscription is Digest, its object the recipient, by the address
// in lower case, its message the day.
const (
	Digest        = "digest"
	TypeRecipient = object.Type("recipient")
)

const day = 24 * time.Hour

// midnight returns when the UTC day of a time began.
func midnight(t time.Time) time.Time { return t.UTC().Truncate(day) }

// limits reports whether mails to the recipient are counted.
func (n *Notification) limits(r Recipient) bool {
	return r.Via == Mail && n.Subscription != Digest && (r.Budget > 0 || r.SubscriptionBudget > 0)
}

// overBudget reports whether the recipient has had as many mails today as the budget
// allows. Mails that wait count. A mail that was made on another day counts today once
// it is tried.
func (t *tx) overBudget(n *Notification, r Recipient) (bool, error) {
	today := midnight(sqldb.Time(t.now))
	var all, same int
	_, err := t.read(`SELECT count(*), count(*) FILTER (WHERE n.subscription = $1)
		FROM deliveries d JOIN notifications n ON n.number = d.notification
		WHERE lower(d.recipient) = $2 AND d.at >= $3 AND d.at < $4 AND d.via = 'mail'
			AND d.state IN ('waiting', 'sent', 'failed') AND n.subscription != 'digest'`,
		[]any{n.Subscription, fold(storable(r.Address)), sqldb.Micros(today), sqldb.Micros(today.Add(day))}, &all, &same)
	return r.Budget > 0 && all >= r.Budget || r.SubscriptionBudget > 0 && same >= r.SubscriptionBudget, err
}

// armDigest makes today's digest for an address, due when the day is over. If that
// digest is on its way already, because the clock of this or of another machine is
// wrong, the next day's digest lists what is held now.
func (t *tx) armDigest(address string) error {
	now := sqldb.Time(t.now)
	for today := midnight(now); ; today = today.Add(day) {
		n, err := arming.exec(t, []NewNotification{{
			Identity: Identity{
				Subscription: Digest,
				Object:       object.Ref{Type: TypeRecipient, ID: object.ID{fold(storable(address))}},
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

// HeldFor returns the notifications that a digest lists, without their bodies: those with
// mails to its recipient that are held since before the digest was due. Each comes with
// that delivery. The numbers of the deliveries are for Rendered.Digested.
func (s *Spool) HeldFor(ctx context.Context, digest *Notification) (held []Notification, err error) {
	err = s.readCommitted(ctx, "held", func(t *tx) error {
		deliveries, err := rows(t, scanDelivery, "SELECT "+deliveryColumns+` FROM deliveries
			WHERE lower(recipient) = $1 AND at < $2 AND via = 'mail' AND state = 'held' ORDER BY number`,
			digest.Object.ID[0], sqldb.Micros(digest.Due))
		if err != nil {
			return err
		}
		byNumber, err := t.notificationsOf(deliveries, strings.Replace(notificationColumns, "body", "''", 1))
		if err != nil {
			return err
		}
		held = make([]Notification, len(deliveries))
		for i, d := range deliveries {
			held[i] = byNumber[d.Notification]
			held[i].Deliveries = []Delivery{d}
		}
		return nil
	})
	return held, err
}

// digested changes held deliveries to digested.
func (t *tx) digested(numbers []int64) error {
	for _, number := range slices.Compact(slices.Sorted(slices.Values(numbers))) {
		if err := t.changeOne("UPDATE deliveries SET state = 'digested', at = $1 WHERE number = $2 AND state = 'held'", t.now, number); err != nil {
			return fmt.Errorf("delivery %d: %w", number, err)
		}
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// overBudget reports whether the recipient has had as many mails today as the budget
// allows. Mails that wait count. A mail that was made on another day counts today once
// it is tried.
func (t *tx) overBudget(n *spool.Notification, r spool.Recipient) (bool, error) {
	today := spool.Midnight(sqldb.Time(t.now))
	var all, same int
	_, err := t.read(`SELECT count(*), count(*) FILTER (WHERE n.subscription = $1)
		FROM deliveries d JOIN notifications n ON n.number = d.notification
		WHERE lower(d.recipient) = $2 AND d.at >= $3 AND d.at < $4 AND d.via = 'mail'
			AND d.state IN ('waiting', 'sent', 'failed') AND n.subscription != 'digest'`,
		[]any{n.Subscription, spool.Fold(r.Address), sqldb.Micros(today), sqldb.Micros(today.Add(spool.Day))}, &all, &same)
	return r.Budget > 0 && all >= r.Budget || r.SubscriptionBudget > 0 && same >= r.SubscriptionBudget, err
}

// armDigest makes today's digest for an address, due when the day is over. If that
// digest is on its way already, because the clock of this or of another machine is
// wrong, the next day's digest lists what is held now.
func (t *tx) armDigest(address string) error {
	now := sqldb.Time(t.now)
	for today := spool.Midnight(now); ; today = today.Add(spool.Day) {
		n, err := arming.exec(t, []spool.NewNotification{spool.NewDigest(address, today, now)})
		if err != nil || n > 0 {
			return err
		}
	}
}

// HeldFor returns the notifications that a digest lists, in the order of their deliveries.
func (s *Spool) HeldFor(ctx context.Context, digest *spool.Notification) (held []spool.Notification, err error) {
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
		held = make([]spool.Notification, len(deliveries))
		for i, d := range deliveries {
			held[i] = byNumber[d.Notification]
			held[i].Deliveries = []spool.Delivery{d}
		}
		return nil
	})
	return held, err
}

// digested changes held deliveries to digested.
func (t *tx) digested(held []spool.Notification) error {
	var numbers []int64
	for _, n := range held {
		numbers = append(numbers, n.Deliveries[0].Number)
	}
	for _, number := range slices.Compact(slices.Sorted(slices.Values(numbers))) {
		if err := t.changeOne("UPDATE deliveries SET state = 'digested', at = $1 WHERE number = $2 AND state = 'held'", t.now, number); err != nil {
			return fmt.Errorf("delivery %d: %w", number, err)
		}
	}
	return nil
}

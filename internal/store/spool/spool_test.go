// SPDX-License-Identifier: Apache-2.0

package spool_test

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/spool"
	"github.com/kcidb-go/kcidb/object"
)

// must fails the test on an error.
func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// taken fails the test where an error is not ErrTaken.
func (h *house) taken(err error) {
	h.t.Helper()
	if !errors.Is(err, spool.ErrTaken) {
		h.t.Fatalf("got %v, want that it is taken", err)
	}
}

// about is the identity of a subscription's only notification of a test.
func about(subscription, test string) spool.Identity {
	return spool.Identity{Subscription: subscription, Object: object.Ref{Type: object.TypeTest, ID: object.ID{test}}}
}

// arm arms notifications of a change now, due at once.
func (h *house) arm(identities ...spool.Identity) {
	h.t.Helper()
	var s spool.Settlement
	for _, id := range identities {
		s.Notifications = append(s.Notifications, spool.New{Identity: id, Changed: h.now(), Reason: "it changed"})
	}
	h.must(h.Settle(h.t.Context(), s))
}

// pick picks all notifications that are due.
func (h *house) pick() []spool.Notification {
	h.t.Helper()
	picked, err := h.PickNotifications(h.t.Context(), 1000, 2*time.Minute)
	h.must(err)
	return picked
}

// one picks the only notification that is due.
func (h *house) one() *spool.Notification {
	h.t.Helper()
	picked := h.pick()
	if len(picked) != 1 {
		h.t.Fatalf("picked %d notifications, want one: %+v", len(picked), picked)
	}
	return &picked[0]
}

// deliveries picks all deliveries that are due.
func (h *house) deliveries() []*spool.Sending {
	h.t.Helper()
	ways, err := h.Ways(h.t.Context())
	h.must(err)
	var all []*spool.Sending
	for _, way := range ways {
		picked, err := h.PickDeliveries(h.t.Context(), way, 1000, 2*time.Minute)
		h.must(err)
		all = append(all, picked...)
	}
	slices.SortFunc(all, func(a, b *spool.Sending) int { return cmp.Or(a.Due.Compare(b.Due), int(a.Number-b.Number)) })
	return all
}

// ready arms a notification and makes it ready for the recipients.
func (h *house) ready(id spool.Identity, recipients ...spool.Recipient) spool.Notification {
	h.t.Helper()
	h.arm(id)
	n := h.one()
	h.must(h.Ready(h.t.Context(), n, spool.Rendered{Subject: "S " + id.Object.ID[0], Body: "B", Thread: "T", Recipients: recipients}))
	return h.get(n.Number)
}

func (h *house) get(number int64) spool.Notification {
	h.t.Helper()
	n, err := h.Get(h.t.Context(), number)
	h.must(err)
	return n
}

// states returns the state of a notification and those of its deliveries.
func states(n spool.Notification) string {
	s := n.State
	for _, d := range n.Deliveries {
		s += " " + d.State
	}
	return s
}

func (h *house) want(number int64, want string) {
	h.t.Helper()
	if got := states(h.get(number)); got != want {
		h.t.Errorf("notification %d: %s, want %s", number, got, want)
	}
}

func mail(address string) spool.Recipient {
	return spool.Recipient{Via: spool.Mail, Address: address, Header: "to"}
}

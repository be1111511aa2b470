// SPDX-License-Identifier: Apache-2.0

package spooltest

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/object"
)

// must fails the test on an error.
func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// allowTaken fails the test where an error is not ErrTaken.
func (f *fixture) allowTaken(err error) {
	f.t.Helper()
	if !errors.Is(err, spool.ErrTaken) {
		f.t.Fatalf("got %v, want that it is taken", err)
	}
}

// identityOf is the identity of a subscription's only notification of a test.
func identityOf(subscription, test string) spool.Identity {
	return spool.Identity{Subscription: subscription, Object: object.Ref{Type: object.TypeTest, ID: object.ID{test}}}
}

// arm arms notifications of a change now, due at once.
func (f *fixture) arm(identities ...spool.Identity) {
	f.t.Helper()
	var s spool.Settlement
	for _, id := range identities {
		s.Notifications = append(s.Notifications, spool.NewNotification{Identity: id, Changed: f.now(), Reason: "it changed"})
	}
	f.must(f.Settle(f.t.Context(), s))
}

// pick picks all notifications that are due.
func (f *fixture) pick() []spool.Notification {
	f.t.Helper()
	picked, err := f.PickNotifications(f.t.Context(), 1000, 2*time.Minute)
	f.must(err)
	return picked
}

// pickOne picks the only notification that is due.
func (f *fixture) pickOne() *spool.Notification {
	f.t.Helper()
	picked := f.pick()
	if len(picked) != 1 {
		f.t.Fatalf("picked %d notifications, want one: %+v", len(picked), picked)
	}
	return &picked[0]
}

// deliveries picks all deliveries that are due.
func (f *fixture) deliveries() []*spool.Picked {
	f.t.Helper()
	routes, err := f.Routes(f.t.Context())
	f.must(err)
	var all []*spool.Picked
	for _, route := range routes {
		picked, err := f.PickDeliveries(f.t.Context(), route, 1000, 2*time.Minute)
		f.must(err)
		all = append(all, picked...)
	}
	slices.SortFunc(all, func(a, b *spool.Picked) int { return cmp.Or(a.Due.Compare(b.Due), int(a.Number-b.Number)) })
	return all
}

// ready arms a notification and makes it ready for the recipients.
func (f *fixture) ready(id spool.Identity, recipients ...spool.Recipient) spool.Notification {
	f.t.Helper()
	f.arm(id)
	n := f.pickOne()
	f.must(f.MarkReady(f.t.Context(), n, spool.Rendered{Subject: "S " + id.Object.ID[0], Body: "B", HTML: "<p>B</p>", Thread: "T", Recipients: recipients}))
	return f.get(n.Number)
}

func (f *fixture) get(number int64) spool.Notification {
	f.t.Helper()
	n, err := f.Get(f.t.Context(), number)
	f.must(err)
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

func (f *fixture) wantState(number int64, want string) {
	f.t.Helper()
	if got := states(f.get(number)); got != want {
		f.t.Errorf("notification %d: %s, want %s", number, got, want)
	}
}

func mail(address string) spool.Recipient {
	return spool.Recipient{Via: spool.Mail, Address: address, Header: "to"}
}

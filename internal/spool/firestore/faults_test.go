// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/firestore/firestoretest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/object"
)

// arm makes notifications of tests that are due now.
func arm(t *testing.T, s *Spool, tests ...string) {
	t.Helper()
	var all spool.Settlement
	for _, id := range tests {
		all.Notifications = append(all.Notifications, spool.NewNotification{
			Identity: spool.Identity{Subscription: "s", Object: object.Ref{Type: object.TypeTest, ID: object.ID{id}}}, Changed: s.Now(), Reason: "it changed",
		})
	}
	if err := s.Settle(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

// pickReady picks the notifications that are due, and makes them ready for a recipient each.
func pickReady(t *testing.T, s *Spool) {
	t.Helper()
	picked, err := s.PickNotifications(t.Context(), 100, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for i := range picked {
		r := spool.Rendered{Subject: "S", Recipients: []spool.Recipient{{Via: spool.Mail, Address: picked[i].Object.ID[0] + "@example.org"}}}
		if err := s.MarkReady(t.Context(), &picked[i], r); err != nil {
			t.Fatal(err)
		}
	}
}

// If picking fails in the middle, what was picked so far is not lost until the picks run
// out.
func TestPickFailsInTheMiddle(t *testing.T) {
	server := firestoretest.Start(t)
	var left atomic.Int64
	left.Store(1 << 30)
	server.Fail = func(call string, after bool) error {
		if call == "Commit" && !after && left.Add(-1) < 0 {
			return status.Error(codes.PermissionDenied, "no")
		}
		return nil
	}
	s := open(t, server.Addr, "test", time.Now)
	arm(t, s, "ci:1", "ci:2", "ci:3")
	left.Store(2)
	picked, err := s.PickNotifications(t.Context(), 10, time.Minute)
	if err != nil || len(picked) != 2 {
		t.Errorf("got %d notifications and %v, want the two that were picked", len(picked), err)
	}
	if picked, err = s.PickNotifications(t.Context(), 10, time.Minute); err == nil {
		t.Errorf("got %d notifications, want the error", len(picked))
	}
	left.Store(1 << 30)
	pickReady(t, s)
	left.Store(0)
	if picked, err := s.PickDeliveries(t.Context(), spool.Mail, 10, time.Minute); err == nil {
		t.Errorf("got %d deliveries, want the error", len(picked))
	}
}

// A delivery whose notification an administrator deleted does not hold up the others.
func TestDeliveryWithoutNotification(t *testing.T) {
	server := firestoretest.Start(t)
	s := open(t, server.Addr, "test", time.Now)
	arm(t, s, "ci:1", "ci:2", "ci:3")
	pickReady(t, s)
	gone := notificationID(spool.Identity{Subscription: "s", Object: object.Ref{Type: object.TypeTest, ID: object.ID{"ci:2"}}})
	if _, err := s.notifications.Doc(gone).Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	picked, err := s.PickDeliveries(t.Context(), spool.Mail, 10, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var to []string
	for _, d := range picked {
		to = append(to, d.Recipient)
		if err := s.MarkSent(t.Context(), d); err != nil {
			t.Error(err)
		}
	}
	if len(to) != 2 || strings.Contains(strings.Join(to, " "), "ci:2") {
		t.Errorf("picked deliveries to %q", to)
	}
	if routes, err := s.RoutesWaiting(t.Context()); err != nil || len(routes) > 0 {
		t.Errorf("routes %q with deliveries that wait, %v", routes, err)
	}
}

// Held mails whose notification an administrator deleted do not hold up a digest, nor lists.
func TestHeldWithoutNotification(t *testing.T) {
	server := firestoretest.Start(t)
	now := time.Now()
	s := open(t, server.Addr, "test", func() time.Time { return now })
	arm(t, s, "ci:1", "ci:2", "ci:3")
	picked, err := s.PickNotifications(t.Context(), 100, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for i := range picked {
		r := spool.Rendered{Subject: "S", Recipients: []spool.Recipient{{Via: spool.Mail, Address: "a@example.org", Budget: 1}}}
		if err := s.MarkReady(t.Context(), &picked[i], r); err != nil {
			t.Fatal(err)
		}
	}
	held, err := s.List(t.Context(), spool.Filter{State: spool.Held})
	if err != nil || len(held) != 2 {
		t.Fatalf("%d notifications are held, %v", len(held), err)
	}
	if _, err := s.notifications.Doc(notificationID(held[0].Identity)).Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if held, err = s.List(t.Context(), spool.Filter{State: spool.Held}); err != nil || len(held) != 1 {
		t.Errorf("%d notifications are held, %v", len(held), err)
	}
	now = now.Add(2 * spool.Day)
	digest, err := s.PickNotifications(t.Context(), 1, time.Minute)
	if err != nil || len(digest) != 1 || digest[0].Subscription != spool.Digest {
		t.Fatalf("got %+v, %v, want the digest", digest, err)
	}
	if listed, err := s.HeldFor(t.Context(), &digest[0]); err != nil || len(listed) != 1 {
		t.Errorf("the digest lists %d, %v", len(listed), err)
	}
}

// Documents that the Python system left in a collection of the same name are in the way of
// nothing.
func TestForeignDocuments(t *testing.T) {
	server := firestoretest.Start(t)
	s := open(t, server.Addr, "test", time.Now)
	for _, ref := range []*firestore.DocumentRef{s.notifications.Doc("x"), s.notifications.Doc("AbCdEfGhIjKlMnOpQrSt")} {
		if _, err := ref.Create(t.Context(), map[string]any{"created_at": time.Now(), "picked_at": nil, "acked_at": nil, "message": "Subject: x", "subscription": "s"}); err != nil {
			t.Fatal(err)
		}
	}
	arm(t, s, "ci:1")
	pickReady(t, s)
	for _, f := range []spool.Filter{{}, {Subscription: "s"}, {State: spool.Ready}, {Recipient: "ci:1@example.org"}} {
		all, err := s.List(t.Context(), f)
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v: got %d notifications, %v", f, len(all), err)
		}
		if _, err := s.Get(t.Context(), all[0].Number); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Wipe(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if st, err := s.Stats(t.Context()); err != nil || st.Deliveries != 1 {
		t.Errorf("%+v, %v", st, err)
	}
}

// A closed spool leaves no goroutines, also after calls that were given up.
func TestNoGoroutinesStay(t *testing.T) {
	server := firestoretest.Start(t)
	before := runtime.NumGoroutine()
	s, err := Open(t.Context(), "test", server.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	arm(t, s, "ci:1", "ci:2", "ci:3")
	if err := each(t.Context(), s.notifications.Query, 2, func(*firestore.DocumentSnapshot) (bool, error) { return false, nil }); err != nil {
		t.Error(err)
	}
	pickReady(t, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	eventually.True(t, "all goroutines end", func() bool { return runtime.NumGoroutine() <= before })
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/firestore"
	"github.com/kcidb-go/kcidb/internal/spool/firestore/firestoretest"
	"github.com/kcidb-go/kcidb/object"
)

// firestoreSpool PROJECT starts a Firestore server with notifications of the project: a mail
// that a recipient got and another refused, and a notification that is set aside.
func firestoreSpool(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: firestore PROJECT")
	}
	server := firestoretest.Start(ts.Value(testKey{}).(testing.TB))
	ts.Setenv(google.FirestoreEmulator, server.Addr)
	ctx := context.Background()
	s, err := firestore.Open(ctx, args[0], server.Options()...)
	ts.Check(err)
	defer s.Close()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	s.Now = func() time.Time { return now }
	ts.Check(s.Settle(ctx, spool.Settlement{
		Notifications: []spool.NewNotification{{
			Identity: spool.Identity{Subscription: "failing", Object: object.TestRef("ci:1")}, Changed: now, Reason: "status FAIL, was PASS",
		}},
		Aside: []spool.Aside{{Identity: spool.Identity{Subscription: "failing", Object: object.TestRef("ci:2")}, At: now, Why: "panic: odd"}},
	}))
	picked, err := s.PickNotifications(ctx, 1, time.Minute)
	ts.Check(err)
	recipients := []spool.Recipient{{Via: spool.Mail, Address: "dev@example.org", Header: "to"}, {Via: spool.Mail, Address: "gone@example.org", Header: "cc"}}
	ts.Check(s.MarkReady(ctx, &picked[0], spool.Rendered{Subject: "Test ci:1 fails", Body: "It fails.\n", Recipients: recipients}))
	mails, err := s.PickDeliveries(ctx, spool.Mail, 2, time.Minute)
	ts.Check(err)
	for _, m := range mails {
		if m.Recipient == "dev@example.org" {
			ts.Check(s.MarkSent(ctx, m))
		} else {
			ts.Check(s.MarkFailed(ctx, m, "550 no such user"))
		}
	}
}

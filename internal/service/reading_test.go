// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/object"
)

// TestFeedOfTwoSpools: the feed of a subscription that became private has its new entries
// first, and each entry has a number of its own.
func TestFeedOfTwoSpools(t *testing.T) {
	clock := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	open := func() *sqlspool.Spool {
		s, err := sqlite.Open(":memory:")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		if err := s.Init(t.Context(), store.Version{}); err != nil {
			t.Fatal(err)
		}
		keeper, _ := sqlspool.Of(s)
		keeper.Now = func() time.Time { return clock }
		return keeper
	}
	add := func(s spool.Spool, subject string) {
		t.Helper()
		clock = clock.Add(time.Hour)
		err := s.Settle(t.Context(), spool.Settlement{Notifications: []spool.NewNotification{{
			Identity: spool.Identity{Subscription: "lab", Object: object.TestRef(subject)}, Changed: clock,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		picked, err := s.PickNotifications(t.Context(), 1, time.Minute)
		if err != nil || len(picked) != 1 {
			t.Fatalf("%d notifications, %v", len(picked), err)
		}
		if err := s.MarkReady(t.Context(), &picked[0], spool.Rendered{Subject: subject, Recipients: []spool.Recipient{{Via: spool.Feed}}}); err != nil {
			t.Fatal(err)
		}
	}
	both := feeds{open(), open()}
	public, whole := both.public.(spool.Spool), both.whole.(spool.Spool)
	add(public, "ci:1")
	add(public, "ci:2")
	add(whole, "ci:3") // it became private
	add(whole, "ci:4")
	add(public, "ci:5") // and public again
	for limit, want := range map[int][]string{
		9: {"ci:5 3", "ci:4 private-2", "ci:3 private-1", "ci:2 2", "ci:1 1"},
		2: {"ci:5 3", "ci:4 private-2"},
	} {
		found, err := both.Feed(t.Context(), "lab", limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range found {
			got = append(got, fmt.Sprintf("%s %s%d", n.Subject, n.Spool, n.Number))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d entries: %q, want %q", limit, got, want)
		}
	}
}

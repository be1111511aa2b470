// SPDX-License-Identifier: Apache-2.0

package spooltest

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// limited is a recipient with a budget of mails, and one of mails from a subscription.
func limited(address string, budget, subscription int) spool.Recipient {
	r := mail(address)
	r.Budget, r.SubscriptionBudget = budget, subscription
	return r
}

// testBudgets holds mails above a budget.
func testBudgets(t *testing.T, f *fixture) {
	for name, c := range map[string]struct {
		budget, subscription int
		mails                string // the subscription of each
		want                 string // for each: s(ent) or h(eld)
	}{
		"none":              {0, 0, "aaaa", "ssss"},
		"overall":           {3, 0, "abcab", "ssshh"},
		"of a subscription": {0, 2, "aaabbb", "sshssh"},
		"both":              {3, 2, "aabbb", "sshhh"[:2] + "shh"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			for i, subscription := range c.mails {
				address := strings.ReplaceAll(name, " ", "-") + "@x"
				if i%2 == 1 {
					address = strings.ToUpper(address)
				}
				n := f.ready(identityOf(string(subscription), name+strconv.Itoa(i)), limited(address, c.budget, c.subscription),
					spool.Recipient{Via: "webhook:w"}, mail("other@x"))
				got += map[string]string{spool.Waiting: "s", spool.Held: "h"}[n.Deliveries[0].State]
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func testDigest(t *testing.T, f *fixture) {
	ctx := t.Context()
	midnight := noon.Add(12 * time.Hour)
	sent := f.ready(identityOf("s", "1"), limited("a@X", 1, 0))
	held := []spool.Notification{f.ready(identityOf("s", "2"), limited("A@x", 1, 0))}
	f.advance(time.Second)
	held = append(held, f.ready(identityOf("r", "3"), limited("a@x", 1, 0)))
	f.wantState(sent.Number, "ready waiting")
	f.wantState(held[0].Number, "done held")
	if f.pick() != nil {
		t.Fatal("the digest is due today")
	}

	f.set(midnight)
	f.must(f.MarkSent(ctx, f.deliveries()[0]))
	digest := f.pickOne()
	if digest.Subscription != spool.Digest || digest.Object.Type != spool.TypeRecipient || digest.Object.ID[0] != "a@x" ||
		digest.Message != "2026-03-04" || !digest.Due.Equal(midnight) {
		t.Errorf("digest %+v", digest)
	}
	// The new day has its own budget, and the mail sent after midnight counts for it.
	next := f.ready(identityOf("s", "4"), limited("a@x", 1, 0))
	f.wantState(next.Number, "done held")

	list, err := f.HeldFor(ctx, digest)
	f.must(err)
	if ids(list) != "2 3" || list[0].Subject != "S 2" || len(list[1].Deliveries) != 1 || list[0].Deliveries[0].Recipient != "A@x" {
		t.Fatalf("held: %+v", list)
	}
	f.allowTaken(f.MarkReady(ctx, digest, spool.Rendered{Digested: append(slices.Clone(list), sent)}))
	f.wantState(held[0].Number, "done held")
	f.must(f.MarkReady(ctx, digest, spool.Rendered{Subject: "2 held", Digested: list, Recipients: []spool.Recipient{limited("a@x", 1, 1)}}))
	f.wantState(held[0].Number, "done digested")
	f.wantState(held[1].Number, "done digested")
	f.wantState(digest.Number, "ready waiting")

	// The digest of the day after, without those of this one.
	f.set(midnight.Add(24 * time.Hour))
	digest = f.pickOne()
	list, err = f.HeldFor(ctx, digest)
	f.must(err)
	if digest.Message != "2026-03-05" || ids(list) != "4" {
		t.Errorf("digest %+v of %q", digest, ids(list))
	}
	// Digests do not count, so the day has room for one more mail.
	f.wantState(f.ready(identityOf("s", "5"), limited("a@x", 1, 0)).Number, "ready waiting")

	// A mail that an operator resends is sent, and no digest lists it.
	f.must(f.Resend(ctx, list[0].Number))
	f.allowTaken(f.MarkReady(ctx, digest, spool.Rendered{Digested: list}))
}

// Mails that are held on a day whose digest was already sent are listed in the next
// digest.
func testDigestClockBack(t *testing.T, f *fixture) {
	ctx := t.Context()
	f.ready(identityOf("s", "1"), limited("a@x", 1, 0))
	f.ready(identityOf("s", "2"), limited("a@x", 1, 0))
	f.set(noon.Add(12 * time.Hour))
	digest := f.pickOne()
	f.must(f.MarkReady(ctx, digest, spool.Rendered{})) // as if it listed nothing
	f.set(noon.Add(11 * time.Hour))
	f.ready(identityOf("s", "3"), limited("a@x", 1, 0))
	f.set(noon.Add(36 * time.Hour))
	digest = f.pickOne()
	list, err := f.HeldFor(ctx, digest)
	f.must(err)
	if digest.Message != "2026-03-05" || ids(list) != "2 3" {
		t.Errorf("digest %+v of %q", digest, ids(list))
	}
}

// testDigestLate: a mail that is held while the digest is rendered is in it.
func testDigestLate(t *testing.T, f *fixture) {
	ctx := t.Context()
	f.ready(identityOf("s", "1"), limited("a@x", 1, 0))
	f.ready(identityOf("s", "2"), limited("a@x", 1, 0))
	f.set(noon.Add(12 * time.Hour))
	stale := f.pickOne()
	f.set(noon.Add(12*time.Hour - time.Second)) // another machine's clock
	f.ready(identityOf("s", "3"), limited("a@x", 1, 0))
	f.set(noon.Add(12 * time.Hour))
	f.allowTaken(f.MarkReady(ctx, stale, spool.Rendered{}))
	list, err := f.HeldFor(ctx, f.pickOne())
	f.must(err)
	if ids(list) != "2 3" {
		t.Errorf("digest of %q", ids(list))
	}
}

// testBudgetTogether: a budget holds for notifiers that use it at the same time.
func testBudgetTogether(t *testing.T, f *fixture) {
	var s spool.Settlement
	for i := range 40 {
		s.Notifications = append(s.Notifications, spool.NewNotification{Identity: identityOf("s", strconv.Itoa(i)), Changed: noon})
	}
	f.must(f.Settle(t.Context(), s))
	concurrently(t, 5, func(ctx context.Context) error {
		for {
			picked, err := f.PickNotifications(ctx, 3, time.Minute)
			if err != nil || len(picked) == 0 {
				return err
			}
			for i := range picked {
				r := spool.Rendered{Recipients: []spool.Recipient{limited("a@x", 10, 0), limited("b@x", 0, 7)}}
				if err := f.MarkReady(ctx, &picked[i], r); err != nil {
					return err
				}
			}
		}
	})
	mails := map[string]int{}
	all, err := f.List(t.Context(), spool.Filter{Limit: 1000})
	f.must(err)
	for _, n := range all {
		for _, d := range n.Deliveries {
			if d.State == spool.Waiting {
				mails[d.Recipient]++
			}
		}
	}
	if want := map[string]int{"a@x": 10, "b@x": 7}; !maps.Equal(mails, want) {
		t.Errorf("mails by address: %v, want %v", mails, want)
	}
}
